"""Mails as programs of many languages write them, composed from ``tests/fixtures/mails/answers.jsonl``."""

from __future__ import annotations

import base64
import html
import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from functools import cache, partial
from pathlib import Path
from typing import Any

MAILS = Path(__file__).parents[4] / "fixtures" / "mails" / "answers.jsonl"


@cache
def mails() -> list[dict[str, Any]]:
    return [json.loads(line) for line in MAILS.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True)
class Letter:
    """The letter that is answered."""

    subject: str
    text: str
    message_id: str
    number: str
    reply_to: str


def quoted(letter: Letter) -> str:
    return "\n".join(f"> {line}" for line in letter.text.splitlines())


def compose(mail: dict[str, Any], letter: Letter) -> tuple[str, bytes]:
    """Where the mail goes, and the mail."""
    message = EmailMessage(policy=policy.SMTP)
    to = letter.reply_to if mail["by"] == "token" else "notices@hotline.example"
    message["From"], message["To"] = mail["sender"], to
    message["Subject"] = filled(mail["subject"], letter, to)
    message["Message-ID"] = f"<{abs(hash(json.dumps(mail)))}@mail.example>"
    if mail["by"] == "message":
        message["In-Reply-To"] = letter.message_id
    for name, value in mail.get("headers", {}).items():
        message[name] = value
    FORMS[mail["form"]](message, mail, letter)
    return to, message.as_bytes()


def filled(text: str, letter: Letter, to: str) -> str:
    for name, value in {"to": to, "subject": letter.subject, "number": letter.number}.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def put(message: EmailMessage, mail: dict[str, Any], text: str) -> None:
    """The text in the old character set that the mail names, or under the name of another."""
    raw = text.encode(mail["charset"], "replace")
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f"text/plain; charset={mail.get('declared', mail['charset'])}"
    message["Content-Transfer-Encoding"] = "base64"
    message.set_payload(base64.encodebytes(raw).decode("ascii"))


def top(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    put(message, mail, f"{mail['reply']}\n\n{said_before(mail, letter)}\n{quoted(letter)}\n")


def bottom(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    put(message, mail, f"{said_before(mail, letter)}\n{quoted(letter)}\n\n{mail['reply']}\n")


def inline(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    lines = quoted(letter).splitlines()
    middle = len(lines) // 2
    text = [said_before(mail, letter), *lines[:middle], "", mail["reply"], "", *lines[middle:]]
    put(message, mail, "\n".join(text))


def plain_quote(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    put(message, mail, f"{mail['reply']}\n\n{said_before(mail, letter)}\n\n{letter.text}\n")


def said_before(mail: dict[str, Any], letter: Letter) -> str:
    return filled(mail["attribution"], letter, letter.reply_to)


def alone(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    put(message, mail, mail["reply"] + "\n")


def in_html(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    lines = "<br>\n".join(html.escape(line) for line in letter.text.splitlines())
    message.set_content(filled(mail["html"], letter, letter.reply_to).replace("{letter}", lines), subtype="html")


def flowed(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    lines = " \r\n".join(textwrap.wrap(mail["reply"], 40))
    message.set_content(lines)
    message.set_param("format", "flowed")


def signed(message: EmailMessage, mail: dict[str, Any], letter: Letter, kind: str, suffix: str) -> None:
    said = base64.encodebytes(f"{mail['reply']}\n\n{quoted(letter)}\n".encode()).decode()
    top_part = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{said}\r\n"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/signed; protocol="{kind}"; micalg=sha-256; boundary="S"'
    body = (
        f"--S\r\n{top_part}\r\n--S\r\nContent-Type: {kind}; name={suffix}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.encodebytes(b'0' * 2000).decode()}\r\n--S--\r\n"
    )
    message.set_payload(body)


def opaque(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    message.set_content(b"0" * 3000, "application", "pkcs7-mime", params={"smime-type": "enveloped-data"})


def pgp_inline(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    message.set_content(
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{mail['reply']}\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n"
    )


def attached(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    message.set_content(f"{mail['reply']}\n\n{quoted(letter)}\n")
    message.add_attachment(b"\x89PNG\r\n\x1a\n" + b"0" * 500, "image", "png", filename="screen.png")


def tnef(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    message.set_content(mail["reply"] + "\n")
    message.add_attachment(b"\x78\x9f\x3e\x22" + b"0" * 500, "application", "ms-tnef", filename="winmail.dat")


def empty_text(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    message.set_content("\n")
    message.add_alternative(
        f"<p>{html.escape(mail['reply'])}</p><blockquote>{letter.text}</blockquote>", subtype="html"
    )


def calendar(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    message.set_content(mail["reply"] + "\n")
    event = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    message.add_alternative(event, subtype="calendar", params={"method": "REPLY"})


def receipt(message: EmailMessage, mail: dict[str, Any], letter: Letter) -> None:
    notification = "Reporting-UA: mail.example; Outlook\r\nFinal-Recipient: rfc822;abuse@host.example\r\n"
    notification += f"Original-Message-ID: {letter.message_id}\r\n"
    notification += "Disposition: manual-action/MDN-sent-automatically; displayed\r\n"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = 'multipart/report; report-type=disposition-notification; boundary="M"'
    message.set_payload(
        f"--M\r\nContent-Type: text/plain\r\n\r\n{mail['reply']}\r\n"
        f"--M\r\nContent-Type: message/disposition-notification\r\n\r\n{notification}\r\n--M--\r\n"
    )


FORMS: dict[str, Callable[[EmailMessage, dict[str, Any], Letter], None]] = {
    "top": top,
    "bottom": bottom,
    "inline": inline,
    "plain-quote": plain_quote,
    "none": alone,
    "html": in_html,
    "flowed": flowed,
    "smime": partial(signed, kind="application/pkcs7-signature", suffix="smime.p7s"),
    "pgp": partial(signed, kind="application/pgp-signature", suffix="signature.asc"),
    "smime-opaque": opaque,
    "pgp-inline": pgp_inline,
    "attachment": attached,
    "tnef": tnef,
    "empty-text": empty_text,
    "calendar": calendar,
    "mdn": receipt,
}
