"""The world's mail server, and the hotline's mailbox: what is addressed to the hotline is delivered into a Maildir."""

from __future__ import annotations

import asyncio
import mailbox
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from orbweaver_trials.wild.book import Book
from orbweaver_trials.wild.plan import Letterbox, Plan

HOTLINE: Final = "hotline.example"
FILTERED: Final = 2
"""How often the filter refuses before it lets mail through."""

Receive = Callable[[bytes, str, str], Awaitable[None]]


class Post:
    """Handler of ``aiosmtpd``; ``receive`` gets the bytes, the mailbox and the sender of the envelope."""

    def __init__(self, plan: Plan, book: Book, own: Path, receive: Receive) -> None:
        self._plan, self._book, self._receive = plan, book, receive
        self._own = mailbox.Maildir(own, create=True)
        self._refused: Counter[str] = Counter()

    async def serve(self, address: str) -> tuple[asyncio.Server, int]:
        """Listen here; returns the server and its port."""
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="mail.wild.example", enable_SMTPUTF8=True), address, 0
        )
        return server, int(server.sockets[0].getsockname()[1])

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse one recipient."""
        refusal = "" if is_own(address) else self._refusal(address)
        if refusal:
            self._book.add("returned", mailbox=address, how=refusal)
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def _refusal(self, address: str) -> str:
        party = self._plan.of_mailbox(address)
        if party is None:
            return "550 5.1.1 no such mailbox here"
        if address != party.mailboxes[0]:
            return ""
        if party.box is Letterbox.UNKNOWN:
            return "550 5.1.1 user unknown"
        if party.box is Letterbox.FILTER and self._refused[address] < FILTERED:
            self._refused[address] += 1
            return "554 5.7.1 message rejected by content filter"
        return ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Write the mail down, then say so."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        for recipient in envelope.rcpt_tos:
            if is_own(recipient):
                self.deliver(raw, recipient, str(envelope.mail_from or ""))
            else:
                await self._receive(raw, recipient, str(envelope.mail_from or ""))
        return "250 2.0.0 accepted"

    def deliver(self, raw: bytes, recipient: str, sender: str) -> None:
        """Put a mail into the hotline's mailbox."""
        head = f"Return-Path: <{sender}>\nDelivered-To: {recipient}\nX-Original-To: {recipient}\n"
        self._own.add(head.encode() + raw)


def is_own(address: str) -> bool:
    """Whether it is an address of the hotline."""
    return address.rpartition("@")[2] == HOTLINE
