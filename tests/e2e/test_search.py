"""Search by the key `/`, from any page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conftest import shoot, sign_in

if TYPE_CHECKING:
    from .conftest import Hotline, OpenPage


def test_what_somebody_has_in_hand_is_found_by_keys_alone(hotline: Hotline, open_page: OpenPage) -> None:
    item = hotline.find(1).review_items.get()
    page = open_page("/queue/")
    sign_in(page, "Ann")
    shoot(page, "queue-titles")
    page.keyboard.press("/")
    page.wait_for_url("**/search/")
    page.locator("#q:focus").wait_for()
    page.keyboard.type("hxxps://images[.]example/albums/2026/1/holiday.jpg")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    hit = page.locator(f"a[href='/items/{item.public_id}/']")
    assert hit.inner_text().startswith("Picture at images[.]example")
    shoot(page, "search")
    page.keyboard.press("/")
    assert page.locator("#q").evaluate("field => field === document.activeElement")
    hit.click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Picture at images[.]example")
    assert page.locator(".picture-frame img, .picture-frame canvas").count() == 0
