"""The append-only ledger of every picture and video seen, in Parquet: fingerprints, where (as keys), when.

``<data_dir>/ledger/date=YYYY-MM-DD/part-….parquet``, one file a batch of the crawler. It is read again when new lists
come (``matching.rematch``), and by any other program that reads Parquet. No address stands in it, only its SHA-256 key
as in the frontier, where the address is looked up.

**At least once.** A batch is written before the transaction that records it: a crash in between repeats the fetch and
its rows, while the other order would lose them for good. Rows may therefore stand in it twice, which does no harm.
A file appears whole, under its name, or not at all. Many small files become few (``compact``): the new one stands
before the old ones go, so that a crash in between leaves rows twice, never none.
"""

from __future__ import annotations

import datetime as dt
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orbweaver.detect.crawl.messages import LEDGER_BUSY, LEDGER_DAMAGED, LEDGER_NEEDS_EXTRA
from orbweaver.errors import ConfigurationError, OrbweaverError
from orbweaver.fingerprints import Fingerprints
from orbweaver.platform.runtime.locks import FileLock

READ_ROWS: Final = 10_000
"""Rows that are read in one step: some 2 MB."""
GROUP_ROWS: Final = 100_000
"""Rows that lie together in a file that was made of small ones: what is held in memory for it, some 20 MB."""
ABANDONED_S: Final = 3600
"""Seconds after which a file that is not whole is nobody's: a compaction's largest takes some seconds."""
SMALL_FILE: Final = 16 * 2**20
"""Bytes below which a file is put together with others."""
MERGED_FILE: Final = 128 * 2**20
"""Bytes of small files that become one."""


class LedgerDamaged(OrbweaverError):
    """A file of the ledger cannot be read."""

    code = "ledger_damaged"


class LedgerBusy(OrbweaverError):
    """The ledger is being read, or put together, by somebody else."""

    code = "ledger_busy"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One picture at one place, or a piece of it. Keys are the frontier's; ``page_key`` is None where no page is."""

    url_key: bytes
    page_key: bytes | None
    sha256: bytes
    sha1: bytes
    md5: bytes
    pdq: bytes | None
    quality: int | None
    seen_at: dt.datetime


def seen_rows(prints: Fingerprints, *, url_key: bytes, page_key: bytes | None, at: dt.datetime) -> list[LedgerRow]:
    """The rows of one file: one for each of its pictures that differ, such as frames of a video, and one for each of
    its pieces; at least one."""
    pictures: list[tuple[bytes | None, int | None]] = [(prints.pdq, prints.pdq_quality)]
    pictures += [(frame.pdq, frame.quality) for frame in prints.frames]
    pictures += [(piece.pdq, piece.quality) for piece in prints.pieces]
    digests = (prints.sha256, prints.sha1, prints.md5)
    return [LedgerRow(url_key, page_key, *digests, pdq, quality, at) for pdq, quality in pictures]


