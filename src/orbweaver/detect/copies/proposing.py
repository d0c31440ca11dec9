"""Which references may be in a picture: a vocabulary tree over binary points, with marks beside the words.

A word is the nearest of some thousand points that were drawn from the references themselves, found through roots. Each
entry keeps 64 of its point's bits, so that a query's point votes only for points that are near it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies import kernels
from orbweaver.detect.copies.points import FACTOR, Points

ROOTS = 128
LEAVES = 65_536
"""Words at most. A small collection has one for each ``POINTS_A_WORD`` points."""
POINTS_A_WORD = 24
SAMPLE = 400_000
"""Points that the vocabulary is drawn from."""
PROBES = 6
"""Words that a query's point is looked for in."""
RADIUS = 9
"""Bits of 64 by which a mark may differ. Measured among 8,000 references: with 17 there are many times as many votes,
and crops that keep a tenth are proposed in 48 % in place of 70."""
ROOM = 1 << 16
"""Votes that there is room for at first."""
CLOSER = 2048
"""References that are looked at closer: those with the most votes."""
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


def vocabulary_of(bits: Bits) -> Vocabulary:
    """A vocabulary drawn from the points of references, the same for the same points."""
    rng = np.random.default_rng(SEED)
    count = max(1, min(LEAVES, len(bits) // POINTS_A_WORD))
    sample = bits[rng.choice(len(bits), min(len(bits), SAMPLE), replace=False)]
    roots = sample[: max(1, min(ROOTS, count // 8))]
    drawn = np.ascontiguousarray(sample[-count:])
    columns = as_columns(roots)
    flat = Vocabulary(columns, columns, np.arange(len(roots) + 1))
    owners = flat.words(drawn, 1)[:, 0]
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(len(roots) + 1))
    return Vocabulary(columns, as_columns(drawn[order]), starts.astype(np.int64))


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


class Proposer:
    """An inverted file over the points of many references. It never changes; a new one is made."""

    def __init__(
        self, bits: Bits, poses: npt.NDArray[np.uint8], owners: npt.NDArray[np.uint32], references: int
    ) -> None:
        """``bits`` uint64[n, 4], ``poses`` uint8[n] and ``owners``, the reference of each."""
        self.references = references
        self.vocabulary = vocabulary_of(bits) if len(bits) else None
        if self.vocabulary is None:
            return
        words = self.vocabulary.words(bits, 1)[:, 0]
        order = np.argsort(words, kind="stable")
        self._marks = np.ascontiguousarray(bits[order, 0])
        self._entries = owners[order].astype(np.uint32) << 8 | poses[order]
        self._starts = np.searchsorted(words[order], np.arange(self.vocabulary.leaves.shape[1] + 1)).astype(np.int64)
        self._totals = np.zeros(references, np.float32)
        self._place = np.full(references, -1, np.int32)
        self._votes = _room(ROOM)

    @classmethod
    def of(cls, references: Sequence[Points]) -> Proposer:
        """From the points of each reference."""
        counts = [len(points.bits) for points in references]
        owners = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
        bits = np.concatenate([points.bits for points in references]) if counts else np.zeros((0, 32), np.uint8)
        poses = np.concatenate([poses_of(points) for points in references]) if counts else np.zeros(0, np.uint8)
        return cls(as_words(bits), poses, owners, len(counts))

    def propose(self, points: Points, most: int) -> list[int]:
        """The references with the highest scores, highest first, at most ``most``."""
        if self.vocabulary is None or not len(points.bits):
            return []
        count = self._voted(points)
        chosen = np.flatnonzero(self._totals)
        if len(chosen) > CLOSER:  # most references get a vote or two by chance; those are not looked at closer
            chosen = chosen[np.argpartition(-self._totals[chosen], CLOSER)[:CLOSER]]
        self._place[chosen] = np.arange(len(chosen))
        scores = np.zeros((len(chosen), BINS), np.float32)
        lately = np.full((len(chosen), BINS), -1, np.int16)
        kernels.collect(*self._votes, count, self._place, scores, lately)
        self._place[chosen] = -1
        self._totals[:] = 0.0
        order = np.argsort(-scores.max(axis=1), kind="stable")[:most]
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
