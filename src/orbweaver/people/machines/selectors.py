"""Reads of machines."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from orbweaver.people.machines.models import Machine
from orbweaver.people.machines.services import known

SILENT_AFTER: Final = dt.timedelta(minutes=2)
"""A machine that has not said for so long that it lives is called silent; its leases are taken back much sooner."""


@dataclass(frozen=True, slots=True)
class MachineSeen:
    """One machine as people see it. ``per_minute``: addresses recorded since it joined."""

    id: str
    part: str
    name: str
    version: str
    state: str
    """invited, alive, silent, draining, left, revoked or lapsed."""
    invited_at: dt.datetime
    joined_at: dt.datetime | None
    seen_at: dt.datetime | None
    done: int
    per_minute: float


def legible(words: str) -> str:
    """What a machine calls itself, with what is no letter or sign shown as one: neither orders for a terminal nor marks
    that turn the writing round."""
    return "".join(letter if letter.isprintable() else "�" for letter in words)


def machines(now: dt.datetime) -> list[MachineSeen]:
    """All machines, those that may sign in first, then the newest. ``now`` is real time."""
    rows = sorted(Machine.objects.order_by("-pk"), key=lambda each: each.gone_at is not None)
    return [_seen(each, now) for each in rows]


def machine(public_id: str, now: dt.datetime) -> MachineSeen:
    """One machine, gone or not. Raises InvalidInput."""
    return _seen(known(public_id), now)


def _seen(each: Machine, now: dt.datetime) -> MachineSeen:
    minutes = (each.seen_at - each.joined_at) / dt.timedelta(minutes=1) if each.seen_at and each.joined_at else 0.0
    return MachineSeen(
        id=each.public_id,
        part=each.part,
        name=legible(each.name),
        version=legible(each.version),
        state=_state(each, now),
        invited_at=each.invited_at,
        joined_at=each.joined_at,
        seen_at=each.seen_at,
        done=each.done,
        per_minute=round(each.done / minutes, 1) if minutes > 0 else 0.0,
    )


def _state(each: Machine, now: dt.datetime) -> str:
    if each.gone_because:
        return each.gone_because
    if each.joined_at is None:
        return "invited"
    if each.draining_since is not None:
        return "draining"
    return "alive" if each.seen_at is not None and now - each.seen_at < SILENT_AFTER else "silent"
