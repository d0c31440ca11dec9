"""Comparing every query with every entry in plain NumPy: the rule that all faster ways must agree with.

It also serves small indexes and the tail of fresh entries, where loading a kernel costs more than it saves.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.checks import Rows, Words

BLOCK_PAIRS = 1 << 18
"""Pairs compared at once, so that the intermediate arrays stay in the cache (a few MiB)."""


def scan_numpy(entries: Words, queries: Words, radius: int) -> tuple[Rows, Rows, NDArray[np.int64]]:
    """All pairs within ``radius`` bits: (query index, entry row, distance), each int64[k]."""
    found: list[tuple[Rows, Rows, NDArray[np.int64]]] = []
    step = max(1, BLOCK_PAIRS // max(1, len(entries)))
    corners = product(range(0, len(queries), step), range(0, len(entries), BLOCK_PAIRS))
    for start, first in corners:
        block, part = queries[start : start + step], entries[first : first + BLOCK_PAIRS]
        distance = np.bitwise_count(block[:, None, 0] ^ part[None, :, 0])
        distance += np.bitwise_count(block[:, None, 1] ^ part[None, :, 1])
        query, row = np.nonzero(distance <= radius)  # half of the bits rule out nearly all pairs
        rest = np.bitwise_count(block[query, 2:] ^ part[row, 2:]).sum(axis=1, dtype=np.int64)
        total = distance[query, row] + rest
        near = total <= radius
        found.append((query[near] + start, row[near] + first, total[near]))
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    query, row, distances = (np.concatenate(column) for column in zip(*found, strict=True))
    return query, row, distances
