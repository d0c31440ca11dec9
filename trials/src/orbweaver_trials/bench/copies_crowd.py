"""Held pictures among many that are made up as they are asked for, so that a million need no memory of their own.

A made-up reference has points of many pictures, mixed, an eighth of the bits of each changed; so its points are as near
to those of a query as those of other pictures are, and it is nobody's rival.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import overload

import numpy as np

from orbweaver.detect.copies.embedding import BITS, TILES
from orbweaver.detect.copies.points import Packed
from orbweaver.detect.copies.references import COUNT, Reference

SEED = 20
KEPT = 4096
"""Made-up references that stay for a while: held ones lie in memory, so making them is no part of a query's time."""


class Crowd(Sequence[Reference]):
    """References by their numbers: the held ones first."""

    def __init__(self, held: Sequence[Reference], pool: Sequence[Reference], size: int) -> None:
        """``pool``: references of the pictures whose points are mixed; ``size``: of all together."""
        self.held = list(held)
        self._size = max(size, len(self.held))
        self._like = [dataclasses.replace(each, piece_hashes=(), tiles=None) for each in pool]
        self._positions = np.concatenate([each.kept.positions for each in pool])
        self._poses = np.concatenate([each.kept.poses for each in pool])
        self._bits = np.concatenate([each.kept.bits for each in pool])
        self._embedded = bool(held) and held[0].tiles is not None
        self._made_up = lru_cache(KEPT)(self._make_up)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> Reference: ...
    @overload
    def __getitem__(self, at: slice) -> list[Reference]: ...
    def __getitem__(self, at: int | slice) -> Reference | list[Reference]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(self._size))]
        if not 0 <= at < self._size:
            raise IndexError(at)
        return self.held[at] if at < len(self.held) else self._made_up(at)

    def _make_up(self, number: int) -> Reference:
        rng = np.random.default_rng((SEED, number))
        chosen = rng.integers(0, len(self._bits), COUNT)
        noise = rng.integers(0, 2**64, (3, COUNT, 4), np.uint64)
        bits = self._bits[chosen] ^ (noise[0] & noise[1] & noise[2]).view(np.uint8)
        like = self._like[number % len(self._like)]
        name = f"made up {number}"
        return dataclasses.replace(
            like,
            name=name,
            hashes=like.hashes._replace(pdq=hashlib.sha256(name.encode()).digest()),
            kept=Packed(self._positions[chosen], self._poses[chosen], bits),
            tiles=rng.integers(0, 2**64, (len(TILES), BITS // 64), np.uint64) if self._embedded else None,
        )
