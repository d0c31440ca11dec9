"""A picture that leaves the view is hidden again, and stays so until it is asked for: scrolled away, by keys or not, in
another tab, on a way back. ``tests/soak/web/test_in_firefox.py`` does the same in Firefox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOWN = "#frame canvas"
LEAVES = """() => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  delete document.hidden;
}"""
"""What a browser does as another tab comes to the front: one without windows has no front."""


def in_hand(hotline: Hotline, open_page: OpenPage) -> Page:
    """An item in hand, on a telephone: the picture is no longer beside the form there."""
    hotline.find(1)
    page = open_page("/queue/", width=390)
    sign_in(page, "Ann")
    page.keyboard.press("n")
    page.locator("#assessment").wait_for()
    page.set_viewport_size({"width": 390, "height": 600})
    return page


def ask(page: Page) -> None:
    page.keyboard.press("Shift+V")
    page.locator(SHOWN).wait_for()
    page.locator(SHOWN).scroll_into_view_if_needed()


def test_a_picture_scrolled_away_is_hidden_and_does_not_come_back(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.assess.review.models import Look

    page = in_hand(hotline, open_page)
    for leave in ("Home", "End"):
        ask(page)
        page.locator("h1").click(position={"x": 1, "y": 1}) if leave == "Home" else page.keyboard.press(leave)
        page.locator(SHOWN).wait_for(state="detached")
        page.locator("#frame").scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        assert page.locator(SHOWN).count() == 0
        assert page.locator("#frame [data-hidden]").is_visible()
    assert Look.objects.count() == 2


@pytest.mark.sweep
def test_a_picture_that_is_still_on_its_way_says_so_and_can_be_called_off(
    hotline: Hotline, open_page: OpenPage
) -> None:
    page = in_hand(hotline, open_page)
    held: list[Route] = []
    note = page.locator("#frame [data-hidden]")
    before = note.inner_text()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/look/", hold)
    page.keyboard.press("Shift+V")
    page.locator("#frame [data-hidden]", has_text="The picture is coming.").wait_for()
    page.keyboard.press("Shift+V")
    assert note.inner_text() == before
    held[0].abort()
    page.unroute("**/look/")
    ask(page)


def test_a_picture_is_hidden_as_its_tab_is_left_and_on_the_way_back(hotline: Hotline, open_page: OpenPage) -> None:
    page = in_hand(hotline, open_page)
    ask(page)
    page.evaluate(LEAVES)
    page.locator(SHOWN).wait_for(state="detached")
    ask(page)
    page.goto("/account/")
    page.go_back()
    page.locator("#frame").wait_for()
    assert page.locator(SHOWN).count() == 0


@pytest.mark.sampled(1)
@pytest.mark.parametrize("leave", ["scrolled", "left"])
def test_a_picture_on_a_page_of_its_own_is_hidden_for_good(hotline: Hotline, open_page: OpenPage, leave: str) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.platform.clock import now

    item = hotline.find(1).review_items.get()
    series = open_series("The lake", by=hotline.analysts[0], now=now())
    link_item(series, item.media, reason=LinkReason.PLACE, by=hotline.analysts[0], now=now())
    page = open_page(f"/series/{series.public_id}/")
    sign_in(page, "Ann")
    page.set_viewport_size({"width": 390, "height": 100})  # the foot of the page fills it
    page.locator("form[action*='/look/'] button").first.click()
    picture = page.locator(".plain-picture img")
    picture.wait_for()
    page.wait_for_function("document.querySelector('.plain-picture img').complete")
    assert picture.evaluate("each => each.naturalWidth") > 0
    picture.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    assert picture.count() == 1, "what has not been in view yet is not hidden"
    if leave == "scrolled":
        page.locator("footer nav").scroll_into_view_if_needed()
    else:
        page.evaluate(LEAVES)
    page.get_by_text("Hidden again.").wait_for()
    assert picture.count() == 0
    assert Look.objects.count() == 1
