"""Held films, searched: the sources of a film with times in both, and the moment of a film that a still shows. Pure.

A still is looked up among the frames within the usual radius, in its eight turns. One out of a hand-held film may lie
between two frames that are kept, 40 bits from both: where nothing is nearer, all frames are compared within a wider
radius, and what is found counts where its small picture agrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.copies.distinct import with_own_frames
from orbweaver.detect.copies.film_index import FilmIndex
from orbweaver.detect.copies.filmed import Filmed, agreement
from orbweaver.detect.copies.segments import Segment, find_segments
from orbweaver.index.searching import search_words

WIDER: Final = 48
"""Bits within which a still is compared with every frame."""
STILL_PIXELS: Final = 0.85
"""Correlation of the small pictures of a still and of a frame that show the same."""
LOOKED_AT: Final = 40
"""Frames whose small pictures are compared with that of a still, the nearest ones."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame of a held film that a still shows."""

    reference: int
    """Number of the film."""
    time_s: float
    mirrored: bool
    distance: int
    """In bits."""
    pixels: float
    """Correlation of the small pictures, -1 to 1."""


class HeldFilms:
    """Films by their numbers. Built once; queries do not change it."""

    def __init__(self, names: Sequence[str], films: Sequence[Filmed], folder: Path) -> None:
        """``folder`` takes the index. Raises IndexDiskFull."""
        self.names = list(names)
        every = FilmIndex.build(folder / "every-frame", films)
        self.films = with_own_frames(films, every)
        self._index = FilmIndex.build(folder / "own-frames", self.films)
        self._rows = [np.flatnonzero(film.counts) for film in self.films]

    def segments(self, query: Filmed) -> list[Segment]:
        """The sources of a film, by their time in it."""
        return find_segments(query, self.films, self._index.propose(query))

    def moments(self, still: Filmed) -> list[Moment]:
        """Of each film the frame that a still shows, the nearest film first. ``still`` is a film of one frame."""
        if not len(still.times) or not still.counts[0]:
            return []
        best: dict[int, Moment] = {}
        for mirrored, words in ((False, still.words), (True, still.mirrored)):
            thumb = still.thumbs[0][:, ::-1] if mirrored else still.thumbs[0]
            for found in self._alike(words[:1], thumb, mirrored):
                if found.reference not in best or found.distance < best[found.reference].distance:
                    best[found.reference] = found
        return sorted(best.values(), key=lambda each: (each.distance, each.reference))

    def _alike(self, words: NDArray[np.uint64], thumb: NDArray[np.uint8], mirrored: bool) -> list[Moment]:
        _, films, frames = self._index.near(words)
        pairs = list(zip(films.tolist(), frames.tolist(), strict=True)) or self._within_wider(words)
        pairs.sort(key=lambda each: self._bits(words, *each))
        found = []
        for film, frame in pairs[:LOOKED_AT]:
            held = self.films[film]
            pixels = float(agreement(thumb[None], held.thumbs[frame : frame + 1])[0])
            if pixels >= STILL_PIXELS:
                found.append(Moment(film, float(held.times[frame]), mirrored, self._bits(words, film, frame), pixels))
        return found

    def _bits(self, words: NDArray[np.uint64], film: int, frame: int) -> int:
        return int(np.bitwise_count(words[0] ^ self.films[film].words[frame]).sum())

    def _within_wider(self, words: NDArray[np.uint64]) -> list[tuple[int, int]]:
        pairs: list[tuple[int, int]] = []
        for number, (film, rows) in enumerate(zip(self.films, self._rows, strict=True)):
            _, at, _ = search_words(film.words[rows], words, WIDER, 1)
            pairs += [(number, int(row)) for row in rows[at]]
        return pairs


def as_json(segment: Segment, names: Sequence[str]) -> dict[str, Any]:
    """A segment as programs read it, times to hundredths of a second."""
    times = ("query_start", "query_end", "reference_start", "reference_end")
    return {
        "reference": names[segment.reference],
        **{name: round(getattr(segment, name), 2) for name in times},
        "mirrored": segment.mirrored,
        "speed": round(segment.speed, 3),
    }
