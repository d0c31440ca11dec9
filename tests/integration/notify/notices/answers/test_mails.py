"""A corpus of mails by somebody who had not read how they are read: each is heard, none is mistaken."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from orbweaver.notify.notices.answers.incoming import collect
from orbweaver.notify.notices.models import IncomingAnswer, Notice, OutboxMessage
from orbweaver.notify.notices.services import send_due
from orbweaver.notify.providers.models import Contact

from ..post_office import HOUR, NOW, PostOffice
from .mails import Letter, compose, mails

pytestmark = pytest.mark.django_db(transaction=True)
FOUND_BY = {"token": ["token"], "message": ["message_id"], "number": ["number"], "sender": ["number", "sender"]}
"""By what a mail is threaded; subjects often hold the number as well."""


@pytest.fixture
def letter(office: PostOffice, contacts: tuple[Contact, Contact]) -> Letter:
    """A notice that was sent over a real socket, as its provider got it."""
    send_due(lambda: NOW)
    collect(office.maildir, NOW)
    sent = OutboxMessage.objects.get()
    message = message_from_bytes(bytes(sent.raw), policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    number = Notice.objects.get().public_id
    return Letter(str(message["Subject"]), body.get_content(), sent.message_id, number, str(message["Reply-To"]))


def heard(mail: dict[str, Any], row: IncomingAnswer | None, letter: Letter) -> str:
    """What is wrong with how this mail was taken in."""
    if row is None:
        return "not kept"
    wrong = []
    if row.notice is None or row.found_by not in FOUND_BY[mail["by"]]:
        wrong.append(f"threaded by {row.found_by!r} to {row.notice}")
    if (row.meaning == "automatic") != (mail["kind"] == "automatic"):
        wrong.append(f"meaning {row.meaning!r} by {row.sign!r}")
    if mail["kind"] == "answer":
        said = " ".join(row.words.split())
        if " ".join(mail["reply"].split()) not in said:
            wrong.append(f"reply lost: {row.words[:200]!r}")
        if "asks you to remove the material" in said:
            wrong.append("the quotation is among the words")
        if mail["form"] in ("top", "bottom", "inline", "plain-quote", "html") and "Host" not in row.quotation:
            wrong.append(f"quotation lost: {row.quotation[:200]!r}")
        if "alert(" in said:
            wrong.append("a script among the words")
    return "; ".join(wrong)


def test_every_mail_is_threaded_to_its_notice_the_reply_apart_and_no_automatic_one_taken_for_a_person(
    office: PostOffice, letter: Letter
) -> None:
    wrong = {}
    for number, mail in enumerate(mails()):
        to, raw = compose(mail, letter)
        office.deliver(to, raw)
        collect(office.maildir, NOW + HOUR)
        row = IncomingAnswer.objects.order_by("pk").last()
        if said := heard(mail, row, letter):
            wrong[f"{number} {mail['name']} {mail['lang']} {mail['form']}"] = said
        IncomingAnswer.objects.all().delete()
    assert not wrong, "\n".join(f"{which}: {what}" for which, what in wrong.items())


def test_the_mails_are_of_many_languages_and_forms() -> None:
    answers = [mail for mail in mails() if mail["kind"] == "answer"]
    assert len({mail["lang"] for mail in answers}) >= 12
    assert len({mail["form"] for mail in answers}) >= 12
    assert len({mail["lang"] for mail in mails() if mail["kind"] == "automatic"}) >= 12
