"""Journeys through the pages in a real browser: from an empty installation to a notice, with the keyboard alone."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import pytest

from .conftest import shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIGN_IN_PASSWORD = "a long enough passphrase"
ITEM = re.compile("/items/itm_")


def sign_in_with_keys(page: Page, name: str) -> None:
    """The address field has the focus already."""
    page.wait_for_selector("input[name=email]:focus")
    page.keyboard.type(f"{name.lower()}@hotline.example")
    page.keyboard.press("Tab")
    page.keyboard.type(SIGN_IN_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav[aria-label=Workplace]")
    page.wait_for_load_state("load")


def answer_with_keys(page: Page, low: str = "7", high: str = "8") -> None:
    """Yes, yes, child sexual abuse material, an age; then save."""
    page.keyboard.press("1")
    page.keyboard.press("3")
    page.keyboard.press("5")
    page.keyboard.press("a")
    page.keyboard.type(low)
    page.keyboard.press("Tab")
    page.keyboard.type(high)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/queue/")


def test_two_analysts_review_with_the_keyboard_alone_and_the_notice_can_be_read(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from orbweaver.assess.review.models import Look, Verdict
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.platform.clock import now

    provider = add_provider("Lakeside Hosting", now=now(), domains=["images.example"])
    add_contact(provider, "abuse@lakeside.example", now=now())
    hotline.find(1)
    for analyst in ("Ann", "Ben"):
        page = open_page()
        sign_in_with_keys(page, analyst)
        page.keyboard.press("n")
        page.wait_for_url(ITEM)
        assert page.locator("#frame canvas").count() == 0, "the picture arrives uninvited"
        page.keyboard.press("Shift+V")
        page.wait_for_selector("#frame canvas.grey.blur-2")
        page.keyboard.press("Shift+V")
        page.wait_for_selector("#frame canvas", state="detached")
        consequence = page.locator("[data-case=remove]").inner_text()
        assert "1 notice about 1 URL to Lakeside Hosting (abuse@lakeside.example)" in consequence
        shoot(page, f"agree-item-{analyst.lower()}")
        answer_with_keys(page)
    assert "the notice goes out within a minute" in page.locator(".messages").inner_text()
    shoot(page, "agree-queue")
    assert Look.objects.count() == 2
    verdict = Verdict.objects.get()
    assert (verdict.outcome, verdict.category, verdict.age_class) == ("remove", "csam", "prepubescent")

    assert issue_notices(now()) == 0, "the last answer can still be taken back"
    issue_notices(now() + dt.timedelta(minutes=1))
    page.goto("/notices/")
    page.locator("tbody a").first.click()
    shoot(page, "agree-notice")
    text = page.locator("main").inner_text()
    assert "abuse@lakeside.example" in text
    assert "hxxps://images[.]example/albums/2026/1/holiday.jpg" in text
    assert "https://images.example" not in page.content()


@pytest.mark.sweep
def test_keys_are_ignored_while_typing_and_the_list_of_keys_opens(hotline: Hotline, open_page: OpenPage) -> None:
    hotline.find(1)
    page = open_page()
    sign_in_with_keys(page, "Ann")
    page.keyboard.press("n")
    page.wait_for_url(ITEM)
    page.keyboard.press("1")
    page.keyboard.press("a")
    page.keyboard.type("2")
    assert page.locator("[name=is_child][value=no]").is_checked() is False
    assert page.locator("[name=age_min]").input_value() == "2"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    shoot(page, "keymap")
    keys = page.locator("#keymap").inner_text()
    assert "Show the picture" in keys
    assert "Save my answers" in keys
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    assert page.locator("[name=is_child][value=no]").is_checked() is False


def test_the_picture_is_shown_while_pressed_and_never_on_hover(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.assess.review.models import Look

    hotline.find(1)
    page = open_page()
    sign_in_with_keys(page, "Ann")
    page.keyboard.press("n")
    page.wait_for_url(ITEM)
    frame = page.locator("#frame")
    frame.hover()
    page.wait_for_timeout(200)
    assert Look.objects.count() == 0
    page.mouse.down()
    page.wait_for_selector("#frame canvas")
    page.mouse.up()
    page.wait_for_selector("#frame canvas", state="detached")
    assert Look.objects.count() == 1


@pytest.mark.sweep
def test_more_time_is_given_without_losing_answers(hotline: Hotline, open_page: OpenPage) -> None:
    hotline.find(1)
    page = open_page()
    sign_in_with_keys(page, "Ann")
    page.keyboard.press("n")
    page.wait_for_url(ITEM)
    page.keyboard.press("1")
    until = page.locator("#lease strong").inner_text()
    page.wait_for_timeout(1100)
    with page.expect_response(re.compile("/renew/")):
        page.keyboard.press("r")
    page.wait_for_function("before => document.querySelector('#lease strong').innerText !== before", arg=until)
    assert page.locator("[name=is_child][value=yes]").is_checked()


@pytest.mark.sweep
def test_a_lost_lease_says_so_and_gives_the_answers_back(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.assess.review.models import Assessment, ReviewItem
    from orbweaver.platform.clock import real_now

    hotline.find(1)
    page = open_page()
    sign_in_with_keys(page, "Ann")
    page.keyboard.press("n")
    page.wait_for_url(ITEM)
    ReviewItem.objects.update(leased_until=real_now())
    for key in ("1", "3", "6", "a"):
        page.keyboard.press(key)
    page.keyboard.type("12")
    page.keyboard.press("Tab")
    page.keyboard.type("13")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#take-again")
    assert "Your answers were not saved" in page.locator("main").inner_text()
    assert Assessment.objects.count() == 0
    page.keyboard.press("t")
    page.wait_for_selector("#assessment")
    assert page.locator("[name=category][value=csam_related]").is_checked()
    assert page.locator("[name=age_max]").input_value() == "13"
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/queue/")
    assert Assessment.objects.get().sub_type == "a"


@pytest.mark.sweep
def test_everything_but_keys_works_without_script(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.assess.review.models import Assessment, Look

    hotline.find(1)
    page = open_page("/queue/", script=False)
    sign_in_with_keys(page, "Ann")
    page.get_by_role("button", name="Take the next item").click()
    page.get_by_role("button", name="Show the picture").click()
    page.wait_for_load_state("load")
    shoot(page, "without-script-picture")
    assert page.locator(".plain-picture img.grey.blur-2").evaluate("image => image.naturalWidth") > 0
    assert Look.objects.count() == 1
    page.get_by_role("link", name="Back to the item").click()
    page.locator("[name=is_child][value=no]").check()
    page.get_by_role("button", name="Save my answers").click()
    assert "Another analyst" in page.locator(".messages").inner_text()
    assert Assessment.objects.get().outcome == "no_action"


def test_the_one_time_link_makes_the_administrator_who_adds_an_analyst(
    transactional_db: None, open_page: OpenPage, live_server: Any
) -> None:
    from orbweaver.people.accounts.models import User
    from orbweaver.people.accounts.services import create_setup_link
    from orbweaver.platform.clock import real_now

    page = open_page("/")
    assert "nobody can sign in yet" in page.locator("main").inner_text()
    token = create_setup_link(real_now())
    page.goto(f"/setup/{token}/")
    page.get_by_label("Name of your hotline").fill("Example Hotline")
    page.get_by_label("Country").fill("CA")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your e-mail address").fill("ada@hotline.example")
    page.get_by_label("Password").fill(SIGN_IN_PASSWORD)
    page.get_by_role("button", name="Create the administrator").click()
    page.wait_for_url("**/setting-up/")
    assert "1 of 8 done" in page.locator("main").inner_text()
    shoot(page, "setting-up")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Name", exact=True).fill("Ann")
    page.get_by_label("E-mail address").fill("ann@hotline.example")
    page.get_by_label("Organisation").select_option(label="Example Hotline")
    page.get_by_label("Analyst", exact=True).check()
    page.get_by_label("Invitation").select_option("print")
    page.get_by_role("button", name="Add a person").click()
    page.get_by_role("button", name="Print an invitation").click()
    shoot(page, "invitation")
    link = urlsplit(page.locator("#invitation").inner_text()).path  # the settings name another port than the test
    ann = User.objects.get(email="ann@hotline.example")
    assert ann.permissions
    page.get_by_role("button", name="Sign out").click()
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(SIGN_IN_PASSWORD)
    page.get_by_label("Repeat the new password").fill(SIGN_IN_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    assert "The password is chosen" in page.locator("main").inner_text()
    assert User.objects.get(pk=ann.pk).check_password(SIGN_IN_PASSWORD)
    page.goto(f"/setup/{token}/")
    assert "no longer works" in page.locator("main").inner_text()


def test_anybody_can_report_an_address_and_follow_it(transactional_db: None, open_page: OpenPage) -> None:
    page = open_page("/public/report/", width=400)
    page.get_by_label("Address of the page or picture").fill("not an address")
    page.get_by_role("button", name="Send the report").click()
    assert "This is not an address" in page.locator("main").inner_text()
    page.get_by_label("Address of the page or picture").fill("https://forum.example/thread/1")
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url(re.compile("/public/report/rep_"))
    assert "Thank you" in page.locator("h1").inner_text()
    assert "forum" not in page.content()


@pytest.mark.sweep
def test_no_page_is_wider_than_the_screen_and_text_has_contrast(hotline: Hotline, open_page: OpenPage) -> None:
    """In each scheme and on both screens; each page is loaded once, as only its style asks for them."""
    hotline.find(1, url="https://images.example/" + "a-very-long-name" * 20 + ".jpg")
    page = open_page("/queue/")
    sign_in_with_keys(page, "Ann")
    addresses = ["/queue/", "/notices/", "/providers/", "/lists/", "/leads/", "/sites/", "/public/", "/public/how/"]
    for address in [*addresses, "/public/report/", "/public/crawler/", "/nothing/"]:
        page.goto(address)
        check_page(page)
    page.goto("/queue/")
    page.keyboard.press("n")
    page.wait_for_url(ITEM)
    for key in ("1", "3", "7"):
        page.keyboard.press(key)
    check_page(page)


SCREENS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 1280),
    ("dark", 1280),
    ("dark", 400),
    ("light", 400),
)
"""Colour scheme and width in px."""


CONTRASTS = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const channel = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.querySelector("body"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !parent.checkVisibility() || parent.closest(":disabled")) continue;
    const one = light(parse(getComputedStyle(parent).color)), other = light(ground(parent));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 7) found.push([Math.round(ratio * 100) / 100, walker.currentNode.textContent.trim().slice(0, 40)]);
  }
  return found;
}"""


def check_page(page: Page) -> None:
    """No sideways scrolling, and every text reaches 7 : 1 (AAA) on its ground, once colours have settled."""
    for scheme, width in SCREENS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("Promise.allSettled(document.getAnimations().map(each => each.finished)).then(() => true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, scheme, width)
        assert page.evaluate(CONTRASTS) == [], (page.url, scheme, width)
