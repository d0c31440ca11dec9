"""Verbs on machines: invite, drain, let go. One transaction each, audited; roles of the database are given and taken by
whoever calls (``doors.fleet``), as that needs an administrator. ``now`` is real time."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import F

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.machines.messages import GONE_ALREADY, NO_MACHINE
from orbweaver.people.machines.models import Machine
from orbweaver.people.machines.token import VALID
from orbweaver.platform.settings import PlatformSettings


@transaction.atomic
def invite(part: str, now: dt.datetime, *, label: str) -> Machine:
    """A machine that may join within the hour."""
    role = f"orbweaver_{part}_{secrets.token_hex(5)}"
    machine = Machine.objects.create(part=part, role=role, invited_at=now, invited_by=label, expires_at=now + VALID)
    record("machine.invited", machine.public_id, label=label, details={"part": part}, at=now)
    return machine


@transaction.atomic
def drain(
    public_id: str, now: dt.datetime, *, by: User | None = None, label: str = "system", again: bool = False
) -> Machine:
    """Have it take nothing new; ``again``: take up work as before. Raises InvalidInput, Conflict."""
    machine = locked(public_id)
    machine.draining_since = None if again else (machine.draining_since or now)
    machine.save(update_fields=["draining_since"])
    record("machine.resumed" if again else "machine.drained", machine.public_id, actor=by, label=label, at=now)
    return machine


@transaction.atomic
def let_go(
    public_id: str, because: Machine.Gone, now: dt.datetime, *, by: User | None = None, label: str = "system"
) -> Machine:
    """Record that it may not sign in any more, once. Raises InvalidInput."""
    machine = known(public_id, lock=True)
    if machine.gone_because in (because, Machine.Gone.REVOKED):
        return machine
    machine.gone_at, machine.gone_because = now, because
    machine.save(update_fields=["gone_at", "gone_because"])
    record(f"machine.{because.value}", machine.public_id, actor=by, label=label, at=now)
    return machine


def known(public_id: str, *, lock: bool = False) -> Machine:
    """The machine, gone or not. Raises InvalidInput."""
    rows = Machine.objects.select_for_update() if lock else Machine.objects
    machine = rows.filter(public_id=public_id).first()
    if machine is None:
        raise InvalidInput(NO_MACHINE.of(machine=public_id))
    return machine


def locked(public_id: str) -> Machine:
    """The machine, its row locked. Raises InvalidInput, and Conflict where it is gone."""
    machine = known(public_id, lock=True)
    if machine.gone_at is not None:
        raise Conflict(GONE_ALREADY)
    return machine


def say_alive(done: int, now: dt.datetime) -> bool:
    """This machine lives and has recorded so many more addresses; whether it may take up new work.

    Only for a machine that joined: it sees its own row alone.
    """
    if PlatformSettings.current().machine_part is None:
        return True
    own = Machine.objects.filter(gone_at=None)
    own.update(seen_at=now, done=F("done") + done)
    return not own.exclude(draining_since=None).exists()
