"""Which references may be in a picture: a vocabulary tree over binary points, with marks beside the words.

A word is the nearest of some thousand points that were drawn from the references themselves, found through roots: the
middles of what lies together. Each entry keeps 64 of its point's bits, so that a query's point votes only for points
that are near it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies import kernels
from orbweaver.detect.copies.corners import FACTOR
from orbweaver.detect.copies.points import Points

WORDS = 65_536
POINTS_A_WORD = 24
"""A small collection has a word for so many points, until there are ``WORDS``."""
MOST_WORDS = 262_144
MOST_POINTS_A_WORD = 1_000
"""A large one has a word for so many points from there on: all that lie in a word are looked at."""
ROUNDS = 4
"""Times that the roots are moved to the middle of the points that are nearest to them."""
SAMPLE_FOR_ROOTS = 60_000
SAMPLE = 400_000
"""Points that the vocabulary is drawn from."""
PROBES = 6
"""Words that a query's point is looked for in."""
RADIUS = 9
"""Bits of 64 by which a mark may differ. Measured among 8,000 references: with 17 there are many times as many votes,
and crops that keep a tenth are proposed in 48 % in place of 70."""
ROOM = 1 << 16
"""Votes that there is room for at first."""
AT_ONCE = 2000
"""References whose bits are in memory together while the file is made."""
CLOSER = 2048
"""References that are looked at closer: those with the most votes."""
STEPS = 4096
"""Of the highest number of votes: those that are alike within one are not told apart where not all are looked at."""
BINS = 256
"""Turns and growths that votes speak for: sixteen times sixteen."""
SEED = 20
SMALLEST = 0.025
"""The size of a point that counts as none, in shares of the longer side."""

Bits = npt.NDArray[np.uint64]
"""uint64[n, 4]: 256 bits a row."""


def as_words(bits: npt.NDArray[np.uint8]) -> Bits:
    """uint8[n, 32] as uint64[n, 4]."""
    return np.ascontiguousarray(bits).view(np.uint64).reshape(-1, 4)


def as_columns(bits: Bits) -> Bits:
    """uint64[n, 4] as uint64[4, n]: what is compared with many at once."""
    return np.ascontiguousarray(bits.T)


BYTES_A_POINT = 12
"""Bytes of a point in the inverted file: mark, and owner and pose in one number, so that there are 2^24 references at
most."""


def poses_of(points: Points) -> npt.NDArray[np.uint8]:
    """uint8[n]: the sixteenth of a turn in the upper four bits, the size by steps of the pyramid in the lower four."""
    turns = np.round(points.angles / 22.5).astype(np.int64) & 15
    sizes = np.round(np.log(np.maximum(points.sizes, 1e-6) / SMALLEST) / np.log(FACTOR)).astype(np.int64)
    return np.asarray(turns << 4 | np.clip(sizes, 0, 15), dtype=np.uint8)


class Vocabulary(NamedTuple):
    """Roots and, ordered by root, their leaves: uint64[4, n], a column each."""

    roots: Bits
    leaves: Bits
    starts: npt.NDArray[np.int64]

    def words(self, bits: Bits, probes: int) -> npt.NDArray[np.int64]:
        """int64[n, probes]: the nearest words, -1 where there are fewer."""
        words = np.empty((len(bits), probes), np.int64)
        kernels.words_of(bits, self.roots, self.leaves, self.starts, probes, words)
        return words


def _vocabulary_of_some(references: Sequence[Points]) -> Vocabulary | None:
    """A vocabulary drawn from so many references that they have enough points; None where they have none."""
    drawn: list[npt.NDArray[np.uint8]] = []
    points = seen = 0
    for number in np.random.default_rng(SEED).permutation(len(references)).tolist():
        drawn.append(references[number].bits)
        seen += 1
        points += len(drawn[-1])
        if points >= SAMPLE:
            break
    if not points:
        return None
    return vocabulary_of(as_words(np.concatenate(drawn)), round(points / seen * len(references)))


