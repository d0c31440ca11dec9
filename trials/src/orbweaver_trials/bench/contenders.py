"""What the search benchmark compares: ours and faiss, each with one way to build and one to search."""

from __future__ import annotations

import ctypes
import gc
import importlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from orbweaver.index import HammingIndex
from orbweaver_trials.bench.result import peer

RADIUS = 31
"""Bits: what HMA and most lists use for PDQ."""

Hashes = NDArray[np.uint8]
Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Query index and entry id of each pair found."""


@dataclass(frozen=True)
class Built:
    """What building an index took."""

    processor_s: float
    clock_s: float
    bytes_per_entry: float


class Contender(Protocol):
    """A way to search, on one thread."""

    name: str

    def build(self, hashes: Hashes) -> Built:
        """Index ``hashes`` under their row numbers."""

    def search(self, queries: Hashes) -> Pairs:
        """All pairs within RADIUS."""

    def drop(self) -> None:
        """Give the memory back."""


class Ours:
    """``HammingIndex``, built into a file and synced, which also is what its memory is.

    The compiled code is loaded first, as it is in any process that has searched for a few seconds.
    """

    name = "orbweaver"

    def __init__(self, folder: Path) -> None:
        importlib.import_module("orbweaver.index.kernels")
        self._path = folder / "bench.index"
        self._index: HammingIndex | None = None

    def build(self, hashes: Hashes) -> Built:
        """With one thread, writing and syncing the file included."""
        ids = np.arange(len(hashes))
        clock, processor = time.perf_counter(), time.thread_time()
        self._index = HammingIndex.build(self._path, hashes, ids, threads=1)
        return Built(
            time.thread_time() - processor, time.perf_counter() - clock, self._index.nbytes / max(1, len(hashes))
        )

    def open_seconds(self, query: Hashes) -> float:
        """Seconds on the clock until a freshly opened index has answered one query."""
        began = time.perf_counter()
        HammingIndex.open(self._path).search(query, RADIUS, threads=1)
        return time.perf_counter() - began

    def search(self, queries: Hashes, threads: int | None = 1) -> Pairs:
        """With one thread, or with all of them (None)."""
        assert self._index is not None
        found = self._index.search(queries, RADIUS, threads=threads)
        return found.query_index, found.ids

    def drop(self) -> None:
        """Remove the file too."""
        self._index = None
        self._path.unlink(missing_ok=True)


class Faiss:
    """A binary index of faiss. Its own row numbers are the ids: HMA's map of ids comes on top of this."""

    def __init__(self, name: str, make: str, *arguments: int, flips: int | None = None) -> None:
        self.name = name
        self._make = make
        self._arguments = arguments
        self._flips = flips
        self._index: Any = None

    def build(self, hashes: Hashes) -> Built:
        """With one thread; bytes are what the process grew by."""
        faiss = peer("faiss")
        faiss.omp_set_num_threads(1)
        _return_memory()
        before = _resident_bytes()
        clock, processor = time.perf_counter(), time.thread_time()
        index = getattr(faiss, self._make)(256, *self._arguments)
        if self._flips is not None:
            index.nflip = self._flips
        index.add(hashes)
        took = time.thread_time() - processor, time.perf_counter() - clock
        self._index = index
        return Built(*took, (_resident_bytes() - before) / max(1, len(hashes)))

    def search(self, queries: Hashes) -> Pairs:
        """With one thread. faiss finds what is nearer than the number given."""
        limits, _, ids = self._index.range_search(queries, RADIUS + 1)
        return np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64))), ids

    def drop(self) -> None:
        """Free the index and let the allocator return what it keeps, or the next one would seem smaller."""
        self._index = None
        _return_memory()


def multi_hash_16() -> Faiss:
    """What HMA builds: 16 tables of 16 bits, one bit flipped."""
    return Faiss("faiss MultiHash 16x1", "IndexBinaryMultiHash", 16, 16, flips=1)


def multi_hash_11() -> Faiss:
    """faiss tuned for long lists: 11 tables of 23 bits, two bits flipped; exact too (32 = 11 * 2 + 10)."""
    return Faiss("faiss MultiHash 11x2", "IndexBinaryMultiHash", 11, 23, flips=2)


def flat() -> Faiss:
    """Comparing everything: the truth about recall."""
    return Faiss("faiss Flat", "IndexBinaryFlat")


def _return_memory() -> None:
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
    if trim is not None:
        trim(0)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096