class Ledger:
    """The ledger in a folder. Any number of processes may add to it and read it at once.

    Raises ConfigurationError where ``pyarrow`` is not installed, which is an extra for its 170 MB.
    """

    def __init__(self, directory: Path) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise ConfigurationError(LEDGER_NEEDS_EXTRA) from error
        self._directory = directory
        self._pa, self._pq = pa, pq
        self._schema: Any = pa.schema(
            [
                pa.field("url_key", pa.binary(32), nullable=False),
                pa.field("page_key", pa.binary(32)),
                pa.field("sha256", pa.binary(32), nullable=False),
                pa.field("sha1", pa.binary(20), nullable=False),
                pa.field("md5", pa.binary(16), nullable=False),
                pa.field("pdq", pa.binary(32)),
                pa.field("quality", pa.int16()),
                pa.field("seen_at", pa.timestamp("us", tz="UTC"), nullable=False),
            ]
        )

    def append(self, rows: Sequence[LedgerRow], day: dt.date) -> Path | None:
        """Add rows as one file that is on the disk when this returns; None when there are none."""
        if not rows:
            return None
        folder = self._directory / f"date={day.isoformat()}"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        columns = [[getattr(row, name) for row in rows] for name in self._schema.names]
        return self._write(folder, [self._pa.table(columns, schema=self._schema)])

    def _write(self, folder: Path, groups: Iterable[Any]) -> Path:
        """A file of these tables, on the disk."""
        path = folder / f"part-{uuid.uuid4().hex}.parquet"
        partial = path.with_suffix(".tmp")
        try:
            with partial.open("xb") as stream:
                with self._pq.ParquetWriter(stream, self._schema, compression="zstd", use_dictionary=False) as writer:
                    for table in groups:
                        writer.write_table(table)
                stream.flush()
                os.fsync(stream.fileno())
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folder(folder)
        return path

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within it no file goes. Raises LedgerBusy while the files are being put together."""
        with self._locked(shared=True):
            yield

    @contextmanager
    def _locked(self, *, shared: bool) -> Iterator[None]:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self._directory / "ledger.lock")
        if not lock.acquire(shared=shared):
            raise LedgerBusy(LEDGER_BUSY)
        try:
            yield
        finally:
            lock.release()

    def compact(self, progress: Callable[[int, int], None] | None = None) -> tuple[int, int]:
        """Put small files of each day together, while crawlers go on adding; ``progress`` gets groups done and in all.

        Returns how many files were put together, and how many they became. Raises LedgerBusy, LedgerDamaged.
        """
        with self._locked(shared=False):
            self._sweep()
            groups = [group for folder in sorted(self._directory.glob("date=*")) for group in _small_files(folder)]
            for number, group in enumerate(groups, 1):
                folder = group[0].parent
                self._write(folder, self._tables(group))
                for path in group:
                    path.unlink()
                _sync_folder(folder)
                if progress:
                    progress(number, len(groups))
        return sum(len(group) for group in groups), len(groups)

    def _sweep(self) -> None:
        """Remove what a process left half written when it was killed; one that writes now began a moment ago."""
        for path in self._directory.glob("date=*/part-*.tmp"):
            with suppress(FileNotFoundError):  # its writer was done meanwhile
                if time.time() - path.stat().st_mtime > ABANDONED_S:
                    path.unlink()

    def _tables(self, paths: Sequence[Path]) -> Iterator[Any]:
        """The rows of these files in tables of some size."""
        tables: list[Any] = []
        for path in paths:
            try:
                tables.append(self._pq.read_table(path, schema=self._schema, use_threads=False, partitioning=None))
            except (OSError, self._pa.ArrowException) as error:
                raise _damaged(path) from error
            if sum(table.num_rows for table in tables) >= GROUP_ROWS:
                yield self._pa.concat_tables(tables)
                tables = []
        if tables:
            yield self._pa.concat_tables(tables)

    def files(self) -> list[Path]:
        """All files that are whole, the oldest day first."""
        return sorted(self._directory.glob("date=*/part-*.parquet"))

    def read(self, path: Path) -> Iterator[list[LedgerRow]]:
        """The rows of a file, some thousands at a time. Raises LedgerDamaged."""
        try:
            with self._pq.ParquetFile(path) as file:
                for batch in file.iter_batches(READ_ROWS, columns=self._schema.names, use_threads=False):
                    yield [
                        LedgerRow(*row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
                    ]
        except (OSError, self._pa.ArrowException) as error:
            raise _damaged(path) from error


def _small_files(folder: Path) -> list[list[Path]]:
    """The small files of a day in groups of two and more, each of which becomes one file."""
    groups: list[list[Path]] = [[]]
    size = 0
    for path in sorted(folder.glob("part-*.parquet")):
        own = path.stat().st_size
        if own >= SMALL_FILE:
            continue
        if size + own > MERGED_FILE:
            groups.append([])
            size = 0
        groups[-1].append(path)
        size += own
    return [group for group in groups if len(group) > 1]


def _damaged(path: Path) -> LedgerDamaged:
    return LedgerDamaged(LEDGER_DAMAGED.of(folder=path.parent.name, file=path.name))


def _sync_folder(folder: Path) -> None:
    """The file's new name is on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