def vocabulary_of(bits: Bits, points: int) -> Vocabulary:
    """A vocabulary drawn from some points of references, the same for the same ones; ``points``: of all references."""
    rng = np.random.default_rng(SEED)
    sample = bits[rng.choice(len(bits), min(len(bits), SAMPLE), replace=False)]
    wanted = max(min(WORDS, points // POINTS_A_WORD), min(MOST_WORDS, points // MOST_POINTS_A_WORD))
    count = max(1, min(len(sample), wanted))
    roots = _middles(sample[:SAMPLE_FOR_ROOTS], max(1, min(round((3 * count) ** 0.5), count // 8)))
    drawn = np.ascontiguousarray(sample[-count:])
    owners = _nearest(drawn, roots)
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(len(roots) + 1))
    return Vocabulary(as_columns(roots), as_columns(drawn[order]), starts.astype(np.int64))


def _middles(bits: Bits, count: int) -> Bits:
    """The middles of so many groups that the points fall into: each bit is as most of the group have it. Measured with
    65,536 words: a point with 32 of its bits changed is found in 51 of 100 words, and in 41 with points that are drawn,
    which share the points out so unevenly that twice as many words are compared."""
    middles = bits[:count]
    each = np.unpackbits(bits.view(np.uint8), axis=1)
    for _ in range(ROUNDS):
        owners = _nearest(bits, middles)
        order = np.argsort(owners, kind="stable")
        there, first = np.unique(owners[order], return_index=True)
        sizes = np.diff(np.r_[first, len(order)])
        sums = np.add.reduceat(each[order], first, axis=0, dtype=np.int32)
        middles = middles.copy()
        middles[there] = as_words(np.packbits(2 * sums > sizes[:, None], axis=1))
    return middles


def _nearest(bits: Bits, roots: Bits) -> npt.NDArray[np.int64]:
    """int64[n]: the nearest root of each."""
    columns = as_columns(roots)
    return Vocabulary(columns, columns, np.arange(len(roots) + 1)).words(bits, 1)[:, 0]


class Votes(NamedTuple):
    """Votes as they were given, of a length each."""

    who: npt.NDArray[Any]
    """uint32: for which reference."""
    point: npt.NDArray[Any]
    """int32: by which point of the query."""
    bins: npt.NDArray[Any]
    """uint8: for which turn and growth."""
    worths: npt.NDArray[Any]
    """float32."""


class _Part(NamedTuple):
    """Points of some references, as the inverted file has them, of a length each."""

    words: npt.NDArray[np.uint32]
    marks: npt.NDArray[np.uint64]
    entries: npt.NDArray[np.uint32]


class _Tables(NamedTuple):
    """Of the references that are looked at closer, a row each. All is as ``of`` makes it before and after a query."""

    chosen: npt.NDArray[Any]
    """int64[n]: their numbers."""
    scores: npt.NDArray[Any]
    """float32[n, BINS]."""
    lately: npt.NDArray[Any]
    """int16[n, BINS]: by which point each was voted for last."""
    best: npt.NDArray[Any]
    """float32[n]: the highest score of each row."""

    @classmethod
    def of(cls, rows: int) -> _Tables:
        """Room for so many rows."""
        return cls(
            np.empty(rows, np.int64),
            np.zeros((rows, BINS), np.float32),
            np.full((rows, BINS), -1, np.int16),
            np.zeros(rows, np.float32),
        )


class Proposer:
    """An inverted file over the points of many references. It never changes; a new one is made."""

    def __init__(self, references: Sequence[Points]) -> None:
        """From the points of each reference, which are asked for one after the other: the bits of all are never in
        memory together."""
        self.vocabulary = _vocabulary_of_some(references)
        if self.vocabulary is None:
            return
        words = self.vocabulary.leaves.shape[1]
        parts = [
            self._part(references, first, min(first + AT_ONCE, len(references)))
            for first in range(0, len(references), AT_ONCE)
        ]
        counts = np.zeros(words, np.int64)
        for part in parts:
            counts += np.bincount(part.words, minlength=words)
        self._starts = np.r_[0, np.cumsum(counts)].astype(np.int64)
        self._marks = np.empty(self._starts[-1], np.uint64)
        self._entries = np.empty(self._starts[-1], np.uint32)
        free = self._starts[:-1].copy()
        while parts:  # each is let go once it is in its place
            kernels.put_in_order(*parts.pop(0), free, self._marks, self._entries)
        self._totals = np.zeros(len(references), np.float32)
        self._place = np.full(len(references), -1, np.int32)
        self._votes = _room(ROOM)
        self._steps = np.zeros(STEPS, np.int64)
        self._tables = _Tables.of(min(CLOSER, len(references)))

    def _part(self, references: Sequence[Points], first: int, end: int) -> _Part:
        assert self.vocabulary is not None
        some = [references[number] for number in range(first, end)]
        owners = np.repeat(np.arange(first, end, dtype=np.uint32), [len(points.bits) for points in some])
        bits = as_words(np.concatenate([points.bits for points in some]))
        poses = np.concatenate([poses_of(points) for points in some])
        words = self.vocabulary.words(bits, 1)[:, 0]
        in_one = words >= 0  # a root may have no word
        entries = owners << np.uint32(8) | poses
        return _Part(words[in_one].astype(np.uint32), bits[in_one, 0], entries[in_one])

    def propose(self, points: Points, most: int) -> list[int]:
        """The references with the highest scores, highest first, at most ``most``."""
        if self.vocabulary is None or not len(points.bits):
            return []
        count = self._voted(points)
        # Most references get a vote or two by chance; those are not looked at closer.
        found = int(kernels.strongest(self._votes.who, count, self._totals, self._steps, self._tables.chosen))
        chosen, best = np.sort(self._tables.chosen[:found]), self._tables.best[:found]
        tables = (self._place, self._tables.scores, self._tables.lately)
        self._place[chosen] = np.arange(found)
        kernels.collect(*self._votes, count, *tables, self._tables.best)
        kernels.forget(self._votes.who, self._votes.bins, count, *tables)
        self._place[chosen] = -1
        order = np.argsort(-best, kind="stable")[:most]
        best[:] = 0.0
        return [int(at) for at in chosen[order]]

    def _voted(self, points: Points) -> int:
        """Have the points vote; how many votes there are. Room is made for as many."""
        assert self.vocabulary is not None
        bits, poses = as_words(points.bits), poses_of(points)
        words = self.vocabulary.words(bits, PROBES)
        lists = (self._starts, self._marks, self._entries)
        while (count := kernels.votes_of(bits, poses, words, *lists, RADIUS, *self._votes, self._totals)) < 0:
            self._votes = _room(2 * len(self._votes.who))
            self._totals[:] = 0.0
        return int(count)


def _room(votes: int) -> Votes:
    """Room for so many votes."""
    kinds = (np.uint32, np.int32, np.uint8, np.float32)
    return Votes(*(np.empty(votes, kind) for kind in kinds))
