"""What strangers do, and who signs in with a passkey, in Firefox: journeys that Chromium makes with every change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e import firefox_bidi
from tests.e2e.conftest import PASSWORD, hotline, open_page
from tests.e2e.firefox_marionette import Firefox
from tests.e2e.test_answer_journey import (
    mail,
    mailbox,
    send,
    set_config,
    test_a_closed_notice_is_read_and_not_answered_and_its_link_ends,
    test_an_answer_counts_though_another_notice_left_and_one_was_closed_since_the_page_was_opened,
    test_going_back_and_sending_twice_keep_one_answer,
    test_one_address_is_removed_another_objected_to_and_another_notice_is_not_theirs,
    world,
)
from tests.e2e.test_governance_journeys import (
    test_criteria_are_drafted_compared_signed_by_two_and_the_next_decision_carries_the_new_version,
)
from tests.e2e.test_hidden_again import (
    test_a_picture_is_hidden_as_its_tab_is_left_and_on_the_way_back,
    test_a_picture_on_a_page_of_its_own_is_hidden_for_good,
    test_a_picture_scrolled_away_is_hidden_and_does_not_come_back,
)
from tests.e2e.test_passkey_journey import by_name
from tests.e2e.test_review_journey import test_anybody_can_report_an_address_and_follow_it
from tests.e2e.test_secret_addresses import (
    test_a_provider_answers_with_the_link_of_the_mail_and_no_request_tells_the_link,
)

from .test_role_journeys import firefox

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.e2e.conftest import Hotline

__all__ = [
    "by_name",
    "firefox",
    "hotline",
    "mail",
    "mailbox",
    "open_page",
    "send",
    "set_config",
    "test_a_closed_notice_is_read_and_not_answered_and_its_link_ends",
    "test_a_picture_is_hidden_as_its_tab_is_left_and_on_the_way_back",
    "test_a_picture_on_a_page_of_its_own_is_hidden_for_good",
    "test_a_picture_scrolled_away_is_hidden_and_does_not_come_back",
    "test_a_provider_answers_with_the_link_of_the_mail_and_no_request_tells_the_link",
    "test_an_answer_counts_though_another_notice_left_and_one_was_closed_since_the_page_was_opened",
    "test_anybody_can_report_an_address_and_follow_it",
    "test_criteria_are_drafted_compared_signed_by_two_and_the_next_decision_carries_the_new_version",
    "test_going_back_and_sending_twice_keep_one_answer",
    "test_one_address_is_removed_another_objected_to_and_another_notice_is_not_theirs",
    "world",
]
pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.django_db(transaction=True)]
PHONE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}


@pytest.fixture
def chromium(firefox: Browser) -> Browser:
    """Firefox, in Chromium's place."""
    return firefox


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Firefox]:
    if not Path(firefox_bidi.FIREFOX).exists():
        pytest.skip(f"Firefox is not at {firefox_bidi.FIREFOX}: nothing was tried there.")
    window = Firefox(tmp_path)
    yield window
    window.close()


def give_password(window: Firefox, name: str = "ann") -> None:
    window.type("//input[@type='email']", f"{name}@hotline.example")
    window.type("//input[@type='password']", PASSWORD)
    window.click("Sign in")


@pytest.mark.usefixtures("by_name")
def test_who_makes_a_passkey_signs_in_with_it_alone_or_after_the_password(live_server: Any, window: Firefox) -> None:
    from orbweaver.people.accounts.models import Passkey

    phone = window.ask("WebAuthn:AddVirtualAuthenticator", **PHONE, isUserConsenting=True, isUserVerified=True)
    window.go(f"{live_server.url}/account/second-factor/")
    give_password(window)
    window.wait_for("Make a passkey", at="/account/second-factor/")
    form = "//form[.//button[normalize-space(.)='Make a passkey']]"
    window.type(f"{form}//input[@type='text' or not(@type)]", "my phone")
    window.type(f"{form}//input[@type='password']", PASSWORD)
    window.click("Make a passkey")
    window.wait_for("The passkey is kept.")
    assert Passkey.objects.get().name == "my phone"
    window.click("Sign out")
    window.wait_for("Use your passkey", at="/sign-in/")
    window.ask("WebAuthn:SetUserVerified", authenticatorId=phone, isUserVerified=False)
    window.click("Use your passkey")
    window.wait_for("No passkey was used.")
    window.ask("WebAuthn:SetUserVerified", authenticatorId=phone, isUserVerified=True)
    window.click("Use your passkey")
    window.wait_for("Filter the queue")
    assert Passkey.objects.get().used_at is not None
    window.click("Sign out")
    window.go(f"{live_server.url}/sign-in/?next=/account/")
    give_password(window)
    window.wait_for(at="/sign-in/code/")
    window.click("Use your passkey")
    window.wait_for(at="/account/")


