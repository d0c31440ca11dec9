"""Which hits count, and what suppresses them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orbweaver.fingerprints.result import Place

HITS_PER_FILM = 8
FRAME_HITS = 64
"""Matches of one sighting with frames of a film that are kept, and with frames of all films."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that a look-up found: ``distance`` in bits (0 for exact kinds), ``transform`` 0-7 (0: as it is).

    ``place``: which picture of the file is nearest; None where its bytes as a whole matched.
    """

    entry_id: int
    kind: str
    distance: int = 0
    transform: int = 0
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class ListTerms:
    """What matters of the list that an entry is on: ``radius`` of None means the installation's."""

    known_good: bool
    radius: int | None
    searchable: bool


def counting_hits(hits: Sequence[Hit], terms: dict[int, ListTerms], default_radius: int) -> list[Hit]:
    """The hits that are suspected matches: on a list of known material, not withdrawn, within the list's radius."""
    return [
        hit
        for hit in hits
        if (found := terms.get(hit.entry_id)) is not None
        and found.searchable
        and not found.known_good
        and (hit.kind != "pdq" or hit.distance <= (default_radius if found.radius is None else found.radius))
    ]


def is_known_good(hits: Sequence[Hit], terms: dict[int, ListTerms]) -> bool:
    """Whether a "known good" entry suppresses: by the SHA-256 of the same bytes alone, never within a radius."""
    return any(
        hit.kind == "sha256"
        and (found := terms.get(hit.entry_id)) is not None
        and found.known_good
        and found.searchable
        for hit in hits
    )


def is_one_film(alike: int, one: int, other: int) -> bool:
    """Whether two films of ``one`` and ``other`` pictures, ``alike`` of which are near in both, are one: more than half
    of the shorter."""
    return 2 * alike > min(one, other)


def frames_agree(alike: int, one: int, other: int) -> bool:
    """Whether pictures that two films share say that they are one. One alone may be what a service puts before all."""
    return alike > 1 and is_one_film(alike, one, other)


def bounded_by_film(hits: Sequence[Hit], films: Mapping[int, int | None]) -> list[Hit]:
    """The hits that are kept: of those on frames of films the nearest ``HITS_PER_FILM`` of each, ``FRAME_HITS`` in all.

    ``films``: entry → the film whose frame it is, None where it is none. A copy of a film hits all of its frames, and
    those of each copy that is on the list.
    """
    kept = [hit for hit in hits if films.get(hit.entry_id) is None]
    counted: Counter[int] = Counter()
    frames = []
    for hit in sorted(hits, key=lambda each: (each.distance, each.entry_id)):
        film = films.get(hit.entry_id)
        if film is not None and counted[film] < HITS_PER_FILM:
            counted[film] += 1
            frames.append(hit)
    return kept + frames[:FRAME_HITS]
