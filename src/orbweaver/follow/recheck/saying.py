"""What a person says of an address after a look, compared with what checks see. Pure.

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


class SayingKind(StrEnum):
    """What a person says after a look."""

    GONE = "gone"
    THERE = "there"

    @property
    def judgement(self) -> Judgement:
        """The same as one look."""
        outcome = CheckOutcome.GONE if self is SayingKind.GONE else CheckOutcome.PRESENT
        return Judgement(outcome, reason=PERSON, evidence="a person looked")


def with_saying(said: SayingKind | None, then: str, seen: Judgement) -> Judgement:
    """What a check says, given what a person said last. ``then``: ``code_of`` what checks saw when it was said."""
    if said is SayingKind.THERE and seen.outcome in OFFLINE:
        return Judgement(CheckOutcome.UNCLEAR, seen.distance, "person_saw", "a person saw it where checks do not")
    if said is SayingKind.GONE and seen.outcome in ANSWERED and code_of(seen.outcome, seen.reason) == then:
        return Judgement(
            CheckOutcome.GONE, seen.distance, "person_looked", "the same as when a person saw that it is gone"
        )
    return seen


def ends_saying(seen: Judgement) -> bool:
    """Whether a check sees for itself, so that what was said before it holds no more."""
    return seen.outcome in THERE


def changes_nothing(said: SayingKind | None, seen: Judgement) -> bool:
    """Whether a check tells nothing against a person who says that it is gone."""
    return said is SayingKind.GONE and seen.outcome in TOLD_NOTHING


def code_of(outcome: str, reason: str) -> str:
    """What checks see, as it is compared with what they saw before."""
    return f"{outcome}:{reason}"