SHOWN = "return document.querySelector('#frame canvas') !== null"
SHOWN_APART = "return (document.querySelector('.plain-picture img')?.naturalWidth ?? 0) > 0"


def test_a_picture_is_hidden_as_another_tab_comes_to_the_front(
    live_server: Any, window: Firefox, hotline: Hotline
) -> None:
    """Real tabs: one that another covers is told so by Firefox itself."""
    from orbweaver.assess.review.models import Look
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.platform.clock import now

    item = hotline.find(1).review_items.get()
    series = open_series("The lake", by=hotline.analysts[0], now=now())
    link_item(series, item.media, reason=LinkReason.PLACE, by=hotline.analysts[0], now=now())
    window.go(f"{live_server.url}/items/{item.public_id}/")
    give_password(window)
    window.wait_for(item.public_id)
    window.press("t")
    window.wait_until("return document.querySelector('#assessment') !== null")
    window.press("Shift+V")
    window.wait_until(SHOWN)
    of_item = window.tab()
    of_series = window.new_tab()
    window.go(f"{live_server.url}/series/{series.public_id}/")
    window.click("Show the picture")
    window.wait_until(SHOWN_APART)
    window.to_tab(of_item)
    assert not window.run(SHOWN), "it was hidden as its tab was left, and stays so"
    window.press("Shift+V")
    window.wait_until(SHOWN)
    window.to_tab(of_series)
    window.wait_for("Hidden again.")
    assert not window.run(SHOWN_APART)
    assert Look.objects.count() == 3


def test_two_tabs_show_each_what_was_asked_for_in_it(live_server: Any, window: Firefox, hotline: Hotline) -> None:
    """The page of the first stands there while the second asks and looks; then the first asks from it."""
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.platform.clock import now

    addresses = []
    for number in (1, 2):
        series = open_series(f"Lake {number}", by=hotline.analysts[0], now=now())
        media = hotline.find(number).media
        link_item(series, media, reason=LinkReason.PLACE, by=hotline.analysts[0], now=now())
        addresses.append(f"{live_server.url}/series/{series.public_id}/")
    window.go(addresses[0])
    give_password(window)
    window.wait_for("Lake 1")
    first = window.tab()
    second = window.new_tab()
    window.go(addresses[1])
    for tab, number in ((first, 1), (second, 2), (first, 1)):
        window.to_tab(tab)
        if window.run("return document.querySelector('.plain-picture') !== null"):
            window.go(addresses[number - 1])
        window.click("Show the picture")
        window.wait_until(SHOWN_APART)
        window.wait_for(f"Lake {number}")


def test_instants_and_days_are_those_of_the_reader(live_server: Any, tmp_path: Path, hotline: Hotline) -> None:
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead

    add_lead("https://forum.example/", source=Lead.Source.REPORT, now=dt.datetime(2026, 11, 24, 2, 30, tzinfo=dt.UTC))
    window = Firefox(tmp_path, zone="America/Toronto")
    try:
        window.go(f"{live_server.url}/leads/")
        give_password(window, "mona")
        window.wait_for("forum[.]example", at="/leads/")
        day = "const day = document.querySelector('main time.day'); return [day.innerText, day.title]"
        assert window.run(day) == ["23 Nov 2026", "24 Nov 2026 (UTC)"]
        window.go(f"{live_server.url}/account/")
        window.wait_for("Where you are signed in")
        instants = window.run(
            "return [...document.querySelectorAll('main time:not(.day)')].map(t => [t.innerText, t.title])"
        )
        assert instants
        assert all("UTC" not in words and title.endswith("UTC") for words, title in instants), instants
    finally:
        window.close()
