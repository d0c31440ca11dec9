"""Journeys of the analysts' workplace: disagreement and its senior, two people on one item, look-alikes, undo, keys.

With ``SHOTS`` naming a folder, each journey leaves its screens there to be looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .conftest import SHOTS, shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ITEM = re.compile("/items/itm_[^/]+/$")


def sign_in(page: Page, name: str) -> Page:
    from tests.e2e.conftest import sign_in as at_the_form

    at_the_form(page, name)
    return page


def answer(page: Page, category: str = "5") -> None:
    """Yes, yes, a category, an age, with keys."""
    for key in ("1", "3", category, "a"):
        page.keyboard.press(key)
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.type("8")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/queue/")


def take_next(page: Page) -> None:
    page.keyboard.press("n")
    page.wait_for_url(ITEM)


def test_two_analysts_disagree_and_a_senior_who_was_not_involved_decides(hotline: Hotline, open_page: OpenPage) -> None:
    from tests.e2e.conftest import make_person

    from orbweaver.assess.review.models import Verdict
    from orbweaver.people.accounts.rules import Role

    make_person("Sue", hotline.organisation, Role.SENIOR_ANALYST)
    hotline.find(1)
    for name, category in (("Ann", "5"), ("Ben", "6")):
        page = sign_in(open_page("/queue/"), name)
        take_next(page)
        answer(page, category)
    assert "The analysts disagree; a senior analyst decides" in page.locator("main").inner_text()
    shoot(page, "disagree-queue")
    senior = sign_in(open_page("/queue/"), "Sue")
    assert "Analysts disagree" in senior.locator("table").inner_text()
    take_next(senior)
    assert senior.locator("#assessment").count() == 1
    assert "Answers so far" not in senior.locator("main").inner_text(), "a senior answers blind, too"
    shoot(senior, "adjudicate-item")
    answer(senior, "6")
    verdict = Verdict.objects.get()
    assert (verdict.decided_by, verdict.category) == ("adjudication", "csam_related")
    senior.goto(f"/items/{verdict.item.public_id}/")
    assert "Decided by a senior analyst" in senior.locator("main").inner_text()
    shoot(senior, "adjudicated-item")


def test_two_people_on_one_item_are_told_clearly_and_answers_are_kept(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.assess.review.models import Assessment, ReviewItem
    from orbweaver.platform.clock import real_now

    hotline.find(1)
    ann = sign_in(open_page("/queue/"), "Ann")
    take_next(ann)
    address = ann.url
    ben = sign_in(open_page("/queue/"), "Ben")
    assert "With a colleague" in ben.locator("table").inner_text()
    ben.goto(address)
    assert "A colleague has this item now" in ben.locator("#lease").inner_text()
    assert ben.locator("#assessment").count() == 0
    shoot(ben, "two-people-item")
    ReviewItem.objects.update(leased_until=real_now())
    ben.reload()
    ben.keyboard.press("t")
    ben.wait_for_selector("#assessment")
    for key in ("1", "3", "6", "a"):
        ann.keyboard.press(key)
    ann.keyboard.type("12")
    ann.keyboard.press("Control+Enter")
    ann.wait_for_selector("#take-again")
    told = ann.locator("main").inner_text()
    assert "Your answers were not saved" in told
    assert "A colleague works on it now" in told
    assert Assessment.objects.count() == 0
    shoot(ann, "two-people-conflict")
    answer(ben, "6")
    ann.keyboard.press("t")
    ann.wait_for_selector("#assessment")
    assert ann.locator("[name=category][value=csam_related]").is_checked()
    assert ann.locator("[name=age_min]").input_value() == "12"


@pytest.mark.sweep
def test_look_alikes_are_decided_with_one_look_and_can_be_taken_back_together(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from tests.e2e.conftest import find_copies

    from orbweaver.assess.review.models import Assessment, Look

    find_copies(1, ("copy", "reencoded", "mirrored"))
    page = sign_in(open_page("/queue/"), "Ann")
    assert page.locator("td[data-label='Look-alikes']").all_inner_texts() == ["2", "2", "2"]
    shoot(page, "queue")
    take_next(page)
    shoot(page, "item-with-look-alikes")
    page.keyboard.press("g")
    page.wait_for_url("**/together/")
    assert page.locator("input[name=with]:checked").count() == 2
    page.keyboard.press("Shift+V")
    page.wait_for_selector("#frame canvas")
    shoot(page, "together")
    page.keyboard.press("Shift+V")
    answer(page)
    assert "saved for 3 items, each by itself" in page.locator("main").inner_text()
    assert (Assessment.objects.count(), Look.objects.count()) == (3, 1)
    shoot(page, "queue-undo")
    page.keyboard.press("u")
    page.wait_for_url(ITEM)
    assert "taken back" in page.locator(".messages").inner_text()
    assert Assessment.objects.count() == 0


@pytest.mark.sweep
def test_new_work_appears_by_itself(hotline: Hotline, open_page: OpenPage) -> None:
    page = open_page("/queue/")
    page.clock.install()
    sign_in(page, "Ann")
    assert page.locator("tbody th a").count() == 0
    hotline.find(1)
    page.clock.fast_forward(21_000)
    page.locator("tbody th a").wait_for()  # a page with nothing to do was opened again
    assert page.get_by_text("New items wait.").is_hidden()
    hotline.find(2, url="https://files.example/two.jpg")
    page.clock.fast_forward(21_000)
    page.get_by_text("New items wait.").wait_for()
    assert page.locator("tbody th a").count() == 1, "what somebody reads is not moved under their eyes"


def listed(page: Page) -> set[str]:
    """The keys that ``?`` lists on this page; closed again."""
    page.keyboard.press("?")
    page.locator("dialog#keymap[open]").wait_for()
    keys = page.locator("#keymap-list dt").all_inner_texts()
    page.keyboard.press("Escape")
    return {each.strip() for each in keys}


@pytest.mark.sweep
def test_the_lists_of_keys_of_the_analysts_pages_are_all_the_keys_there_are(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from tests.e2e.conftest import find_copies

    from orbweaver.doors.web.frame.keys import KEYS

    find_copies(1, ("copy", "mirrored"))
    page = sign_in(open_page("/queue/"), "Ann")
    queue = listed(page)
    take_next(page)
    page.keyboard.press("b")
    page.wait_for_url("**/queue/")
    page.locator("tbody th a").first.click()
    page.wait_for_url(ITEM)
    free = listed(page)
    page.keyboard.press("t")
    page.wait_for_selector("#assessment")
    asked = []
    for key in ("1", "3", "5", "7"):
        asked.append(listed(page))
        page.keyboard.press(key)
    in_hand = listed(page)
    assert asked[0] < asked[1] < asked[2], "what is not asked yet has no key"
    assert (in_hand - asked[3], asked[3] - in_hand) == ({"8", "9", "0", "p"}, {"i"}), "nor has what is not asked of it"
    page.keyboard.press("g")
    page.wait_for_url("**/together/")
    alike = listed(page)
    answer(page)
    done = listed(page)
    assert {"Ctrl Enter", "Shift V"} <= in_hand & alike
    assert "u" in done - queue
    assert queue.union(free, *asked, in_hand, alike, done) == {*KEYS, "Shift V", "Ctrl Enter"}


@pytest.mark.sweep
def test_a_window_of_the_picture_opens_where_it_is_pressed_and_no_single_key_shows_it(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from orbweaver.assess.review.models import Look, Preferences

    hotline.find(1)
    page = sign_in(open_page("/queue/"), "Ann")
    take_next(page)
    for key in "abcdefghijklmnopqsvwyz":
        if key not in "abgtnrux":
            page.keyboard.press(key)
    assert Look.objects.count() == 0
    page.locator("#part").select_option("window")
    page.locator("#blur").select_option("0")
    box = page.locator("#frame").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_selector("#frame canvas.blur-0.part-window")
    clear = "c => c.getContext('2d').getImageData(2, 2, 1, 1).data[3]"
    assert page.locator("#frame canvas").evaluate(clear) == 0, "only the window is drawn"
    shot_while_pressed(page)
    page.mouse.up()
    page.wait_for_selector("#frame canvas", state="detached")
    assert page.locator("#look-status").inner_text() == "The picture is hidden."
    assert (Preferences.objects.get().part, Preferences.objects.get().blur) == ("window", 0)


def shot_while_pressed(page: Page) -> None:
    """One screen alone: changing its size would let go of the picture."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/window.png")


