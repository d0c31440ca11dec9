"""A day's notices in one mail, answered by the provider with one form; and the desk sees that they went together.

A sweep; `test_answer_journey.py` holds a sample.
"""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.conftest import set_config, world
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from .conftest import make_organisation, make_person, shoot, sign_in

if TYPE_CHECKING:
    from .conftest import OpenPage

__all__ = ["mail", "mailbox", "set_config", "world"]

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_three_notices_come_as_one_mail_and_two_are_answered_at_once(
    mail: Mailbox,
    world: Any,
    open_page: OpenPage,
    live_server: Any,
    set_config: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from orbweaver.notify.notices.models import Notice
    from orbweaver.notify.notices.services import issue_notices, send_due
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.people.accounts.rules import Role
    from orbweaver.platform.clock import now

    set_config(base_url=live_server.url)
    # Hosts are looked up in an event loop, and a browser's runs in this thread.
    monkeypatch.setattr("orbweaver.notify.notices.routing.lookup.look_up", lambda *_: None)
    provider = add_provider("Host", now=now(), domains=["host.example"])
    add_contact(provider, "abuse@host.example", now=now())
    for number in range(3):
        world.verdict(f"https://host.example/{number}.png", decided_at=now() - dt.timedelta(minutes=5))
        issue_notices(now())
    assert send_due(now).sent == 1
    [(_, raw)] = mail.received
    body = message_from_bytes(raw, policy=policy.default).get_body(("html",))
    assert body is not None
    letter = open_page("/robots.txt")
    letter.set_content(body.get_content())
    shoot(letter, "joined-mail")
    first, second, third = Notice.objects.order_by("pk")
    page = open_page("/robots.txt")
    page.goto(str(letter.get_by_role("link", name="Answer these notices").get_attribute("href")))
    shoot(page, "answer-together")
    page.get_by_label("removed", exact=False).first.check()
    page.get_by_label("host[.]example/2.png", exact=False).uncheck()
    page.get_by_role("button", name="Send the answer").click()
    page.wait_for_url("**/thanks/")
    assert [notice.replies.count() for notice in (first, second, third)] == [1, 1, 0]
    make_person("Mia", make_organisation(), Role.HOTLINE_MANAGER)
    desk = open_page(f"/notices/{second.public_id}/")
    sign_in(desk, "Mia")
    desk.goto(f"/notices/{second.public_id}/")
    assert "In one mail with 2 other notices" in desk.locator("main").inner_text()
    shoot(desk, "notice-together")
