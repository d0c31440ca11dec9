"""What of the world no hash can find: by the truth of the world, and measured on its files.

A list says a picture's hashes and nothing else. Whoever cuts a part out of it makes another picture, with other hashes;
it can be found where the whole picture was seen, as there are pixels to compare it with. Where it never was, nothing is
held and no comparison is possible. What merely was not found is no such case.
"""

from __future__ import annotations

from typing import Final

from orbweaver_trials.wild.eyes import ALIKE, distance_of
from orbweaver_trials.wild.plan import Place, Plan

CUT: Final = frozenset({"crop"})
"""Kinds of file that show a part of a picture alone."""


def why_beyond_a_hash(plan: Plan, place: Place) -> str:
    """Why no hash can find the picture at this place; empty where one can."""
    if place.make not in CUT or not place.listed or _whole_elsewhere(plan, place):
        return ""
    bits = distance_of(place)
    if bits <= ALIKE:
        return ""
    return (
        "a part cut out of a picture that a list names by its hashes alone and that is nowhere whole: "
        f"its own hash differs in {bits} of 256 bits, where pictures that have nothing in common differ in some 128"
    )


def _whole_elsewhere(plan: Plan, place: Place) -> bool:
    return any(
        place.seed in (other.seed, *other.scenes) and other.make not in CUT
        for other in plan.places
        if other.key != place.key
    )
