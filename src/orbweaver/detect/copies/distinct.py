"""Which frames of held films are theirs alone: what unrelated films share proves nothing, such as titles. Pure.

Two films that share more than half of the shorter one are copies of one another, and share nothing in this sense. Of
other films, what lies near an end of both is taken for a title, and what is in three or more wherever it lies. A clip
of one film in the middle of another stays: it is what is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.copies.film_index import FilmIndex, Rows
from orbweaver.detect.copies.filmed import Filmed

A_SECOND: Final = 2.0
"""Frames of a second of each film that are looked up."""
AROUND_S: Final = 0.75
"""Seconds around a shared frame that are shared with it."""
ENDS_S: Final = 12.0
"""Seconds of the beginning and of the end of a film in which titles lie."""
OTHERS: Final = 2
"""Unrelated films that have a frame too, from which it is shared wherever it lies."""


def with_own_frames(films: Sequence[Filmed], index: FilmIndex) -> list[Filmed]:
    """The films, in which frames that unrelated ones share no longer count; ``index`` is that of these films."""
    sampled = [sample(film) for film in films]
    near = [index.near(film.words[rows]) for film, rows in zip(films, sampled, strict=True)]
    alike = np.zeros((len(films), len(films)), np.int64)
    for number, (rows, others, _) in enumerate(near):
        pairs = np.unique(np.stack([rows, others]), axis=1)
        np.add.at(alike[number], pairs[1], 1)
    lengths = np.array([len(rows) for rows in sampled], np.int64)
    shorter = np.minimum(lengths[:, None], lengths[None, :])
    related = 2 * np.maximum(alike, alike.T) > shorter
    return [
        film._replace(
            counts=film.counts & ~_shared(film, number, sampled[number], near[number], films, related[number])
        )
        for number, film in enumerate(films)
    ]


def sample(film: Filmed) -> Rows:
    """The frames of a film that are looked up: those that count, ``A_SECOND`` of them."""
    ticks = np.floor(film.times * A_SECOND + 1e-6)
    rows = np.flatnonzero(np.diff(ticks, prepend=-1.0) > 0)
    return rows[film.counts[rows]]


def _shared(
    film: Filmed,
    number: int,
    rows: Rows,
    near: tuple[Rows, Rows, Rows],
    films: Sequence[Filmed],
    related: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """bool[n]: the frames of one film that unrelated ones have too."""
    at, others, frames = near
    strange = ~related[others] & (others != number)
    at, others, frames = at[strange], others[strange], frames[strange]
    there = np.array(
        [_at_an_end(films[other], frame) for other, frame in zip(others.tolist(), frames.tolist(), strict=True)],
        np.bool_,
    )
    here = np.array([_at_an_end(film, int(rows[row])) for row in at.tolist()], np.bool_)
    titles = at[here & there]
    pairs = np.unique(np.stack([at, others]), axis=1)
    often = np.flatnonzero(np.bincount(pairs[0], minlength=len(rows)) >= OTHERS)
    shared = np.zeros(len(film.times), np.bool_)
    for row in np.union1d(titles, often).tolist():
        shared |= np.abs(film.times - film.times[rows[row]]) <= AROUND_S
    return shared


def _at_an_end(film: Filmed, frame: int) -> bool:
    return bool(min(film.times[frame], film.length_s - film.times[frame]) <= ENDS_S)
