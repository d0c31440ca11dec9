"""What strangers do, and who signs in with a passkey, in Firefox: journeys that Chromium makes with every change."""

from __future__ import annotations

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


def give_password(window: Firefox) -> None:
    window.type("//input[@type='email']", "ann@hotline.example")
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
