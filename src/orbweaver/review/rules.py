"""When analysts agree, what a verdict combines, who comes first in the queue. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from orbweaver.criteria import Answers, Criteria, Decision, same_decision
from orbweaver.criteria.rules import age_class_of

RANK_DELAYS = {"exact": dt.timedelta(0), "report": dt.timedelta(minutes=10), "near": dt.timedelta(minutes=30)}
"""Head start in the queue: an item ranks as if it had come this much later. Age alone decides beyond that, so that
nothing starves (R34): an item that waited 30 minutes longer than any other is always first."""


class Consensus(StrEnum):
    """Where the assessments of an item stand."""

    MORE = "more"
    AGREED = "agreed"
    DISAGREED = "disagreed"


def consensus(decisions: Sequence[Decision], required: int) -> Consensus:
    """Whether enough analysts have answered, and whether all of them agree."""
    if len(decisions) < required:
        return Consensus.MORE
    first = decisions[0]
    agreed = all(same_decision(first, other) for other in decisions[1:])
    return Consensus.AGREED if agreed else Consensus.DISAGREED


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


def rank_at(created_at: dt.datetime, *, reported: bool, exact: bool) -> dt.datetime:
    """The instant by which the queue is ordered."""
    key = "exact" if exact else "report" if reported else "near"
    return created_at + RANK_DELAYS[key]
