"""What was seen, so that an entry that comes later finds it: fixed rows in append-only files, searched from end to end.

A row is 64 bytes: a PDQ hash, the first eight bytes of each digest, and the number of the place. That is enough to say
where to look again, which alone decides. Files hold ``PART_ROWS`` each and are named by their first row's number; the
oldest go when there are more rows than are kept. Whoever appends takes a lock, writes and syncs: a row that was cut off
in the middle, as its writer was killed, is cut away by the next. Readers need no lock; memory does not grow with the
store.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.checks import Rows, Values, Words
from orbweaver.index.container import disk_full_is_clear, sync_directory
from orbweaver.index.hamming import HammingIndex
from orbweaver.index.locks import locked
from orbweaver.index.searching import search_words

ROW: Final = np.dtype([("pdq", "<u8", 4), ("md5", "<u8"), ("sha1", "<u8"), ("sha256", "<u8"), ("place", "<i8")])
"""``place`` is below 0 where the PDQ hash does not count: there is none, or its picture is too poor."""
PART_ROWS: Final = 1 << 20
STEP: Final = 1 << 18
"""Rows that are compared at once: 16 MB, a chunk of a join for each of two threads."""
COMPARED: Final = 300
"""Hashes that are compared with each row one by one: about 0.6 nanoseconds each; a join takes 150 and more."""
JOINED: Final = 31
"""The widest radius of a join (``joining``); beyond it, hashes become an index for the time."""
_PART, _LOCK = "part-*.seen", "write.lock"

SeenRows: TypeAlias = NDArray[Any]
"""``ROW``[n]."""


def prefixes(digests: Values) -> NDArray[np.uint64]:
    """The first eight bytes of each of ``digests`` uint8[n, ≥ 8], as rows keep them."""
    return np.ascontiguousarray(digests[:, :8]).view("<u8").reshape(-1)


class SeenStore:
    """The rows in a folder. Any number of processes of a machine may add and read."""

    def __init__(self, directory: Path, most: int) -> None:
        """``most``: rows that are kept, in whole files; the oldest go first."""
        self._directory = directory
        self._most = most
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def append(self, rows: SeenRows) -> None:
        """Add rows; when it returns they are on the disk. Raises IndexDiskFull; what was there stays."""
        if not len(rows):
            return
        with locked(self._directory / _LOCK), disk_full_is_clear():
            while len(rows):
                first, path, there = self._last()
                rows_left = PART_ROWS - there
                if not rows_left:
                    path, there, rows_left = self._part(first + PART_ROWS), 0, PART_ROWS
                _write(path, there, rows[:rows_left])
                if not there:
                    sync_directory(self._directory)
                rows = rows[rows_left:]
            self._forget()

    def end(self) -> int:
        """The number of the row that comes next; rows below it never change."""
        first, _, there = self._last()
        return first + there

    def begin(self) -> int:
        """The number of the oldest row that is kept."""
        firsts = [_first(path) for path in self._parts()]
        return firsts[0] if firsts else 0

    def steps(self, end: int) -> Iterator[SeenRows]:
        """All rows before ``end``, some at a time, the oldest first."""
        for path in self._parts():
            try:
                stream = path.open("rb", buffering=0)
            except FileNotFoundError:  # the oldest, gone meanwhile
                continue
            with stream:
                # read, not mapped: page by page a cold file of 64 MB took ten times as long, and one cut short kills
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
                left = end - _first(path)
                while left > 0 and len(rows := np.fromfile(stream, ROW, min(STEP, left))):
                    yield rows
                    left -= len(rows)

    def _parts(self) -> list[Path]:
        return sorted(self._directory.glob(_PART))

    def _part(self, first: int) -> Path:
        return self._directory / f"part-{first:016d}.seen"

    def _last(self) -> tuple[int, Path, int]:
        parts = self._parts()
        path = parts[-1] if parts else self._part(0)
        return _first(path), path, path.stat().st_size // ROW.itemsize if parts else 0

    def _forget(self) -> None:
        parts = self._parts()
        for path in parts[: max(0, len(parts) - 1 - -(-self._most // PART_ROWS))]:
            path.unlink()


def _first(path: Path) -> int:
    return int(path.stem.removeprefix("part-"))


def _write(path: Path, there: int, rows: SeenRows) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, there * ROW.itemsize)
        os.lseek(descriptor, 0, os.SEEK_END)
        left = memoryview(np.ascontiguousarray(rows, ROW).tobytes())
        while left:
            left = left[os.write(descriptor, left) :]
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


Nearness: TypeAlias = Callable[[SeenRows], tuple[Rows, Rows, Rows]]
"""Of some rows: number of the hash that lies near, of the row, and distance in bits."""


@contextmanager
def nearness(hashes: Values, radius: int) -> Iterator[Nearness]:
    """Says which of ``hashes`` uint8[n, 32] lie near rows: each compared with each, or many of them joined."""
    words = np.ascontiguousarray(hashes).view("<u8").reshape(-1, 4)
    if len(hashes) <= COMPARED:
        yield lambda rows: _of_counted(rows, lambda pdq: search_words(words, pdq, radius))
        return
    if radius <= JOINED:
        from orbweaver.index.joining import Join  # loads the kernels

        join = Join(words)
        yield lambda rows: _of_counted(rows, lambda pdq: join.find(pdq, radius))
        return
    with TemporaryDirectory() as folder:
        index = HammingIndex.build(Path(folder) / "hashes", hashes, np.arange(len(hashes)))
        yield lambda rows: _of_counted(rows, lambda pdq: index.find(pdq, radius, None))


def same(rows: SeenRows, kind: str, wanted: NDArray[np.uint64]) -> tuple[Rows, Rows]:
    """Which of ``wanted``, sorted, are the ``kind`` of which rows: number of the digest, and of the row."""
    column = rows[kind]
    at = np.minimum(np.searchsorted(wanted, column), len(wanted) - 1)
    hit = np.flatnonzero(wanted[at] == column)
    return at[hit].astype(np.int64), hit


def _of_counted(rows: SeenRows, search: Callable[[Words], tuple[Rows, Rows, Rows]]) -> tuple[Rows, Rows, Rows]:
    """Search for the rows whose hash counts; they are the queries, as there are more of them."""
    counted = np.flatnonzero(rows["place"] >= 0)
    row, entry, distances = search(np.ascontiguousarray(rows["pdq"][counted]))
    return entry, counted[row], distances


def place_of(rows: SeenRows) -> NDArray[np.int64]:
    """The number of each row's place."""
    places: NDArray[np.int64] = np.where(rows["place"] < 0, ~rows["place"], rows["place"])
    return places
