"""What a person says of an address after a look, beside what checks see. Pure.

A person sees what checks cannot: behind a sign-in, in a language that no rule knows. Their word is one look among
others. "Still there" holds until a check sees the medium itself or a person says otherwise: a host that hides it from
checks has removed nothing. "Gone" is the first of the two looks that make a removal; the second may be a check that
says so too, or one that still sees what stood there when the person looked.
"""

from __future__ import annotations

from enum import StrEnum

from orbweaver.follow.recheck.rules import OFFLINE, THERE, TOLD_NOTHING, CheckOutcome, Judgement

PERSON = "person"
"""The reason of what a person said."""

ANSWERED = frozenset({CheckOutcome.BLOCKED, CheckOutcome.UNCLEAR})
"""Outcomes of checks that got an answer which a person can look at, too."""


class Said(StrEnum):
    """What a person says after a look."""

    GONE = "gone"
    THERE = "there"

    @property
    def judgement(self) -> Judgement:
        """The same as one look."""
        outcome = CheckOutcome.GONE if self is Said.GONE else CheckOutcome.PRESENT
        return Judgement(outcome, reason=PERSON, evidence="a person looked")


def beside(said: Said | None, then: str, seen: Judgement) -> Judgement:
    """What a check says beside the word in force. ``then``: ``code_of`` what checks saw when it was said."""
    if said is Said.THERE and seen.outcome in OFFLINE:
        return Judgement(CheckOutcome.UNCLEAR, seen.distance, "person_saw", "a person saw it where checks do not")
    if said is Said.GONE and seen.outcome in ANSWERED and code_of(seen.outcome, seen.reason) == then:
        return Judgement(
            CheckOutcome.GONE, seen.distance, "person_looked", "the same as when a person saw that it is gone"
        )
    return seen


def is_used_up(seen: Judgement) -> bool:
    """Whether a check sees for itself, so that what was said before it holds no more."""
    return seen.outcome in THERE


def waits(said: Said | None, seen: Judgement) -> bool:
    """Whether a check changes nothing, as it tells nothing against the word of a person that it is gone."""
    return said is Said.GONE and seen.outcome in TOLD_NOTHING


def code_of(outcome: str, reason: str) -> str:
    """What checks see, as it is compared with what they saw before."""
    return f"{outcome}:{reason}"
