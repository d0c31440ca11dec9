"""Which references may be in a picture: a vocabulary tree over binary points, with marks beside the words.

A word is the nearest of some thousand points that were drawn from the references themselves, found through roots. Each
entry keeps 64 of its point's bits, so that a query's point votes only for points that are near it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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
PROBES = 5
"""Words that a query's point is looked for in."""
RADIUS = 17
"""Bits of 64 by which a mark may differ."""
SEED = 20
SMALLEST = 0.025
"""The size of a point that counts as none, in shares of the longer side."""

Bits = npt.NDArray[np.uint64]
"""uint64[n, 4]: 256 bits a row."""


def as_words(bits: npt.NDArray[np.uint8]) -> Bits:
    """uint8[n, 32] as uint64[n, 4]."""
    return np.ascontiguousarray(bits).view(np.uint64).reshape(-1, 4)


BYTES_A_POINT = 13
"""Bytes of a point in the inverted file: mark, owner and pose."""


def poses_of(points: Points) -> npt.NDArray[np.uint8]:
    """uint8[n]: the sixteenth of a turn in the upper four bits, the size by steps of the pyramid in the lower four."""
    turns = np.round(points.angles / 22.5).astype(np.int64) & 15
    sizes = np.round(np.log(np.maximum(points.sizes, 1e-6) / SMALLEST) / np.log(FACTOR)).astype(np.int64)
    return np.asarray(turns << 4 | np.clip(sizes, 0, 15), dtype=np.uint8)


class Vocabulary(NamedTuple):
    """Roots and, ordered by root, their leaves."""

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
    flat = Vocabulary(roots, roots, np.arange(len(roots) + 1))
    owners = flat.words(drawn, 1)[:, 0]
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(len(roots) + 1))
    return Vocabulary(np.ascontiguousarray(roots), np.ascontiguousarray(drawn[order]), starts.astype(np.int64))


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
        self._owners = np.ascontiguousarray(owners[order])
        self._starts = np.searchsorted(words[order], np.arange(len(self.vocabulary.leaves) + 1)).astype(np.int64)
        self._poses = np.ascontiguousarray(poses[order])
        self._scores = np.zeros((references, 32), np.float32)
        self._scores[:, 0] = -1.0
        self._touched = np.zeros(references, np.uint32)

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
        bits = as_words(points.bits)
        words = self.vocabulary.words(bits, PROBES)
        count = kernels.vote(
            bits,
            poses_of(points),
            words,
            self._starts,
            self._marks,
            self._owners,
            self._poses,
            RADIUS,
            self._scores,
            self._touched,
        )
        touched = self._touched[:count]
        scores = np.empty(count, np.float32)
        kernels.collect(self._scores, touched, count, scores)
        if count > most:
            best = np.argpartition(-scores, most)[:most]
            touched, scores = touched[best], scores[best]
        return [int(at) for at in touched[np.argsort(-scores, kind="stable")]]
