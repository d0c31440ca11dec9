"""Links to set another password, over a real conversation with a mail server."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

__all__ = ["mail", "mailbox"]


def asked(address: str, language: str = "en", sender: bytes = b"s" * 32) -> bool:
    from orbweaver.people.accounts.passwords import ask_for_link
    from orbweaver.platform.clock import real_now

    return ask_for_link(address, sender=sender, language=language, at=real_now())


def work() -> int:
    from orbweaver.doors.workers.passwords import mail_password_links

    return mail_password_links()


def text_of(raw: bytes) -> str:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def token_in(raw: bytes) -> str:
    found = re.search(r"/password/([\w-]+)/", text_of(raw))
    assert found is not None
    return found[1]


def test_who_has_an_account_gets_a_link_in_their_language_and_nobody_else_gets_anything(
    mail: Mailbox, make_person: Callable[..., User]
) -> None:
    from orbweaver.people.accounts.models import PasswordLink
    from orbweaver.people.accounts.passwords import person_of_link
    from orbweaver.people.audit.models import Event
    from orbweaver.platform.clock import real_now

    ann = make_person("Ann")
    for address in ("Ann@Hotline.example ", "nobody@hotline.example"):
        assert asked(address, language="fr")
    assert (work(), work()) == (1, 0)
    [(address, raw)] = mail.received
    assert address == "ann@hotline.example"
    assert "Ouvrez-le" in text_of(raw)
    token = token_in(raw)
    assert person_of_link(token, real_now()) == ann
    assert person_of_link(token, real_now() + dt.timedelta(hours=1)) is None
    assert token.encode() not in bytes(PasswordLink.objects.get().digest)
    assert [each.subject for each in Event.objects.filter(kind="person.password_link_mailed")] == [ann.public_id]


def test_a_server_that_cannot_now_is_asked_again_and_one_that_refuses_is_not(
    mail: Mailbox, make_person: Callable[..., User]
) -> None:
    from orbweaver.people.accounts.models import PasswordLink, PasswordRequest
    from orbweaver.people.audit.models import Event

    for name in ("Ann", "Ben"):
        make_person(name)
        asked(f"{name}@hotline.example")
    mail.answers["rcpt"] = ["451 later"]
    assert work() == 1, "the other one is not held up"
    assert work() == 0, "not at once"
    PasswordRequest.objects.filter(claimed_at=None).update(due_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert work() == 1
    assert {address for address, _ in mail.received} == {"ann@hotline.example", "ben@hotline.example"}
    assert PasswordLink.objects.count() == 2
    asked("ann@hotline.example")
    mail.answers["rcpt"] = ["550 never"]
    assert work() == 0
    assert PasswordLink.objects.count() == 2
    assert Event.objects.get(kind="person.password_link_refused").details["reason"]


def test_nobody_is_written_to_more_than_three_times_within_an_hour(
    mail: Mailbox, make_person: Callable[..., User]
) -> None:
    make_person("Ann")
    for number in range(5):
        assert asked("ann@hotline.example", sender=bytes([number]) * 32)
    assert work() == 3
    assert len(mail.received) == 3


def test_who_is_switched_off_gets_no_link_and_the_links_they_had_are_void(
    mail: Mailbox, make_person: Callable[..., User]
) -> None:
    from orbweaver.people.accounts.passwords import person_of_link
    from orbweaver.people.accounts.services import switch_off, switch_on
    from orbweaver.platform.clock import real_now

    ann = make_person("Ann")
    asked("ann@hotline.example")
    assert work() == 1
    switch_off(ann, by=make_person("Ben"))
    asked("ann@hotline.example")
    assert work() == 0
    switch_on(ann)
    assert person_of_link(token_in(mail.received[0][1]), real_now()) is None


@pytest.mark.django_db
def test_what_was_asked_is_forgotten_after_an_hour_mail_or_no_mail() -> None:
    from orbweaver.people.accounts.models import PasswordRequest
    from orbweaver.platform.clock import real_now

    asked("nobody@hotline.example")
    assert (work(), PasswordRequest.objects.count()) == (0, 1)
    PasswordRequest.objects.update(asked_at=real_now() - dt.timedelta(hours=1))
    assert (work(), PasswordRequest.objects.count()) == (0, 0)
