"""Choosing how to search a segment, and running the kernels: room for results, threads, when not to compile."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.bands import Layout, masks, plan
from orbweaver.index.bruteforce import scan_numpy
from orbweaver.index.checks import Rows, Words

Found: TypeAlias = tuple[Rows, Rows, NDArray[np.int64]]
"""Query index, row and distance of each pair, int64[k] each."""

SMALL_ENTRIES = 20_000
"""Up to this size plain NumPy serves (some 70 microseconds a query), unless the kernels are loaded anyway …"""
SMALL_PAIRS = 200_000_000
"""… or this process has compared so many pairs already, in some seconds, that loading them pays."""
FEW_ENTRIES, FEW_PAIRS = 2_000_000, 50_000_000
"""NumPy also serves lists up to this size while the pairs compared so far are so few: a file or two, a question on a
page. Loading the kernels takes as much processor time, half a second, and 50 MB."""
HEAVY_TIMES = 6
"""A query that visits this many times the expected number of entries gets a plan of its own."""
HEAVY_LEAST = 20_000
"""… but never below this number of entries, which cost some ten microseconds."""
MANY_QUERIES = 128
"""From this number on, queries go through the bands together (``batches``); measured at 1 million entries."""
QUERIES_A_THREAD = 32
"""Fewest queries worth a thread of their own (100 microseconds to start)."""
CAPACITY = 4096
MOST_SKETCHED_BITS = 19
"""Bits of a slot's number up to which a segment gets sketches (``batches``), 8 bytes a slot and band: up to some 7
million entries. Small segments gain, too, as one band's postings stay in the cache: 12 microseconds a query at 100,000
entries one by one, 4 together, on a machine that others kept busy."""
_KERNELS = "orbweaver.index.kernels"


def search_words(words: Words, queries: Words, radius: int, threads: int | None = None) -> Found:
    """Compare all of ``queries`` with all of ``words``."""
    if not _use_kernels(len(words), len(queries)):
        return scan_numpy(words, queries, radius)
    from orbweaver.index import kernels

    entries = _frozen(words)
    return in_threads(queries, threads, lambda part, begin, out: kernels.scan(entries, part, begin, radius, out))


class BandedSegment:
    """Words with their bands, as they lie in a file."""

    def __init__(self, words: Words, layout: Layout, directory: NDArray[Any], postings: NDArray[Any]) -> None:
        self.words = words
        self.layout = layout
        self.directory = directory
        self.postings = postings
        self._index: Any = None
        self._sketched: Any = None

    def search(self, queries: Words, radius: int, threads: int | None = None) -> Found:
        """All pairs within ``radius``, by bands where that is less work than comparing with everything."""
        if not _use_kernels(len(self.words), len(queries)):
            return scan_numpy(self.words, queries, radius)
        chosen, visits = plan(self.layout, radius, len(self.words))
        if not self._reaches(chosen) or visits > len(self.words):
            return search_words(self.words, queries, radius, threads)
        from orbweaver.index import kernels

        limit = int(max(HEAVY_LEAST, HEAVY_TIMES * visits))
        search: Any = kernels.search_bands
        index = self._for_kernels()
        if len(queries) >= MANY_QUERIES and self.layout.top <= MOST_SKETCHED_BITS:
            from orbweaver.index import batches

            search, index = batches.search_batch, self._for_batches()
        return in_threads(
            queries, threads, lambda part, begin, out: search(index, part, begin, radius, chosen, limit, out)
        )

    def _reaches(self, chosen: NDArray[np.int64]) -> bool:
        """Whether the table of masks goes far enough for these thresholds."""
        levels = len(masks(self.layout.top)[1]) - 1
        return levels >= self.layout.top or int(chosen.max()) <= levels

    def _for_kernels(self) -> Any:
        if self._index is None:
            from orbweaver.index import kernels

            table, ends = masks(self.layout.top)
            arrays = (self.words, self.layout.table, self.directory, self.postings, table, ends)
            self._index = kernels.Banded._make((*map(_frozen, arrays), self.layout.top, self.layout.index_bits))
        return self._index

    def _for_batches(self) -> Any:
        if self._sketched is None:
            from orbweaver.index import batches

            index = self._for_kernels()
            sketches = np.empty((len(self.layout.widths), self.layout.slots), dtype=np.uint64)
            batches.sketch_bands(index, sketches)
            self._sketched = batches.Sketched(index, _frozen(sketches), _frozen(batches.neighbourhoods()))
        return self._sketched


def load_kernels() -> None:
    """Have the compiled loops ready, which searches load only once they have compared much."""
    importlib.import_module(_KERNELS)


def default_threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


class _Effort:
    """Pairs compared by plain NumPy in this process. A lost update under threads does no harm."""

    pairs = 0


def _use_kernels(entries: int, queries: int) -> bool:
    if entries > FEW_ENTRIES or _KERNELS in sys.modules:
        return True
    most = SMALL_PAIRS if entries <= SMALL_ENTRIES else FEW_PAIRS
    _Effort.pairs += entries * queries
    return _Effort.pairs > most


def in_threads(queries: Words, threads: int | None, run: Callable[[Words, int, NDArray[np.int64]], Any]) -> Found:
    """Part the queries between threads (the kernels hold no lock) and put the results together."""
    wanted = default_threads() if threads is None else threads
    count = min(wanted, len(queries) // QUERIES_A_THREAD)
    if count <= 1:
        found = _with_capacity(_frozen(queries), run)
        return found[0], found[1], found[2]
    parts = np.array_split(_frozen(queries), count)
    with ThreadPoolExecutor(len(parts)) as pool:
        results = list(pool.map(lambda part: _with_capacity(part, run), parts))
    starts = np.cumsum([0, *map(len, parts)])
    for start, result in zip(starts, results, strict=False):
        result[0] += start
    together = np.concatenate(results, axis=1)
    return together[0], together[1], together[2]


def _with_capacity(queries: Words, run: Callable[[Words, int, NDArray[np.int64]], Any]) -> NDArray[np.int64]:
    """Run a kernel over ``queries``, with more capacity whenever it stops for lack of it; int64[3, k]."""
    capacity, done = CAPACITY, 0
    results: list[NDArray[np.int64]] = []
    while done < len(queries):
        out = np.empty((3, capacity), dtype=np.int64)
        stopped, found = run(queries, done, out)
        results.append(out[:, :found])
        if stopped < len(queries):
            capacity *= 8
        done = stopped
    if len(results) == 1:
        return results[0]
    return np.concatenate(results, axis=1) if results else np.zeros((3, 0), dtype=np.int64)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view: the kernels are compiled for one kind of array, and mapped files are read-only."""
    view = array.view()
    view.flags.writeable = False
    return view
