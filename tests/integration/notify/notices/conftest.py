"""A real mail server on loopback that can misbehave."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

if TYPE_CHECKING:
    from orbweaver.notify.providers.models import Contact

    from .post_office import PostOffice


@dataclass
class Mailbox:
    """What a mail server took, and what it answers: codes by step, used up one by one."""

    received: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    hang_up_after_data: bool = False
    port: int = 0

    def _answer(self, step: str) -> str | None:
        waiting = self.answers.get(step)
        return waiting.pop(0) if waiting else None

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._answer("mail") or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self._answer("rcpt")
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        refused = self._answer("data")
        if refused is not None:
            return refused
        assert isinstance(envelope.original_content, bytes)
        self.received.append((envelope.rcpt_tos[0], envelope.original_content))
        if self.hang_up_after_data:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"


class AnyPort(Controller):
    """A controller that learns which free port it was given before it tries to connect."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A running mail server; ``mail`` points Orbweaver at it."""
    box = Mailbox()
    controller = AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


@pytest.fixture
def mail(mailbox: Mailbox, set_config: Callable[..., None]) -> Mailbox:
    """A mail server that Orbweaver is set up to use."""
    set_config(smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_tls="none")
    return mailbox


@pytest.fixture
def office(tmp_path: Path, set_config: Callable[..., None]) -> Iterator[PostOffice]:
    """A running mail server with a Maildir that bounces and copies come to."""
    from .post_office import PostOffice

    box = PostOffice(maildir=tmp_path / "mail")
    for name in ("tmp", "new", "cur"):
        (box.maildir / name).mkdir(parents=True)
    controller = AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    set_config(
        smtp_host="127.0.0.1",
        smtp_port=controller.port,
        smtp_tls="none",
        bounce_address="bounces@hotline.example",
        mail_dir=box.maildir,
        discover_contacts="false",
    )
    yield box
    controller.stop()


@pytest.fixture
def contacts(office: PostOffice, world: Any, now: dt.datetime) -> tuple[Contact, Contact]:
    """A provider's contacts, the one kept by hand and the one that RDAP gave; a notice to the first was sent."""
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    provider = add_provider("Host", now=now, domains=["host.example"])
    by_hand = add_contact(provider, "abuse@host.example", now=now)
    found = add_contact(provider, "noc@host.example", now=now, source="rdap")
    world.verdict("https://host.example/1.png", "https://host.example/2.png")
    issue_notices(now)
    return by_hand, found
