"""Which signatures a version needs, who can give one, and what a version is at an instant. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum


class Capacity(StrEnum):
    """On whose behalf somebody signs; both are needed (R66). The words are kinds of organisation."""

    GOVERNMENT = "government"
    HOTLINE = "hotline"


class State(StrEnum):
    """draft → signed → (scheduled →) in_force → replaced. A change to the text makes a signed version a draft again."""

    DRAFT = "draft"
    SIGNED = "signed"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    REPLACED = "replaced"


def missing_signatures(signed: Iterable[str]) -> tuple[Capacity, ...]:
    """On whose behalf a text still has to be signed, given the capacities in which it was."""
    given = set(signed)
    return tuple(each for each in Capacity if each not in given)


def capacity_of(organisation_kind: str) -> Capacity | None:
    """In which capacity a member of an organisation of this kind signs; None when they cannot."""
    return Capacity(organisation_kind) if organisation_kind in set(Capacity) else None


def state_of(*, signed: Iterable[str], takes_effect_at: dt.datetime | None, in_force: bool, now: dt.datetime) -> State:
    """What a version is at ``now``. ``in_force``: no version that took effect did so later than this one."""
    if takes_effect_at is None:
        return State.DRAFT if missing_signatures(signed) else State.SIGNED
    if takes_effect_at > now:
        return State.SCHEDULED
    return State.IN_FORCE if in_force else State.REPLACED
