"""``DigestSegment``: exact lookup of digests of one width (MD5, SHA-1, SHA-256) in one immutable file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.checks import Ids, Rows, Values
from orbweaver.index.container import Container, Section, writing
from orbweaver.index.identifiers import id_section
from orbweaver.index.rows import IdentifiedRows

KIND = "digests"
BLOCK_PAIRS = 1 << 20
"""Candidate pairs compared at once. Only digests that share their first 8 bytes make more than one a query."""


class DigestSegment(IdentifiedRows):
    """Digests sorted by their first eight bytes, so that a lookup is a binary search; several ids may share one."""

    def __init__(self, container: Container) -> None:
        super().__init__(container, len(container.arrays["heads"]))
        self._heads = container.arrays["heads"]
        self._rests = container.arrays["rests"]
        self._by_id = container.arrays["by_id"]

    @classmethod
    def build(cls, path: Path, digests: Values, ids: Ids) -> DigestSegment:
        """Write ``digests`` uint8[n, width] with ``ids`` int64[n] (each once) to ``path``, whole or not at all."""
        heads, rests = split(digests)
        order = np.argsort(heads, kind="stable")
        column, base = id_section(ids)
        placed = ids[order]
        sections = {
            "heads": Section("<u8", heads.shape),
            "rests": Section("u1", rests.shape),
            "ids": column,
            "by_id": Section("<u4", ids.shape),
        }
        with writing(path, KIND, {"base": base}, sections) as file:
            file.put("heads", heads[order])
            file.put("rests", rests[order])
            file.put("ids", placed - base)
            file.put("by_id", np.argsort(placed, kind="stable"))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> DigestSegment:
        """Open for reading. Raises FileNotFoundError, IndexCorrupt."""
        return cls(Container(path, KIND))

    def find(self, digests: Values) -> tuple[Rows, Rows]:
        """All pairs (query index, row) of equal digests."""
        heads, rests = split(digests)
        first = np.searchsorted(self._heads, heads, side="left")
        counts = np.searchsorted(self._heads, heads, side="right") - first
        found: list[tuple[Rows, Rows]] = []
        for start, stop in _blocks(counts):
            query = np.repeat(np.arange(start, stop), counts[start:stop])
            row = _runs(first[start:stop], counts[start:stop])
            equal = np.all(self._rests[row] == rests[query], axis=1)
            found.append((query[equal], row[equal]))
        if not found:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        return np.concatenate([q for q, _ in found]), np.concatenate([r for _, r in found])

    def rows_of(self, ids: Ids) -> Rows:
        """Rows of those of ``ids`` that are in this segment."""
        return self._ids.find(ids, self._by_id)

    def values_of(self, rows: Rows) -> Values:
        """The digests of ``rows`` as uint8[k, width]."""
        heads = self._heads[rows].astype(">u8").view(np.uint8).reshape(-1, 8)
        return np.concatenate([heads, self._rests[rows]], axis=1)


def split(digests: Values) -> tuple[NDArray[np.uint64], Values]:
    """First eight bytes as a big-endian number, and the rest."""
    heads = np.ascontiguousarray(digests[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
    return heads, digests[:, 8:]


def _blocks(counts: NDArray[Any]) -> list[tuple[int, int]]:
    """Ranges of queries whose candidates together stay near BLOCK_PAIRS."""
    total = int(counts.sum())
    if total == 0:
        return []
    edges = np.searchsorted(np.cumsum(counts), np.arange(BLOCK_PAIRS, total + BLOCK_PAIRS, BLOCK_PAIRS))
    stops = np.unique(np.minimum(edges + 1, len(counts)))
    starts = np.concatenate([[0], stops[:-1]])
    return [(int(a), int(b)) for a, b in zip(starts, stops, strict=True) if b > a]


def _runs(first: NDArray[Any], counts: NDArray[Any]) -> Rows:
    """The numbers first, first+1, … for each run, one after the other."""
    ends = np.cumsum(counts)
    offsets = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)
    return np.asarray(np.repeat(first, counts) + offsets, dtype=np.int64)
