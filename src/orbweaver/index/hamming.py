"""``HammingIndex``: exact search for 256-bit hashes within a radius, in one immutable memory-mapped file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.checks import (
    HASH_BYTES,
    Ids,
    Rows,
    Values,
    as_words,
    check_ids,
    check_radius,
    check_values,
    rises,
)
from orbweaver.index.container import Container
from orbweaver.index.rows import IdentifiedRows
from orbweaver.index.searching import MANY_QUERIES, load_kernels, search_words
from orbweaver.index.segments import KIND, banded, write_segment


class SearchResult(NamedTuple):
    """All pairs found, by query, then distance, then id."""

    query_index: Rows
    """int64[k]: row of the query."""
    ids: Ids
    """int64[k]: id of the entry found."""
    distances: NDArray[np.int64]
    """int64[k]: bits that differ."""


class HammingIndex(IdentifiedRows):
    """An index over n hashes of 256 bits. Exact: every entry within the radius is found, none beyond it."""

    def __init__(self, container: Container) -> None:
        super().__init__(container, len(container.arrays["words"]))
        self._words = container.arrays["words"]
        self._banded = banded(container)
        self._is_warm = False

    @classmethod
    def build(
        cls, path: str | os.PathLike[str], hashes: Values, ids: Ids, *, threads: int | None = None
    ) -> HammingIndex:
        """Write an index of ``hashes`` uint8[n, 32] and ``ids`` int64[n] (each once) to ``path`` and open it.

        The file appears complete or not at all. Raises InvalidFingerprints, DuplicateIds, IndexDiskFull.
        """
        values = check_values(hashes, HASH_BYTES)
        wide = check_ids(ids, len(values))
        words = as_words(values)
        if not rises(wide):
            order = np.argsort(wide, kind="stable")
            words, wide = words[order], wide[order]
        write_segment(Path(path), words, wide, threads)
        return cls.open(path)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> HammingIndex:
        """Open the index at ``path`` for reading. Raises FileNotFoundError, IndexCorrupt."""
        return cls(Container(Path(path), KIND))

    def search(self, queries: Values, radius: int, *, threads: int | None = None) -> SearchResult:
        """Every entry within ``radius`` bits (0..256) of each of ``queries`` uint8[m, 32]."""
        checked = check_values(queries, HASH_BYTES, "queries")
        query, rows, distances = self.find(as_words(checked), check_radius(radius), threads)
        return ordered(query, self._ids.at(rows), distances)

    def find(self, queries: NDArray[np.uint64], radius: int, threads: int | None) -> tuple[Rows, Rows, Rows]:
        """Like ``search`` over checked words, with rows instead of ids: (query index, row, distance)."""
        if self._banded is None:
            return search_words(self._words, queries, radius, threads)
        return self._banded.search(queries, radius, threads)

    def warm(self, radius: int) -> None:
        """Search once by one hash and once by many, which makes what such searches keep, as otherwise the first of each
        would; nothing where that was done."""
        if not self._is_warm:
            load_kernels()
            for count in (1, MANY_QUERIES):
                self.find(np.zeros((count, HASH_BYTES // 8), np.uint64), radius, 1)
            self._is_warm = True

    def rows_of(self, ids: Ids) -> Rows:
        """Rows of those of ``ids`` that are in this index."""
        return self._ids.find(ids)

    def values_of(self, rows: Rows) -> Values:
        """The hashes of ``rows`` as uint8[k, 32]."""
        return np.ascontiguousarray(self._words[rows]).view(np.uint8).reshape(-1, HASH_BYTES)


def ordered(query: Rows, ids: Ids, distances: Rows) -> SearchResult:
    """A result in its promised order."""
    order = np.lexsort((ids, distances, query))
    return SearchResult(query[order], ids[order], distances[order])
