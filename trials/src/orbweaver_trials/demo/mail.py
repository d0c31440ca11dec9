"""The world's mail server, and how a provider reads a notice: from its XARF reports, as a machine would."""

from __future__ import annotations

import json
import mailbox
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import xarf
from aiosmtpd.smtp import SMTP, Envelope, Session

LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class ReceivedNotice:
    """What a provider takes from a mail."""

    message_id: str
    sender: str
    recipient: str
    subject: str
    text: str
    reports: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]
    """Why a report is no valid XARF, in the words of the ``xarf`` library; empty when all are valid."""

    @property
    def urls(self) -> list[str]:
        """The addresses that the reports name, each once, in their order."""
        return list(dict.fromkeys(report["url"] for report in self.reports if report.get("url")))

    def link(self, fragment: str) -> str | None:
        """The first address in the text that holds this fragment."""
        return next((found for found in LINK.findall(self.text) if fragment in found), None)


def read_notice(raw: bytes, recipient: str) -> ReceivedNotice:
    """Read a mail with its XARF parts (JSON, one report or a list a part)."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    reports: list[dict[str, Any]] = []
    for part in message.walk():
        if part.get_content_type() in ("application/json", "application/xarf+json"):
            loaded = json.loads(cast(bytes, part.get_payload(decode=True)))
            reports += loaded if isinstance(loaded, list) else [loaded]
    body = message.get_body(("plain",))
    return ReceivedNotice(
        message_id=str(message["Message-ID"] or ""),
        sender=str(message["From"] or ""),
        recipient=recipient,
        subject=str(message["Subject"] or ""),
        text=body.get_content() if body else "",
        reports=tuple(reports),
        problems=tuple(_problems(reports)),
    )


def _problems(reports: list[dict[str, Any]]) -> list[str]:
    if not reports:
        return ["no XARF report"]
    return [f"{error.field}: {error.message}" for report in reports for error in xarf.parse(report).errors]


OWN_MAILBOX = "bounces@hotline.example"
"""The hotline's own: what comes back, and the copies of what it sent."""


def is_own(address: str) -> bool:
    """Whether mail to this address goes to the hotline's own mailbox, whatever its tag."""
    local, _, domain = OWN_MAILBOX.partition("@")
    return address.startswith(f"{local}+") and address.endswith(f"@{domain}")


Receive = Callable[[ReceivedNotice], Awaitable[None]]
Refuse = Callable[[str], None]


class Mailroom:
    """Handler of ``aiosmtpd``: a mail is accepted only after it was written down. ``own`` is the hotline's Maildir."""

    def __init__(
        self,
        recipients: frozenset[str],
        receive: Receive,
        refuse: Refuse,
        *,
        own: Path | None = None,
        busy_once: str | None = None,
    ) -> None:
        self._recipients, self._receive, self._refuse, self._busy_once = recipients, receive, refuse, busy_once
        self._own = mailbox.Maildir(own, create=True) if own else None

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take known mailboxes; the one that is busy asks to come again, once, as many servers do."""
        if address not in self._recipients and not (self._own is not None and is_own(address)):
            return "550 5.1.1 no such mailbox here"
        if address == self._busy_once:
            self._busy_once = None
            self._refuse(address)
            return "451 4.7.1 greylisted, please come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Write the mail down, then say so."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        for recipient in envelope.rcpt_tos:
            if self._own is not None and is_own(recipient):
                self._own.add(b"Delivered-To: %s\r\n%s" % (recipient.encode(), raw))
            else:
                await self._receive(read_notice(raw, recipient))
        return "250 2.0.0 accepted"
