"""What a filter is told of one file: known, a possible match that a person should look at, or nothing.

One frame of a film is no verdict: what a service puts before all its films may be on the list without anybody knowing.
Only several that agree say what a film is (``rules.frames_agree``); until then its matches are possible ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import gravity
from orbweaver.detect.matching.index import pictures_of
from orbweaver.detect.matching.rules import EntryHit, frames_agree
from orbweaver.detect.matching.selectors import marks_of
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.fingerprints import Fingerprints
from orbweaver.index.bruteforce import scan_numpy

NO_KNOWN_MATCH: Final = "no-known-match"
Matches = Sequence[tuple[EntryHit, HashListEntry]]


@dataclass(frozen=True, slots=True)
class Told:
    """``classification`` is that of the gravest match that counts; ``match_type`` is exact, near or None.

    ``exact``: the bytes themselves are on a list, whichever match is the gravest. ``near`` with ``no-known-match`` is a
    possible match: frames of films alone, which do not agree, or pieces of a picture alone.
    """

    classification: str = NO_KNOWN_MATCH
    match_type: str | None = None
    distance: int = 0
    """In bits, of that match."""
    needs_a_look: bool = False
    """All that counts is disputed, on a list that allows no more, or on the own list by too few analysts."""
    graver_to_look_at: str | None = None
    """The classification of a graver match that a person should look at first, beside one on which a filter may act."""

    @property
    def is_possible(self) -> bool:
        """Whether a person should look, and no filter act."""
        return self.match_type is not None and self.classification == NO_KNOWN_MATCH


def what_to_tell(prints: Fingerprints, matches: Matches) -> Told:
    """Of a file with these matches, in the order of ``selectors.known_matches``."""
    if not matches:
        return Told()
    counting = [each for each in matches if _counts(prints, *each)]
    if not counting:
        return Told(match_type="near", distance=min(hit.distance for hit, _ in matches))
    hit, entry = counting[0]
    exact = hit.is_exact or any(other.is_exact and not marks_of(other, found) for other, found in counting)
    kind, needs_a_look = "exact" if exact else "near", marks_of(hit, entry) != ""
    return Told(entry.classification, kind, hit.distance, needs_a_look, _graver(entry, counting))


def _counts(prints: Fingerprints, hit: EntryHit, entry: HashListEntry) -> bool:
    """Whether a match says what the file is: no piece does (R28), and no single frame of a film."""
    return not hit.is_derived and (not hit.is_frame or _agrees(prints, hit, entry))


def _graver(first: HashListEntry, counting: Matches) -> str | None:
    """The gravest classification among them, if it is graver than that of the first."""
    gravest = min((entry.classification for _, entry in counting), key=gravity)
    return gravest if gravity(gravest) < gravity(first.classification) else None


def _agrees(prints: Fingerprints, hit: EntryHit, film: HashListEntry) -> bool:
    """Whether the file has enough frames of a film on a list to be a copy or a part of it."""
    pictures = pictures_of(prints, MatchingSettings.current().match_quality_floor)
    hit_ones = {each.hash_id for each in hit.hits}
    if len(hit_ones) < 2 or len(pictures) < 2:
        return False
    frames = [each for each in film.live_hashes if each.is_frame and each.kind == "pdq"]
    theirs = sorted({bytes(each.value) for each in frames if each.pk in hit_ones})
    alike = min(len(theirs), _pictures_near(theirs, pictures))
    return frames_agree(alike, len(pictures), len(frames))


def _pictures_near(frames: Sequence[bytes], pictures: Sequence[tuple[bytes, ...]]) -> int:
    """How many pictures of a file, turned or mirrored, are near one of these frames."""
    owners = [number for number, turned in enumerate(pictures) for _ in turned]
    every = _array([pdq for turned in pictures for pdq in turned])
    found, _near, _distances = scan_numpy(_array(frames), every, MatchingSettings.current().match_radius)
    return len({owners[row] for row in found.tolist()})


def _array(values: Sequence[bytes]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(values), np.uint64).reshape(-1, 4)
