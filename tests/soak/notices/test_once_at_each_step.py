"""A process is killed with -9 at each step of a message's leaving: it arrives once, or it is said that nobody knows.

The same for a notice and for a letter that asks to keep something: they leave by one mechanism (``sending.once``).
A sample, with failures in place of kills, is in `test_outbox.py` and `test_keeping.py`.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.conftest import World, hotline, make_person, organisation, set_config

from .test_outbox_kills import NOW, Mailroom, fill_outbox, mailroom

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

__all__ = ["hotline", "mailroom", "make_person", "organisation", "set_config"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
CHILD = """
import os, signal, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "orbweaver.platform.django_settings"
import django
django.setup()
from orbweaver.notify.notices.sending import once, outbox
from orbweaver.notify.notices.sending.channels import smtp
from orbweaver.notify.police import keeping
from orbweaver.platform.clock import now

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(owner, name):
    real = getattr(owner, name)
    def wrapped(*given, **named):
        real(*given, **named)
        die()
    setattr(owner, name, wrapped)

def dot(session, server):
    server.send(b".\\r\\n")
    server.getreply()  # it has it, and nobody hears so
    die()

table, step = sys.argv[1:]
if step == "claimed":
    smtp._SmtpSession._connected = die
elif step == "announced":
    once.set_sending = die
elif step == "sending":
    smtp._SmtpSession._finish = die
elif step == "dot":
    smtp._SmtpSession._finish = dot
elif step == "answered":
    once.conclude = die
elif step == "written":
    then_die(once, "conclude")
elif step == "committed":
    then_die(keeping, "_conclude")
    then_die(outbox, "_record_result")
if table == "keep":
    keeping.send_due(now())
else:
    outbox.send_due(now)
"""
STEPS = {
    "claimed": (0, "sent", 1),
    "announced": (0, "sent", 1),
    "sending": (0, "uncertain", 0),
    "dot": (1, "uncertain", 1),
    "answered": (1, "uncertain", 1),
    "written": (1, "uncertain", 1),
    "committed": (1, "sent", 1),
}
"""What had arrived when it was killed there, what its row says in the end, and what has arrived then."""


@pytest.fixture
def kept(hotline: None, make_person: Callable[..., User]) -> type[Any]:
    """A letter that waits."""
    from orbweaver.notify.police.keeping import Wanted, ask_to_keep
    from orbweaver.notify.police.models import KeepRequest
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.people.accounts.rules import Role
    from orbweaver.platform.clock import now

    provider = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(provider, "abuse@host.example", now=NOW)
    item, lea = World().item("https://host.example/1.png"), make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)
    until = now().date() + dt.timedelta(days=90)
    ask_to_keep(Wanted(item.public_id, "A court", "7/26", "A law", until), by=lea, now=NOW)
    return KeepRequest


@pytest.fixture
def noticed() -> type[Any]:
    """A notice that waits."""
    from orbweaver.notify.notices.models import OutboxMessage

    fill_outbox(1)
    return OutboxMessage


def run(table: str, step: str, database_url: str, port: int) -> int:
    """The exit status of a process that sends what waits, and is killed at this step."""
    environment = os.environ | {
        "ORBWEAVER_DATABASE_URL": database_url,
        "ORBWEAVER_SMTP_HOST": "127.0.0.1",
        "ORBWEAVER_SMTP_PORT": str(port),
        "ORBWEAVER_SMTP_TLS": "none",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run([sys.executable, "-P", "-c", CHILD, table, step], env=environment, check=False).returncode


@pytest.mark.sweep
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("table", ["keep", "outbox"])
def test_killed_at_each_step_it_arrives_once_or_is_said_to_be_in_doubt(
    table: str, step: str, mailroom: tuple[Mailroom, int], database_url: str, request: pytest.FixtureRequest
) -> None:
    from orbweaver.platform.clock import real_now

    rows = request.getfixturevalue("kept" if table == "keep" else "noticed").objects
    room, port = mailroom
    arrived_then, state, arrived_in_the_end = STEPS[step]
    assert run(table, step, database_url, port) == -signal.SIGKILL
    assert sum(room.arrived.values()) == arrived_then
    for _ in range(2):
        rows.filter(lease_until__isnull=False).update(lease_until=real_now() - dt.timedelta(seconds=1))
        assert run(table, "never", database_url, port) == 0
    assert (rows.get().state, sum(room.arrived.values())) == (state, arrived_in_the_end)