@pytest.mark.sweep
def test_own_keys_work_and_are_shown(hotline: Hotline, open_page: OpenPage) -> None:
    hotline.find(1)
    page = sign_in(open_page("/my-keys/"), "Ann")
    page.get_by_label("Take the next item").fill("j")
    shoot(page, "my-keys")
    page.get_by_role("button", name="Save my keys").click()
    page.wait_for_selector(".messages")
    page.goto("/queue/")
    assert page.locator("#take-next kbd").inner_text() == "j"
    page.keyboard.press("?")
    assert "j" in page.locator("#keymap-list kbd").all_inner_texts()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.wait_for_url(ITEM)
    page.goto("/my-day/")
    shoot(page, "my-day")


@pytest.mark.sweep
def test_a_days_looks_that_are_used_up_lock_the_picture_and_the_queue_and_the_item_can_still_be_saved(
    hotline: Hotline, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbweaver.assess.review.models import Assessment, Look
    from orbweaver.platform.config import forget

    monkeypatch.setenv("ORBWEAVER_WELLBEING_LOOKS_PER_DAY", "1")
    forget()
    hotline.find(1)
    hotline.find(2)
    page = sign_in(open_page("/queue/"), "Ann")
    take_next(page)
    page.keyboard.press("Shift+V")
    page.wait_for_selector("#frame canvas")
    page.keyboard.press("Shift+V")
    page.keyboard.press("Shift+V")
    page.locator("#frame", has_text="that is a lot to carry. Thank you.").wait_for()
    assert page.locator("#frame canvas").count() == 0
    assert Look.objects.count() == 1
    shoot(page, "budget-spent-item")
    answer(page)
    assert Assessment.objects.count() == 1
    assert "that is a lot to carry. Thank you." in page.locator("#rest").inner_text()
    assert page.locator("#take-next").count() == 0
    page.keyboard.press("n")
    assert page.url.endswith("/queue/"), "no key takes an item either"
    shoot(page, "budget-spent-queue")
    page.get_by_role("link", name="See my day").click()
    page.wait_for_url("**/my-day/")
    assert "Talk to somebody you trust" in page.locator("main").inner_text()
    shoot(page, "budget-spent-my-day")


@pytest.mark.sampled(1)
@pytest.mark.parametrize("script", [True, False])
def test_who_has_every_role_has_one_line_of_navigation_and_reaches_each_page_with_keys(
    hotline: Hotline, open_page: OpenPage, script: bool
) -> None:
    from orbweaver.doors.web.frame.context import links_for
    from orbweaver.people.accounts.rules import Role

    from .conftest import make_person

    eve = make_person("Eve", hotline.organisation, *Role)
    page = sign_in(open_page("/queue/", script=script), "Eve")
    shoot(page, f"navigation-{'with' if script else 'without'}-script")
    for language in ("English", "Français"):
        if page.locator("html").get_attribute("lang") != language[:2].lower():
            page.get_by_role("button", name=language).click()
        bar = page.locator(".bar").bounding_box()
        assert bar is not None
        assert bar["height"] < 64, f"more than one line of 44 px in {language}"
    for area in page.locator("details.area").all():
        area.locator("summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert area.locator("a").first.evaluate("link => link === document.activeElement")
    assert page.locator("details.area[open]").count() == 1, "one opens, the others close"
    expected = links_for(eve, "/")
    links = page.locator(".bar nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links == [link.url for link in expected]
    shoot(page, f"navigation-open-{'with' if script else 'without'}-script")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{expected[-4].url}")
    assert page.locator("summary.here").count() == 1


@pytest.mark.sweep
def test_an_open_area_of_the_navigation_closes_with_escape_and_with_a_press_elsewhere(
    hotline: Hotline, open_page: OpenPage
) -> None:
    page = sign_in(open_page("/queue/", width=390), "Ann")
    summary = page.locator("details.area summary").first
    for leave in ("key", "press"):
        summary.click()
        opened = page.locator("details.area[open] ul").bounding_box()
        assert opened is not None
        assert opened["x"] >= 0
        assert opened["x"] + opened["width"] <= 390
        if leave == "key":
            page.keyboard.press("Escape")
        else:
            page.locator("footer span").click()
        assert page.locator("details.area[open]").count() == 0
