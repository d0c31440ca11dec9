"""A forgotten password, the whole way: asked for in a browser, mailed by a real mail server, set, signed in.

A sample, each step of it without a browser, is `test_passwords.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.conftest import set_config
from tests.integration.doors.workers.test_password_mail import token_in
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from .conftest import shoot, sign_in

if TYPE_CHECKING:
    from .conftest import Hotline, OpenPage

__all__ = ["mail", "mailbox", "set_config"]

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OTHER = "quite another passphrase"


def test_a_link_by_mail_sets_another_password_and_ends_the_sign_ins_elsewhere(
    hotline: Hotline, mail: Mailbox, open_page: OpenPage, live_server: Any, set_config: Callable[..., None]
) -> None:
    from orbweaver.doors.workers.passwords import mail_password_links

    set_config(base_url=live_server.url)
    elsewhere = open_page("/queue/")
    sign_in(elsewhere, "Ann")
    page = open_page("/sign-in/")
    page.get_by_role("link", name="Forgotten your password?").click()
    shoot(page, "password-forgotten")
    page.get_by_label("E-mail address").fill("ann@hotline.example")
    page.get_by_role("button", name="Send me a link").click()
    page.wait_for_url("**/sign-in/")
    assert "a link is on its way" in page.locator(".messages").inner_text()
    assert mail_password_links() == 1
    [(address, raw)] = mail.received
    assert address == "ann@hotline.example"
    referers: list[str] = []
    page.context.on("request", lambda request: referers.append(request.all_headers().get("referer", "")))
    token = token_in(raw)
    page.goto(f"{live_server.url}/password/{token}/")
    shoot(page, "password-by-link")
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("Repeat the new password").fill(OTHER)
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/account/")
    assert "signed out everywhere else" in page.locator(".messages").inner_text()
    assert [each for each in referers if token in each] == []
    elsewhere.goto("/queue/")
    elsewhere.wait_for_url(re.compile("/sign-in/"))
    elsewhere.get_by_label("E-mail address").fill("ann@hotline.example")
    elsewhere.get_by_label("Password").fill(OTHER)
    elsewhere.keyboard.press("Enter")
    elsewhere.wait_for_url("**/queue/")
    page.goto(f"/password/{token}/")
    assert "no longer works" in page.locator("main").inner_text()
