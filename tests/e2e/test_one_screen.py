"""The analyst's screen at 1280 × 800: picture, form and what follows are on it together; saving leads on."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import SHOTS, sign_in

if TYPE_CHECKING:
    from .conftest import Hotline, OpenPage


def inside(page: Any, selector: str) -> bool:
    """Whether all of it stands within the window."""
    box = page.locator(selector).first.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def above(page: Any, one: str, other: str) -> bool:
    """Whether all of the first stands above the second."""
    upper, lower = (page.locator(each).first.bounding_box() for each in (one, other))
    return bool(upper["y"] + upper["height"] <= lower["y"])


def lose_the_first_look(page: Any) -> None:
    """The server answers, and the answer is lost on its way to the browser."""
    lost: list[int] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/look/", lose)


def test_all_of_the_work_is_on_one_screen_and_saving_leads_to_the_next_item(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from orbweaver.assess.review.models import Look

    hotline.find(1)
    hotline.find(2, url="https://files.example/two.jpg")
    page = open_page("/queue/")
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, "Ann")
    page.keyboard.press("n")
    page.wait_for_url("**/items/*/")
    first = page.url
    assert inside(page, "#frame")
    assert above(page, "#assessment .choices", ".finish"), "the first question is not seen when the item opens"
    assert inside(page, ".finish .primary")
    lose_the_first_look(page)
    page.locator("#show").click()
    page.get_by_text("The picture could not be shown").wait_for()
    page.locator("#show").click()
    page.wait_for_selector(".picture-frame canvas")
    assert (page.locator("#looks").inner_text(), Look.objects.count()) == ("1", 1), (
        "nobody pays for what showed nothing"
    )
    for key in ("1", "3", "5", "a"):
        page.keyboard.press(key)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/one-screen-{key}.png")
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.type("8")
    assert inside(page, ".picture-frame canvas")
    assert inside(page, "#age-min")
    assert inside(page, ".finish .primary")
    assert page.locator(".consequences li:visible").count() == 1
    page.set_viewport_size({"width": 800, "height": 500})
    page.locator("footer").scroll_into_view_if_needed()
    page.wait_for_selector(".picture-frame canvas", state="detached")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "/items/" in url and url != first)
    assert page.locator(".messages").inner_text().startswith("Your answers are saved")
    assert page.locator(".picture-frame canvas").count() == 0
    assert inside(page, "#frame")
    assert above(page, "#assessment .choices", ".finish"), "what is said of the last item pushes the next one down"
    assert inside(page, ".finish .primary")


def test_until_when_an_item_is_ones_own_is_said_in_the_readers_time(hotline: Hotline, open_page: OpenPage) -> None:
    hotline.find(1)
    page = open_page("/queue/")
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": "America/Toronto"})
    sign_in(page, "Ann")
    page.keyboard.press("n")
    page.wait_for_url("**/items/*/")
    until = page.locator("#lease time")
    assert "UTC" not in until.inner_text()
    assert str(until.get_attribute("title")).endswith("UTC")


@pytest.mark.sweep
def test_a_day_on_which_something_happened_is_the_readers_own(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead

    at = dt.datetime(2026, 11, 24, 2, 30, tzinfo=dt.UTC)
    add_lead("https://forum.example/", source=Lead.Source.REPORT, now=at)
    page = open_page("/leads/")
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": "America/Toronto"})
    sign_in(page, "Mona")
    page.wait_for_url("**/leads/")
    since = page.locator("time.day")
    assert since.inner_text() == "23 Nov 2026"
    assert since.get_attribute("title") == "24 Nov 2026 (UTC)"
