"""A passkey in a real browser, whose authenticator is made of software: made, used alone, and in place of a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .authenticators import Authenticator
from .conftest import PASSWORD, shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def by_name(live_server: Any, monkeypatch: pytest.MonkeyPatch, hotline: Hotline) -> None:
    """The installation is reached by a name: browsers make no passkeys for an address of numbers."""
    from orbweaver.platform.config import forget

    monkeypatch.setenv("ORBWEAVER_BASE_URL", live_server.url)
    forget()


def give_password(page: Page) -> None:
    page.get_by_label("E-mail address").fill("ann@hotline.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_who_makes_a_passkey_signs_in_with_it_alone_or_after_the_password(by_name: None, open_page: OpenPage) -> None:
    from orbweaver.people.accounts.models import Passkey

    page = open_page("/account/second-factor/")
    phone = Authenticator(page)
    give_password(page)
    page.wait_for_url("**/account/second-factor/")
    page.get_by_label("What you call it").fill("my phone")
    page.locator("#new-passkey-password").fill(PASSWORD)
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_text("The passkey is kept.").wait_for()
    assert Passkey.objects.get().name == "my phone"
    shoot(page, "passkeys")

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    shoot(page, "sign-in-with-passkey")
    phone.finger_fits(False)
    page.get_by_role("button", name="Use your passkey").click()
    page.get_by_text("No passkey was used.").wait_for()
    phone.finger_fits(True)
    page.get_by_role("button", name="Use your passkey").click()
    page.get_by_text("Ann").first.wait_for()
    assert Passkey.objects.get().used_at is not None

    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in/?next=/queue/")
    give_password(page)
    page.wait_for_url("**/sign-in/code/")
    shoot(page, "passkey-after-password")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/queue/")

    page.goto("/account/second-factor/")
    page.get_by_text("Remove", exact=False).first.click()
    page.locator("[id^=passkeys] form[action$='remove/']").get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("it opens your account no more").wait_for()
    assert not Passkey.objects.exists()


@pytest.mark.sweep
def test_without_a_script_the_password_still_opens(by_name: None, open_page: OpenPage) -> None:
    page = open_page("/sign-in/?next=/account/", script=False)
    assert page.get_by_text("This needs a browser that knows passkeys").is_visible()
    assert page.get_by_role("button", name="Use your passkey").is_disabled()
    give_password(page)
    page.wait_for_url("**/account/")
