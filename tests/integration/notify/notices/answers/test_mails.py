"""A corpus of mails by somebody who had not read how they are read: each is heard, none is mistaken."""

from __future__ import annotations

import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from orbweaver.notify.notices.answers.incoming import collect
from orbweaver.notify.notices.letters.tokens import bounce_address
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


NESTED = b"".join(
    b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % (at, at + 1) for at in range(2000)
)
ODD = {
    "a line of 10 MB": b"Content-Type: text/plain\r\n\r\nIt is gone.\r\n" + b"> " * 5_000_000,
    "parts in parts": b'Content-Type: multipart/mixed; boundary="b0"\r\n\r\nIt is gone.\r\n' + NESTED,
    "many parts": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\nIt is gone.\r\n' + b"--b\r\n\r\nx\r\n" * 200_000,
    "a header of 1 MB": b"X-Long: "
    + b"Re: " * 250_000
    + b"\r\nIn-Reply-To: "
    + b"<" * 250_000
    + b"\r\n\r\nIt is gone.\r\n",
    "a type that no parser reads": b"Content-Type: text/plain; " + b"a*0*=x; " * 5 + b"\r\n\r\nIt is gone.\r\n",
    "too large": b"Content-Type: text/plain\r\n\r\nIt is gone.\r\n" + b"x" * 17 * 2**20,
    "markup in the subject": b"Subject: <script>alert(1)</script>\r\n\r\nIt is gone.\r\n",
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", list(ODD))
def test_what_is_too_large_or_odd_to_be_read_reaches_a_person_soon(
    office: PostOffice, letter: Letter, name: str
) -> None:
    """A hostile mail holds up nobody else's, and one that is odd without intent is not lost."""
    head = b"From: Abuse Desk <abuse@host.example>\r\nTo: %s\r\nMIME-Version: 1.0\r\n" % letter.reply_to.encode()
    for to in (letter.reply_to, bounce_address(OutboxMessage.objects.get().occasion)):
        office.deliver(to, head.replace(letter.reply_to.encode(), to.encode()) + ODD[name])
        began = time.process_time()
        collect(office.maildir, NOW + HOUR)
        assert time.process_time() - began < 10
        row = IncomingAnswer.objects.get()
        assert row.notice == Notice.objects.get()
        assert "It is gone." in row.words
        assert row.sender == "abuse@host.example"
        IncomingAnswer.objects.all().delete()
