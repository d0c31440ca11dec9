"""Frames of many films, ready to be searched: which of them a film's frames are near. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.copies import lines
from orbweaver.detect.copies.filmed import Filmed
from orbweaver.detect.copies.segments import Proposal
from orbweaver.index import HammingIndex

RADIUS: Final = 31
STILL_BITS: Final = 4
"""A frame that differs by no more bits from the one kept before it in its film is not kept: of a still scene a few."""
STILL_FRAMES: Final = 20
"""Frames after which one is kept nevertheless: two seconds."""
FRAME_BITS: Final = 20
"""Bits of an entry's number that hold the frame; the film is above them. A million frames are 29 hours."""
A_SECOND: Final = 5.0
"""Frames of a second of the query that are looked up …"""
MOST: Final = 4_000
"""… and of all of it: of an hour one in 0.9 seconds."""
NEAREST: Final = 4
"""Frames of one film that one frame proposes at most."""
COMMON: Final = 12
"""Films that may have a frame before it is one that unrelated films share, and proposes nothing …"""
COMMON_SHARE: Final = 0.02
"""… or this share of all, where that is more."""

Rows: TypeAlias = NDArray[np.int64]


class FilmIndex:
    """Searches the frames of films by their numbers."""

    def __init__(self, frames: HammingIndex, films: int) -> None:
        self._frames = frames
        self._films = films

    @classmethod
    def build(cls, path: Path, films: Sequence[Filmed]) -> FilmIndex:
        """Write the index of films to ``path``; a film's number is its position. Raises IndexDiskFull."""
        kept = [distinct(film) for film in films]
        words = [film.words[rows] for film, rows in zip(films, kept, strict=True)]
        ids = [(number << FRAME_BITS) + rows for number, rows in enumerate(kept)]
        hashes = np.concatenate([*words, np.zeros((0, 4), np.uint64)]).view(np.uint8).reshape(-1, 32)
        return cls(HammingIndex.build(path, hashes, np.concatenate([*ids, np.zeros(0, np.int64)])), len(films))

    def near(self, words: NDArray[np.uint64]) -> tuple[Rows, Rows, Rows]:
        """For hashes uint64[m, 4]: row, film and frame of each pair within ``RADIUS``, int64[k] each."""
        if not len(words) or not len(self._frames):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
        found = self._frames.search(np.ascontiguousarray(words).view(np.uint8).reshape(-1, 32), RADIUS, threads=1)
        return found.query_index, *_film_and_frame(found.ids)

    def propose(self, query: Filmed, threads: int | None = 1) -> list[Proposal]:
        """The frames of films that are near frames of the query, as it is and mirrored."""
        rows = asked(query)
        if not len(rows) or not len(self._frames):
            return []
        both = np.concatenate([query.words[rows], query.mirrored[rows]])
        found = self._frames.search(both.view(np.uint8).reshape(-1, 32), RADIUS, threads=threads)
        return list(self._proposals(rows, found.query_index, found.ids, found.distances))

    def _proposals(self, rows: Rows, asked_: Rows, ids: Rows, distances: Rows) -> list[Proposal]:
        films, frames = _film_and_frame(ids)
        pair = asked_ * self._films + films
        order = np.lexsort((distances, pair))
        begins = np.flatnonzero(np.diff(pair[order], prepend=-1))
        rank = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
        spread = np.bincount(asked_[order[begins]], minlength=2 * len(rows))
        common = spread > max(COMMON, COMMON_SHARE * self._films)
        kept = order[(rank < NEAREST) & ~common[asked_[order]]]
        return [
            Proposal(int(rows[at % len(rows)]), film, frame, at >= len(rows), distance)
            for at, film, frame, distance in zip(
                *(each[kept].tolist() for each in (asked_, films, frames, distances)), strict=True
            )
        ]


def _film_and_frame(ids: Rows) -> tuple[Rows, Rows]:
    return ids >> FRAME_BITS, ids & ((1 << FRAME_BITS) - 1)


def distinct(film: Filmed) -> Rows:
    """The frames of a film that count, without those of a still scene but one in a while."""
    rows = np.flatnonzero(film.counts)
    kept = np.empty(len(rows), np.int64)
    return kept[: lines.without_still(film.words, rows, STILL_BITS, STILL_FRAMES, kept)]


def asked(query: Filmed) -> Rows:
    """The frames of a query that are looked up: evenly, ``A_SECOND`` or as many as ``MOST`` allows."""
    rate = min(A_SECOND, MOST / max(query.length_s, 1e-6))
    ticks = np.floor(query.times * rate + 1e-6)
    rows = np.flatnonzero(np.diff(ticks, prepend=-1.0) > 0)
    return rows[query.counts[rows]]
