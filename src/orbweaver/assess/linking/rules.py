"""How strongly traces that two media have in common say that they belong to one series. Pure.

Each signal has a strength from 0 to 1, by its own law below; signals are taken as independent, so together they miss
only what all of them miss: ``1 - (1 - a)(1 - b)…`` (noisy or). What many media share says little: a signal weighs
less with each medium that shares it beyond a dozen, and nothing beyond ``COMMON``.

Measured in docs/developers/series-suggestions.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orbweaver.assess.linking.messages import (
    FOLDER,
    GALLERY,
    NEAR_DUPLICATE,
    PAGE,
    SEQUENCE,
    SEQUENCE_HERE,
    TITLE,
    UPLOADER,
)
from orbweaver.assess.series.rules import LinkReason
from orbweaver.errors import Message

RARE: Final = 12
"""Media that may share a trace before it weighs less."""
COMMON: Final = 400
"""Media that share a trace beyond which it says nothing: a shared host's folder, a camera's file names."""
NEAR_BITS: Final = 31
"""Greatest PDQ distance of near-duplicates."""
FLOOR: Final = 0.3
"""Least strength of a suggestion that is kept."""
MOST: Final = 0.99
KEPT: Final = 12
"""Suggestions kept for one medium at a time, the strongest."""
NAMED_FROM: Final = 0.01
"""Least strength of a signal that is said as a reason: two files 500,000 numbers apart speak for nothing."""


class Signal(StrEnum):
    """What speaks for it."""

    NEAR_DUPLICATE = "near_duplicate"
    SEQUENCE_HERE = "sequence_here"
    SEQUENCE = "sequence"
    PAGE = "page"
    GALLERY = "gallery"
    FOLDER = "folder"
    TITLE = "title"
    UPLOADER = "uploader"


BASE: Final = {
    Signal.SEQUENCE_HERE: 0.75,
    Signal.SEQUENCE: 0.6,
    Signal.PAGE: 0.5,
    Signal.GALLERY: 0.25,
    Signal.FOLDER: 0.2,
    Signal.TITLE: 0.25,
    Signal.UPLOADER: 0.3,
}
"""Strength where nothing weakens it."""
REACH: Final = {Signal.SEQUENCE_HERE: 6.0, Signal.SEQUENCE: 6.0, Signal.PAGE: 3.0}
"""Positions apart at which it is half as strong as side by side, less one."""

WORDS: Final = {
    Signal.NEAR_DUPLICATE: NEAR_DUPLICATE,
    Signal.SEQUENCE_HERE: SEQUENCE_HERE,
    Signal.SEQUENCE: SEQUENCE,
    Signal.PAGE: PAGE,
    Signal.GALLERY: GALLERY,
    Signal.FOLDER: FOLDER,
    Signal.TITLE: TITLE,
    Signal.UPLOADER: UPLOADER,
}
"""Each reason in words; ``count`` is how many known media share it."""

REASONS: Final = {
    Signal.NEAR_DUPLICATE: LinkReason.NEAR_DUPLICATE,
    Signal.SEQUENCE_HERE: LinkReason.SEQUENCE,
    Signal.SEQUENCE: LinkReason.SEQUENCE,
    Signal.PAGE: LinkReason.PAGE,
    Signal.GALLERY: LinkReason.PAGE,
    Signal.FOLDER: LinkReason.SOURCE,
    Signal.TITLE: LinkReason.SOURCE,
    Signal.UPLOADER: LinkReason.SOURCE,
}
"""The reason of a link that an accepted suggestion makes."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One signal between two media: ``gap`` in positions, numbers or bits; ``count`` media share it, both included."""

    signal: Signal
    gap: int = 0
    count: int = 2

    @property
    def strength(self) -> float:
        """0 to 1, by the laws of this module."""
        if self.signal is Signal.NEAR_DUPLICATE:
            return 0.0 if self.gap > NEAR_BITS else 0.95 - 0.25 * self.gap / NEAR_BITS
        reach = REACH.get(self.signal)
        apart = 1.0 if reach is None else 1 / (1 + max(0, self.gap - 1) / reach)
        return BASE[self.signal] * apart * rarity(self.count)

    def in_words(self) -> Message:
        """The reason as a sentence."""
        declared, given = WORDS[self.signal], {"gap": self.gap, "count": self.count}
        return declared.of(**{name: given[name] for name in declared.placeholders})

    def as_json(self) -> dict[str, object]:
        """For the database; ``from_json`` reads it."""
        return {"signal": self.signal.value, "gap": self.gap, "count": self.count}


def from_json(values: Iterable[dict[str, object]]) -> list[Evidence]:
    """Evidence as it was kept, strongest first."""
    found = [Evidence(Signal(str(v["signal"])), int(str(v["gap"])), int(str(v["count"]))) for v in values]
    return sorted(found, key=lambda each: -each.strength)


def rarity(count: int) -> float:
    """1 up to a dozen media that share a trace, then falling with their root, 0 beyond ``COMMON``."""
    if count > COMMON:
        return 0.0
    return 1.0 if count <= RARE else float((RARE / count) ** 0.5)


def combined(evidence: Iterable[Evidence], *, same_stem: bool | None = None) -> float:
    """The strength of all signals together, at most ``MOST``.

    ``same_stem`` False says that both files are numbered and in different sequences: then standing on one page, in one
    gallery or folder is as likely to be a mixed gallery, and counts half. Of a page and its gallery one counts.
    """
    missed, sequence = 1.0, 0.0
    for each in evidence:
        strength = each.strength
        if each.signal in (Signal.PAGE, Signal.GALLERY):
            sequence = max(sequence, strength)
        elif each.signal is Signal.FOLDER and same_stem is False:
            missed *= 1 - strength / 2
        else:
            missed *= 1 - strength
    missed *= 1 - (sequence / 2 if same_stem is False else sequence)
    return min(MOST, 1 - missed)


def families_of(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Numbers below ``count``, each in one family: with all that pairs lead to from it, directly or through others."""
    family = {number: [number] for number in range(count)}
    for first, second in pairs:
        joined, other = family[first], family[second]
        if joined is not other:
            joined += other
            family.update(dict.fromkeys(other, joined))
    return [each for number, each in family.items() if each[0] == number]
