"""A mail server on loopback that takes everything and keeps nothing, so that notices have left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from orbweaver_trials.demo.surroundings import free_port


class _TakesAll:
    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - theirs
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[int]:
    """Within it, the server runs; gives its port."""
    controller = Controller(_TakesAll(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield int(controller.port)
    finally:
        controller.stop()
