"""When analysts agree, what a verdict combines, who comes first in the queue. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orbweaver.assess.criteria import AgeClass, Answers, Category, Criteria, Decision, same_decision
from orbweaver.assess.criteria.rules import age_class_of

RANK_DELAYS = {"unlisted": dt.timedelta(0), "exact": dt.timedelta(minutes=10), "near": dt.timedelta(minutes=30)}
"""Head start in the queue: an item ranks as if it had come this much later. What no list of police holds comes before
what they have long known (R76). Age alone decides beyond that, so that nothing starves (R34): an item that waited 30
minutes longer than any other is always first. Nothing else counts: no category, no marker (R10)."""

HEAD_START = dt.timedelta(days=365)
"""What the person in the picture, or their family, asks for comes before all else (R56), and so does what a rule has
reviewed, as police have identified the child (R74). They are few among thousands, so nothing starves behind them."""

CONFIRM_DELAY = dt.timedelta(hours=8)
"""How much later than a new item one ranks whose notice is out and whose hash is not confirmed yet. It ages, too."""


class Consensus(StrEnum):
    """Where the assessments of an item stand."""

    MORE = "more"
    AGREED = "agreed"
    DISAGREED = "disagreed"


def consensus(decisions: Sequence[Decision], required: int, places: Sequence[object] = ()) -> Consensus:
    """Whether enough analysts have answered and all of them agree. Who differs ends it: nobody else need look.

    ``places``: which one each answer is about, where it is about one alone; two places are two questions (R32).
    """
    first = decisions[0]
    if len(set(places)) > 1 or not all(same_decision(first, other) for other in decisions[1:]):
        return Consensus.DISAGREED
    return Consensus.AGREED if len(decisions) >= required else Consensus.MORE


def required_for(decision: Decision, general: int, by_category: Mapping[str, int | None]) -> int:
    """Analysts who must agree on this decision: the number of its category, else the general one."""
    own = by_category.get(decision.category.value) if decision.category else None
    return own or general


def confirm_rank_at(decided_at: dt.datetime) -> dt.datetime:
    """When an item that only waits for further answers comes up again: after all that came hours later."""
    return decided_at + CONFIRM_DELAY


@dataclass(frozen=True)
class AgeRange:
    """Years of the youngest child as all analysts together see it; the youngest estimate gives the class (R26, R53)."""

    age_min: int | None
    age_max: int | None
    age_class: str
    straddles: bool


def combined_age(answers: Sequence[Answers], criteria: Criteria) -> AgeRange:
    """The widest range over all answers that estimate an age, in the classes of these criteria."""
    lows = [answer.age_min for answer in answers if answer.age_min is not None]
    highs = [answer.age_max for answer in answers if answer.age_max is not None]
    if not lows or not highs:
        return AgeRange(None, None, "", straddles=False)
    youngest = age_class_of(min(lows), criteria)
    straddles = age_class_of(min(max(highs), 17), criteria) != youngest
    return AgeRange(min(lows), max(highs), youngest.value, straddles)


def children_by_class(answers: Sequence[Answers], criteria: Criteria) -> dict[str, int]:
    """How many children a picture shows, by age class, as the analyst saw who counted most (R77); {} without an age.

    The youngest child is in the class of its least age, as everywhere (R26).
    """
    counted = [each for each in answers if each.age_min is not None]
    if not counted:
        return {}
    fullest = max(counted, key=lambda each: sum(each.others))
    found = dict(zip((each.value for each in AgeClass), fullest.others, strict=True))
    found[age_class_of(fullest.age_min or 0, criteria).value] += 1
    return {name: n for name, n in found.items() if n}


def is_gravest(category: str, age_class: str) -> bool:
    """Sexual abuse of a prepubescent child: never shown to anybody for the sake of comparing answers."""
    return category == Category.CSAM and age_class == AgeClass.PREPUBESCENT


def rank_at(created_at: dt.datetime, *, listed: bool, exact: bool, at_once: bool = False) -> dt.datetime:
    """The instant by which the queue is ordered. ``listed``: a list of police holds it; ``exact``: these very bytes;
    ``at_once``: a survivor asks for it, or a rule has it reviewed."""
    if at_once:
        return created_at - HEAD_START
    key = "unlisted" if not listed else "exact" if exact else "near"
    return created_at + RANK_DELAYS[key]
