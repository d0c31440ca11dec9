"""How much a person has seen and worked, and when it is enough. Pure; all instants are real time, days are UTC days.

INHOPE recommends at most four hours a day of this work. Work is counted in *spells*: from the first thing that a
person does at the queue to the last one before a pause. A pause as long as a break is one, whether it was due or not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

ZERO = dt.timedelta(0)


@dataclass(frozen=True)
class Limits:
    """Looks and time that a day may hold, how long one works between breaks, and how long a break is."""

    looks_a_day: int
    time_a_day: dt.timedelta
    work: dt.timedelta
    pause: dt.timedelta


@dataclass(frozen=True)
class Spell:
    """A stretch of work without a pause."""

    began_at: dt.datetime
    ended_at: dt.datetime


@dataclass(frozen=True)
class Pace:
    """Where somebody stands today. ``break_until`` is set while a break is due; ``break_in`` is the work until one."""

    looks: int
    worked: dt.timedelta
    looks_left: int
    time_left: dt.timedelta
    break_in: dt.timedelta
    break_until: dt.datetime | None

    @property
    def looks_are_spent(self) -> bool:
        """Whether today's looks are used up."""
        return self.looks_left <= 0

    @property
    def time_is_spent(self) -> bool:
        """Whether today's hours are used up."""
        return self.time_left <= ZERO


def pace(spells: Sequence[Spell], looks: int, limits: Limits, now: dt.datetime) -> Pace:
    """Where somebody stands at ``now``, from their spells in order of time and their looks of today."""
    worked = worked_on(spells, now.date())
    since_break = _since_break(spells, limits.pause, now)
    due = bool(spells) and since_break >= limits.work
    return Pace(
        looks=looks,
        worked=worked,
        looks_left=max(0, limits.looks_a_day - looks),
        time_left=max(ZERO, limits.time_a_day - worked),
        break_in=max(ZERO, limits.work - since_break),
        break_until=spells[-1].ended_at + limits.pause if due else None,
    )


def worked_on(spells: Sequence[Spell], day: dt.date) -> dt.timedelta:
    """The time within a day (UTC) that these spells cover."""
    start = dt.datetime.combine(day, dt.time.min, dt.UTC)
    end = start + dt.timedelta(days=1)
    return sum((max(ZERO, min(each.ended_at, end) - max(each.began_at, start)) for each in spells), ZERO)


def _since_break(spells: Sequence[Spell], pause: dt.timedelta, now: dt.datetime) -> dt.timedelta:
    """Work since the last pause that was as long as a break."""
    total, next_began = ZERO, now
    for spell in reversed(spells):
        if next_began - spell.ended_at >= pause:
            break
        total += spell.ended_at - spell.began_at
        next_began = spell.began_at
    return total
