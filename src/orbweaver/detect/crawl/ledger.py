"""The append-only ledger of every picture and video seen, in Parquet: fingerprints, where (as keys), when.

``<data_dir>/ledger/date=YYYY-MM-DD/part-….parquet``, one file a batch of the crawler. It is read again when new lists
come (``matching.rematch``), and by any other program that reads Parquet. No address stands in it, only its SHA-256 key
as in the frontier, where the address is looked up. Files of before a column was kept are read without it.

**At least once.** A batch is written before the transaction that records it: a crash in between repeats the fetch and
its rows, while the other order would lose them for good. Rows may therefore stand in it twice, which does no harm.
A file appears whole, under its name, or not at all; its pages have checksums, so that a disk that loses bits loses no
match in silence (Daft does not look at them). Many small files become few (``compact``): the new one stands before the
old ones go, so that a crash in between leaves rows twice, never none.
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

from orbweaver.detect.crawl.messages import LEDGER_BUSY, LEDGER_DAMAGED, LEDGER_FOLDER, LEDGER_NEEDS_EXTRA
from orbweaver.errors import ConfigurationError, OrbweaverError, Unavailable
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.mirroring import MIRRORED
from orbweaver.platform.runtime.locks import FileLock
from orbweaver.platform.runtime.postgres import write_private

READ_ROWS: Final = 1 << 16
"""Rows that are read in one step, some 20 MB: enough for the index to look up many at once."""
GROUP_ROWS: Final = 100_000
"""Rows that lie together in a file that was made of small ones: what is held in memory for it, some 20 MB."""
ABANDONED_S: Final = 3600
"""Seconds after which a file that is not whole is nobody's: a compaction's largest takes some seconds."""
SMALL_FILE: Final = 16 * 2**20
"""Bytes below which a file is put together with others."""
MERGED_FILE: Final = 128 * 2**20
"""Bytes of small files that become one."""
IDENTITY: Final = "ledger.id"


class LedgerDamaged(OrbweaverError):
    """A file of the ledger cannot be read."""

    code = "ledger_damaged"


class LedgerBusy(OrbweaverError):
    """The ledger is being read, or put together, by somebody else."""

    code = "ledger_busy"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One picture at one place, or a piece of it. Keys are the frontier's; ``page_key`` is None where no page is.

    ``mirrored``: its hashes at ``mirroring.MIRRORED``, one after the other, from which all eight follow; None where
    they are not known, as in files of before they were kept.
    """

    url_key: bytes
    page_key: bytes | None
    sha256: bytes
    sha1: bytes
    md5: bytes
    pdq: bytes | None
    quality: int | None
    seen_at: dt.datetime
    mirrored: bytes | None = None


def seen_rows(prints: Fingerprints, *, url_key: bytes, page_key: bytes | None, at: dt.datetime) -> list[LedgerRow]:
    """The rows of one file: one for each of its pictures that differ, such as frames of a video, and one for each of
    its pieces; at least one."""
    pictures: list[tuple[bytes | None, int | None, tuple[bytes, ...]]] = [
        (prints.pdq, prints.pdq_quality, prints.dihedral),
        *((frame.pdq, frame.quality, frame.dihedral) for frame in prints.frames),
        *((piece.pdq, piece.quality, piece.dihedral) for piece in prints.pieces),
    ]
    digests = (prints.sha256, prints.sha1, prints.md5)
    return [
        LedgerRow(url_key, page_key, *digests, pdq, quality, at, _mirrored(eight)) for pdq, quality, eight in pictures
    ]


def _mirrored(eight: tuple[bytes, ...]) -> bytes | None:
    return b"".join(eight[number] for number in MIRRORED) if eight else None


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
                pa.field("mirrored", pa.binary(96)),
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
                written = self._pq.ParquetWriter(
                    stream, self._schema, compression="zstd", use_dictionary=False, write_page_checksum=True
                )
                with written as writer:
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
        """Within it no file goes. Raises LedgerBusy while the files are being put together; Unavailable."""
        with self._locked(shared=True):
            yield

    @contextmanager
    def _locked(self, *, shared: bool) -> Iterator[None]:
        lock = FileLock(self._directory / "ledger.lock")
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            acquired = lock.acquire(shared=shared)
        except OSError as error:
            raise Unavailable(LEDGER_FOLDER.of(reason=error.strerror or type(error).__name__)) from error
        if not acquired:
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
                with self._pq.ParquetFile(path, page_checksum_verification=True) as file:
                    table = file.read(use_threads=False)
                tables.append(self._whole(table, self._schema.names))
            except (OSError, ValueError, self._pa.ArrowException) as error:
                raise damaged(path) from error
            if sum(table.num_rows for table in tables) >= GROUP_ROWS:
                yield self._pa.concat_tables(tables)
                tables = []
        if tables:
            yield self._pa.concat_tables(tables)

    def files(self) -> list[Path]:
        """All files that are whole, the oldest day first."""
        return sorted(self._directory.glob("date=*/part-*.parquet"))

    def sizes(self) -> dict[str, int]:
        """All files that are whole by their names below the folder, the oldest day first, and their bytes."""
        return {path.relative_to(self._directory).as_posix(): path.stat().st_size for path in self.files()}

    def path(self, name: str) -> Path:
        """The file of that name."""
        return self._directory / name

    @property
    def schema(self) -> Any:
        """The columns, as ``pyarrow`` says them."""
        return self._schema

    def tables(self, path: Path, columns: Sequence[str]) -> Iterator[Any]:
        """These columns of a file, some thousands of rows at a time; a column that older files do not have is empty
        there. Raises LedgerDamaged."""
        try:
            with self._pq.ParquetFile(path, page_checksum_verification=True) as file:
                there = [name for name in columns if name in file.schema_arrow.names]
                for batch in file.iter_batches(READ_ROWS, columns=there, use_threads=False):
                    yield self._whole(self._pa.Table.from_batches([batch]), columns)
        except (OSError, ValueError, self._pa.ArrowException) as error:
            raise damaged(path) from error

    def _whole(self, table: Any, columns: Sequence[str]) -> Any:
        for name in columns:
            if name not in table.column_names:
                table = table.append_column(name, self._pa.nulls(table.num_rows, self._schema.field(name).type))
        return table.select(list(columns)).cast(self._pa.schema([self._schema.field(name) for name in columns]))

    def count(self, path: Path) -> int:
        """How many rows a file has, as its end says. Raises LedgerDamaged."""
        try:
            return int(self._pq.read_metadata(path).num_rows)
        except (OSError, ValueError, self._pa.ArrowException) as error:
            raise damaged(path) from error

    def identity(self) -> uuid.UUID:
        """Which ledger it is, wherever its folder is mounted: said by a file beside the days."""
        path = self._directory / IDENTITY
        if not path.exists():
            own = path.with_name(f"{IDENTITY}.{uuid.uuid4().hex}.tmp")
            write_private(own, str(uuid.uuid4()))
            with suppress(FileExistsError):  # somebody else has just named it
                path.hardlink_to(own)
            own.unlink()
        return uuid.UUID(path.read_text("ascii"))


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


def damaged(path: Path) -> LedgerDamaged:
    """What is said of a file that cannot be read."""
    return LedgerDamaged(LEDGER_DAMAGED.of(folder=path.parent.name, file=path.name))


def _sync_folder(folder: Path) -> None:
    """The file's new name is on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
