"""Bounces of every shape that mail systems give them, read for the recipient they are about; nothing else is one."""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.notify.notices.answers.delivery_reports import read_report
from orbweaver.notify.notices.rules import Fate, fate_of_failure

TO = "abuse@host.example"


def worded(
    text: str, subject: str = "failure notice", sender: str = "MAILER-DAEMON@mx.example", **headers: str
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "bounces+x@hotline.example", subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def paged(html: str, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "postmaster@outlook.example", "Undeliverable: Please remove"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(html, subtype="html", cte="base64")
    return message.as_bytes()


def formal(kind: str, body: bytes, encoding: str = "7bit", sender: str = "MAILER-DAEMON@mx.example") -> bytes:
    head = (
        f"From: {sender}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={kind}; boundary=B\r\n\r\n"
        f"--B\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--B\r\nContent-Type: message/{kind}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n--B--\r\n"


FIELDS = f"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; {TO}\r\nAction: failed\r\nStatus: 5.1.1\r\n"

SHAPES: dict[str, tuple[bytes, Fate, str]] = {
    "RFC 3464": (formal("delivery-status", FIELDS.encode()), Fate.HARD, "5.1.1"),
    "RFC 3464 in base64": (
        formal("delivery-status", base64.encodebytes(FIELDS.encode()), "base64"), Fate.HARD, "5.1.1",
    ),
    "RFC 6533": (
        formal("global-delivery-status", FIELDS.replace("rfc822;", "utf-8;").encode(), "8bit"), Fate.HARD, "5.1.1",
    ),
    "RFC 3464, full": (
        formal("delivery-status", FIELDS.replace("5.1.1", "5.2.2").encode()), Fate.SOFT, "5.2.2",
    ),
    "RFC 3464, filter": (
        formal("delivery-status", FIELDS.replace("5.1.1", "5.7.1").encode()), Fate.SOFT, "5.7.1",
    ),
    "the status stands in the diagnosis alone": (
        formal("delivery-status", FIELDS.replace("Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 unknown").encode()),
        Fate.HARD, "5.1.1",
    ),
    "qmail": (
        worded(
            "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the"
            f" following addresses.\nThis is a permanent error; I've given up.\n\n<{TO}>:\nSorry, no mailbox here"
            " by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n"
        ), Fate.HARD, "5.1.1",
    ),
    "Postfix, in words": (
        worded(f"I'm sorry to have\n\n<{TO}>: host mx.host.example[192.0.2.1] said: 550 5.1.1 <{TO}>: no\n"),
        Fate.HARD, "5.1.1",
    ),
    "Postfix in German": (
        worded(
            f"Dies ist das Mailsystem.\n\n<{TO}>: Der Zielrechner sagte: 550 5.1.1 <{TO}>: Empfänger unbekannt\n",
            "Unzustellbare Nachricht",
        ), Fate.HARD, "5.1.1",
    ),
    "a code of SMTP alone, in French": (
        worded(f"Votre message n'a pas pu être remis à :\n\n  {TO}\n    550 Utilisateur inconnu\n", "Échec de remise"),
        Fate.HARD, "",
    ),
    "Sendmail": (
        worded(
            f"   ----- The following addresses had permanent fatal errors -----\n<{TO}>\n    (reason: 550 5.1.1 User"
            " unknown)\n\n   ----- Transcript of session follows -----\n"
        ), Fate.HARD, "5.1.1",
    ),
    "Exchange, a page in base64": (
        paged(
            f"<html><body><p><b>Delivery has failed to these:</b></p><p>{TO}<br>It couldn't be found.</p>"
            f"<p>{TO}<br>Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'</p></body></html>",
            X_MS_Exchange_Message_Is_Ndr="",
        ), Fate.HARD, "5.1.10",
    ),
    "Exim": (
        worded(
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
            f"delivered.\n\n  {TO}\n    Unrouteable address\n", "Mail delivery failed", X_Failed_Recipients=TO,
        ), Fate.HARD, "",
    ),
    "the fields of RFC 3464 in a plain text": (
        worded(f"It failed.\n\nFinal-Recipient: RFC822; {TO}\nAction: failed\nStatus: 5.2.2\n\nReceived: by x\n"),
        Fate.SOFT, "5.2.2",
    ),
    "full, in words": (
        worded(f"<{TO}>: 552 5.2.2 Mailbox over quota\n"), Fate.SOFT, "5.2.2",
    ),
    "full, in words and a code of SMTP alone": (
        worded(f"<{TO}>: host mx.host.example said: 550 Mailbox quota exceeded\n"), Fate.SOFT, "",
    ),
    "a filter, in words and a code of SMTP alone": (
        worded(f"<{TO}>: host mx.host.example said: 550 High probability of spam\n"), Fate.SOFT, "",
    ),
    "our own address is refused": (
        worded(f"<{TO}>: 553 5.1.8 Domain of sender address does not exist\n"), Fate.SOFT, "5.1.8",
    ),
    "the code stands above": (
        worded(f"Error 550 5.1.1 (unknown) for this recipient:\n{TO}\n"), Fate.HARD, "5.1.1",
    ),
    "the code stands far below": (
        worded(f"Delivery to {TO} failed.\n\n\n\n\n\n\nTechnical details:\nmx.host.example\nsaid:\n550 5.1.1 no\n"),
        Fate.HARD, "5.1.1",
    ),
    "given up for now, in words": (
        worded(f"<{TO}>:\nI was not able to connect. (#4.4.1)\nI'm not going to try again.\n"), Fate.SOFT, "4.4.1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_bounce_of_any_shape_says_what_became_of_its_recipient(shape: str) -> None:
    raw, fate, status = SHAPES[shape]
    found = read_report(message_from_bytes(raw, policy=policy.default), TO)
    assert [(each.fate, each.status, TO in each.recipients) for each in found] == [(fate, status, True)]


NONE = {
    "a person": worded(f"{TO} wrote that 550 pictures are gone.\n", sender="Kim <kim@host.example>"),
    "a person called postmaster": worded("It is gone.\n", "Re: Please remove", sender="postmaster@host.example"),
    "a person called postmaster, with numbers": worded(
        f"Hi, {TO} is the right address. We deleted 550 files, all 410 of album 551, 552 Main Street.\n",
        "Re: Please remove",
        sender="Postmaster <postmaster@host.example>",
    ),
    "it arrived, in words": worded(f"Delivered to {TO}. 250 2.1.5 ok\n", "Delivery Status Notification (Success)"),
    "about somebody else": worded("<someone@else.example>: 550 5.1.1 unknown\n"),
    "a number of a ticket": worded(f"Your request of {TO} has the number 5501234.\n", sender="postmaster@host.example"),
}


@pytest.mark.parametrize("shape", NONE)
def test_what_is_no_bounce_of_this_recipient_is_not_taken_for_one(shape: str) -> None:
    assert read_report(message_from_bytes(NONE[shape], policy=policy.default), TO) == []


@given(st.binary(max_size=300))
def test_no_words_of_a_mail_system_make_the_reader_fail(said: bytes) -> None:
    head = f"From: MAILER-DAEMON@x.example\r\nX-Failed-Recipients: {TO}\r\n".encode()
    for kind in (b"text/plain", b"text/html", b"multipart/mixed; boundary=B"):
        raw = head + b"Content-Type: " + kind + b"\r\n\r\n" + TO.encode() + b" " + said
        read_report(message_from_bytes(raw, policy=policy.default), TO)


@pytest.mark.parametrize(
    ("status", "code", "fate"),
    [
        ("5.1.1", 550, Fate.HARD), ("", 550, Fate.HARD), ("", 554, Fate.HARD), ("5.5.0", 550, Fate.HARD),
        ("5.2.2", 552, Fate.SOFT), ("4.2.2", 452, Fate.SOFT), ("5.7.1", 554, Fate.SOFT), ("5.7.26", 550, Fate.SOFT),
        ("", 552, Fate.SOFT), ("", 451, Fate.SOFT), ("4.4.1", 0, Fate.SOFT),
    ],
)  # fmt: skip
def test_full_mailboxes_and_filters_may_pass_and_the_rest_does_not(status: str, code: int, fate: Fate) -> None:
    assert fate_of_failure(status, code) is fate
