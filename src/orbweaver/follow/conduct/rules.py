"""From a provider's behaviour to the kinds of its conduct on the spectrum (R49), with the evidence behind each. Pure.

::

    proactive ── reactive ── resistant ── non_compliant ── complicit
    (several at once; complicit is proposed by rules and said by two people, R54)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from orbweaver.errors import Message
from orbweaver.follow.conduct.messages import (
    ADDRESSES,
    CAME_BACK,
    CAME_BACK_STAY,
    COMMERCE,
    CREDITED,
    CREDITS,
    HOSTS,
    NOTICES,
    QUESTIONED,
    REMOVED_LATE,
    REMOVED_PROMPTLY,
    SCANS,
    STILL_THERE,
    TIMES,
)
from orbweaver.platform.rule_tables import Body, RuleTable

Days = Annotated[int, Field(ge=1, le=3650)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class ConductKind(StrEnum):
    """What a provider's conduct can be, from best to worst: the spectrum."""

    PROACTIVE = "proactive"
    REACTIVE = "reactive"
    RESISTANT = "resistant"
    NON_COMPLIANT = "non_compliant"
    COMPLICIT = "complicit"


@dataclass(frozen=True)
class Behaviour:
    """What a provider did: counts of notified addresses unless said otherwise, times in seconds.

    ``countable`` are those removed after the first message, and those still there after the grace; ``prompt`` and
    ``late`` of these were removed within or after the days that the rules name; ``overdue`` are still there after
    the days and messages that they name. ``questioned`` are notices it questioned and was not right about.
    """

    notices: int = 0
    notified: int = 0
    countable: int = 0
    removed: int = 0
    prompt: int = 0
    late: int = 0
    overdue: int = 0
    median_s: float | None = None
    questioned: int = 0
    conceded: int = 0
    returns: int = 0
    scans_recently: bool = False
    credits: int = 0
    commerce_hosts: int = 0


@dataclass(frozen=True)
class Finding:
    """A kind of conduct that the rules give, and what it rests on."""

    kind: ConductKind
    because: tuple[Message, ...]
    proposed: bool = False


@dataclass(frozen=True)
class Thresholds:
    """The table ``spectrum``: data/spectrum.toml, or the hotline's own."""

    version: str
    grace_days: int
    of: Mapping[str, Mapping[str, Any]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Proactive(_Part):
    scan_within_days: Days
    credits_within_days: Days


class _Reactive(_Part):
    least_countable: Count
    within_days: Days
    share: Share


class _Resistant(_Part):
    least_notices: Count
    questioned_share: Share
    least_countable: Count
    late_days: Days
    late_share: Share
    least_returns: Count
    returns_share: Share


class _NonCompliant(_Part):
    least_countable: Count
    open_days: Days
    least_messages: Count
    share: Share


class _Complicit(_Part):
    returns: Count
    commerce_hosts: Count


class _Spectrum(_Part):
    grace_days: Days
    proactive: _Proactive
    reactive: _Reactive
    resistant: _Resistant
    non_compliant: _NonCompliant
    complicit: _Complicit


def _read(body: Body) -> _Spectrum:
    return _Spectrum.model_validate(body)


SPECTRUM: Final = RuleTable("spectrum", "follow/conduct/data/spectrum.toml", _read, keys={})


def thresholds() -> Thresholds:
    """The thresholds in force."""
    found = SPECTRUM.in_force().model_dump()
    return Thresholds(SPECTRUM.version(), found["grace_days"], {kind.value: found[kind.value] for kind in ConductKind})


def spectrum(seen: Behaviour, rules: Thresholds | None = None) -> list[Finding]:
    """The kinds that hold, from best to worst. ``complicit`` comes as a proposal only."""
    rules = rules or thresholds()
    tests = (_proactive, _reactive, _resistant, _non_compliant)
    found = [each for test in tests if (each := test(seen, rules)) is not None]
    if any(each.kind is ConductKind.NON_COMPLIANT for each in found):
        because = _signs_of_complicity(seen, rules.of["complicit"])
        if because:
            found.append(Finding(ConductKind.COMPLICIT, because, proposed=True))
    return found


def _proactive(seen: Behaviour, rules: Thresholds) -> Finding | None:
    of = rules.of["proactive"]
    because = []
    if seen.scans_recently:
        because.append(SCANS.of(days=of["scan_within_days"]))
    if seen.credits:
        because.append(CREDITED.of(credits=CREDITS.of(n=seen.credits), days=of["credits_within_days"]))
    return Finding(ConductKind.PROACTIVE, tuple(because)) if because else None


def _reactive(seen: Behaviour, rules: Thresholds) -> Finding | None:
    of = rules.of["reactive"]
    if seen.countable < of["least_countable"] or seen.prompt < of["share"] * seen.countable:
        return None
    because = REMOVED_PROMPTLY.of(count=seen.prompt, addresses=ADDRESSES.of(n=seen.countable), days=of["within_days"])
    return Finding(ConductKind.REACTIVE, (because,))


def _resistant(seen: Behaviour, rules: Thresholds) -> Finding | None:
    of = rules.of["resistant"]
    because = []
    if seen.notices >= of["least_notices"] and seen.questioned >= max(1, of["questioned_share"] * seen.notices):
        because.append(QUESTIONED.of(count=seen.questioned, notices=NOTICES.of(n=seen.notices)))
    if seen.countable >= of["least_countable"] and seen.late >= of["late_share"] * seen.countable:
        countable = ADDRESSES.of(n=seen.countable)
        because.append(REMOVED_LATE.of(count=seen.late, addresses=countable, days=of["late_days"]))
    if seen.returns >= max(of["least_returns"], of["returns_share"] * seen.removed):
        because.append(CAME_BACK_STAY.of(times=TIMES.of(n=seen.returns), count=seen.removed))
    return Finding(ConductKind.RESISTANT, tuple(because)) if because else None


def _non_compliant(seen: Behaviour, rules: Thresholds) -> Finding | None:
    of = rules.of["non_compliant"]
    if seen.countable < of["least_countable"] or seen.overdue < of["share"] * seen.countable:
        return None
    because = STILL_THERE.of(
        count=seen.overdue,
        addresses=ADDRESSES.of(n=seen.countable),
        days=of["open_days"],
        messages=of["least_messages"],
    )
    return Finding(ConductKind.NON_COMPLIANT, (because,))


def _signs_of_complicity(seen: Behaviour, of: Mapping[str, Any]) -> tuple[Message, ...]:
    because = []
    if seen.returns >= of["returns"]:
        because.append(CAME_BACK.of(times=TIMES.of(n=seen.returns)))
    if seen.commerce_hosts >= of["commerce_hosts"]:
        because.append(COMMERCE.of(hosts=HOSTS.of(n=seen.commerce_hosts)))
    return tuple(because)


def kinds_in_force(
    found: Iterable[Finding], overrides: Mapping[ConductKind, bool], signed: frozenset[ConductKind] = frozenset()
) -> list[ConductKind]:
    """The kinds that hold once people have spoken, from best to worst.

    ``overrides`` are what a person said of a kind, which goes before the rules; ``signed`` are kinds that two people
    signed. ``complicit`` holds if, and only if, it is among these.
    """
    by_rule = {each.kind for each in found if not each.proposed}
    chosen = {kind for kind in ConductKind if overrides.get(kind, kind in by_rule)} - {ConductKind.COMPLICIT}
    if ConductKind.COMPLICIT in signed:
        chosen.add(ConductKind.COMPLICIT)
    return [kind for kind in ConductKind if kind in chosen]
