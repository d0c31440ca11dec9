"""A disk that is full at each step of a notice: nothing is lost, and nothing arrives twice.

The disk is a small one of its own, on which the database's server and the installation lie: needs root, to mount it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, connections
from tests.integration.conftest import World, set_config
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.services import issue_notices, queue_reminders, send_due
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.platform.clock import real_now

__all__ = ["mail", "mailbox", "set_config"]

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=2)
SMALL = "SMALL_DISK"
"""Variable with the folder of the small disk, for the run within."""


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Within it nothing more fits onto the disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 2**12):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
        try:
            yield
        finally:
            connections.close_all()
            filler.unlink()


def once(disk: Path, step: Callable[[], Any]) -> bool:
    """Take a step while the disk is full, and again when it is not, if it failed; whether it did."""
    with full(disk):
        try:
            step()
        except (Error, OSError, OrbweaverError):
            failed = True
        else:
            return False
    step()
    return failed


@pytest.mark.soak
@pytest.mark.skipif(SMALL not in os.environ, reason="run by the test below, on a small disk")
@pytest.mark.django_db(transaction=True)
def test_on_a_small_disk(mail: Mailbox) -> None:
    disk, world = Path(os.environ[SMALL]), World()
    provider = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(provider, "abuse@host.example", now=NOW)
    failed: dict[str, bool] = {}
    for number in range(3):
        failed[f"verdict {number}"] = once(disk, lambda: world.verdict(f"https://host.example/{number}.png"))  # noqa: B023
        failed[f"issue {number}"] = once(disk, lambda: issue_notices(NOW))
    failed["send"] = once(disk, lambda: send_due(lambda: NOW))
    failed["remind"] = once(disk, lambda: queue_reminders(LATER))
    failed["send again"] = once(disk, lambda: send_due(lambda: LATER))
    for hours in range(0, 24, 3):  # what follows a message to one contact waits for company
        OutboxMessage.objects.filter(retry_at__isnull=False).update(retry_at=real_now())
        OutboxMessage.objects.filter(lease_until__isnull=False).update(lease_until=real_now())  # it runs out meanwhile
        issue_notices(LATER + dt.timedelta(hours=hours))
        send_due(lambda: LATER + dt.timedelta(hours=hours))  # noqa: B023
    arrived = [str(message_from_bytes(raw)["Message-ID"]) for _, raw in mail.received]
    urls = sorted(url for notice in Notice.objects.all() for url in notice.urls.values_list("url", flat=True))
    states = sorted(OutboxMessage.objects.values_list("state", flat=True))
    Path(disk / "said.json").write_text(
        json.dumps({"failed": failed, "arrived": len(arrived), "states": states, "notices": Notice.objects.count()})
    )
    assert len(arrived) == len(set(arrived))
    assert Notice.objects.count() == 3
    assert len(urls) == 3
    assert any(failed.values()), "the disk was never full"
    assert set(states) <= {"sent", "uncertain"}


@pytest.mark.soak
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_at_each_step_of_a_notice_loses_nothing_and_sends_nothing_twice(
    soak_figures: Callable[..., None],
) -> None:
    with tempfile.TemporaryDirectory(prefix="orbweaver-small-") as name:
        Path(name).chmod(0o711)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=0711", "tmpfs", name], check=True)
        try:
            argv = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-m",
                "soak",
                "-p",
                "no:cacheprovider",
                "-k",
                "small_disk",
                __file__,
            ]
            kept = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "ORBWEAVER_"))}
            environment = {**kept, "TMPDIR": name, SMALL: name}
            done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
            said = Path(name) / "said.json"
            assert done.returncode == 0, done.stdout[-4000:]
            soak_figures(**json.loads(said.read_text()))
        finally:
            subprocess.run(["umount", "-l", name], check=False)
