"""A folder for all of a fleet, and a mail server of the other side."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.soak.notices.test_outbox_kills import AnyPort, Mailroom


@pytest.fixture
def room() -> Iterator[Path]:
    """A short folder that the server's account may pass through."""
    with tempfile.TemporaryDirectory(prefix="ow-fleet-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


class Post(Mailroom):
    """A mail server that files what bounces and copies come to, so that no doubt remains."""

    port: int


@pytest.fixture
def post(room: Path) -> Iterator[Post]:
    """It takes mail."""
    mail = Post()
    mail.maildir = room / "maildir"
    for name in ("tmp", "new", "cur"):
        (mail.maildir / name).mkdir(parents=True)
    controller = AnyPort(mail, hostname="127.0.0.1", port=0)
    controller.start()
    mail.port = controller.port
    yield mail
    controller.stop()


def by_mail(post: Post) -> dict[str, object]:
    """How the hotline sends."""
    return {
        "notice_together": "false",
        "smtp_host": "127.0.0.1",
        "smtp_port": post.port,
        "smtp_tls": "none",
        "bounce_address": "bounces@test-hotline.example",
        "journal_wait_minutes": "0.05",
        "mail_dir": post.maildir,
        "hotline_name": "Test Hotline",
        "hotline_domain": "test-hotline.example",
        "hotline_contact": "notices@test-hotline.example",
        "discover_contacts": "false",
    }
