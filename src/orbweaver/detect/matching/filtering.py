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
from orbweaver.detect.hashlists.services import OWN_LIST
from orbweaver.detect.matching.index import pictures_of
from orbweaver.detect.matching.rules import Hit, frames_agree
from orbweaver.detect.matching.selectors import marks_of
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.models import MediaFrame
from orbweaver.fingerprints import Fingerprints
from orbweaver.index.bruteforce import scan_numpy

NO_KNOWN_MATCH: Final = "no-known-match"
Matches = Sequence[tuple[Hit, HashListEntry]]


@dataclass(frozen=True, slots=True)
class Told:
    """``classification`` is that of the gravest match that counts; ``match_type`` is exact, near or None.

    ``exact``: the bytes themselves are on a list, whichever match is the gravest. ``near`` with ``no-known-match`` is a
    possible match: frames of films alone, which do not agree.
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
    agreeing = _films_that_agree(prints, matches)
    counting = [each for each in matches if each[1].frame_of_id is None or each[1].frame_of_id in agreeing]
    if not counting:
        return Told(match_type="near", distance=min(hit.distance for hit, _ in matches))
    hit, entry = counting[0]
    exact = hit.kind != "pdq" or any(other.kind != "pdq" and not marks_of(found) for other, found in counting)
    kind, needs_a_look = "exact" if exact else "near", marks_of(entry) != ""
    return Told(entry.classification, kind, hit.distance, needs_a_look, _graver(entry, counting))


def _graver(first: HashListEntry, counting: Matches) -> str | None:
    """The gravest classification among them, if it is graver than that of the first."""
    gravest = min((entry.classification for _, entry in counting), key=gravity)
    return gravest if gravity(gravest) < gravity(first.classification) else None


def _films_that_agree(prints: Fingerprints, matches: Matches) -> set[int]:
    """The films on the own list of which the file has enough frames to be a copy or a part of them."""
    frames = {bytes(entry.value) for _, entry in matches if entry.frame_of_id is not None}
    films = {entry.frame_of_id for _, entry in matches if entry.frame_of_id is not None}
    pictures = pictures_of(prints, MatchingSettings.current().match_quality_floor)
    if len(frames) < 2 or len(pictures) < 2:
        return set()
    return {film for film in films if _agrees(film, frames, pictures)}


def _agrees(film: int, hit: set[bytes], pictures: Sequence[tuple[bytes, ...]]) -> bool:
    """By its listed frames, whichever film they were listed for first: a copy has most of its frames from the other."""
    own = {bytes(pdq) for pdq in MediaFrame.objects.filter(media=film).values_list("pdq", flat=True)}
    entries = HashListEntry.objects.filter(hash_list__name=OWN_LIST, kind="pdq", value__in=list(own))
    listed = entries.exclude(state=HashListEntry.State.WITHDRAWN).count()
    theirs = sorted(hit & own)
    alike = min(len(theirs), _pictures_near(theirs, pictures))
    return frames_agree(alike, len(pictures), listed)


def _pictures_near(frames: Sequence[bytes], pictures: Sequence[tuple[bytes, ...]]) -> int:
    """How many pictures of a file, turned or mirrored, are near one of these frames."""
    owners = [number for number, turned in enumerate(pictures) for _ in turned]
    every = _array([pdq for turned in pictures for pdq in turned])
    found, _near, _distances = scan_numpy(_array(frames), every, MatchingSettings.current().match_radius)
    return len({owners[row] for row in found.tolist()})


def _array(values: Sequence[bytes]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(values), np.uint64).reshape(-1, 4)
