"""Importing a list from a file: in batches, each durable by itself, taken up where it was killed."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.db import DatabaseError, connection, transaction

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.formats import ListRow, RefusedRow, format_named, format_of, opened
from orbweaver.detect.hashlists.messages import FILLED_BY_EXCHANGE
from orbweaver.detect.hashlists.models import HashList, ImportRejection, ListImport
from orbweaver.detect.hashlists.rereading import replace_others, take_back, vouch
from orbweaver.detect.hashlists.rules import EntryRow, parse_row
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import Prepared, lock_changes, prepared, upsert_prepared
from orbweaver.errors import InvalidInput, Message, message_of
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import get_clock, real_now

IMPORT_LOCK = 0x6F72_696D
"""First half of the advisory locks of runs of imports ("orim"); the second is the run's number."""

BATCH = 20_000
"""Rows written in one transaction: less than a second, so that a killed import loses little and nobody waits long."""

BATCH_HASHES = 10 * BATCH
"""Hashes of rows that have many, at which a batch ends sooner."""


class _Reading(NamedTuple):
    """How the words of a file are read."""

    list_format: str
    region: str


@dataclass
class ImportCounts:
    """What came of the rows so far."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    rejected: int = 0

    @property
    def unchanged(self) -> int:
        """Rows that were there already, word for word (or twice in the file)."""
        return self.rows - self.added - self.changed - self.rejected


def import_list(
    path: Path,
    *,
    list_name: str,
    supplier: str,
    now: dt.datetime,
    kind: HashList.Kind = HashList.Kind.KNOWN,
    list_format: str = "",
    region: str = "",
    file_name: str = "",
    by: User | None = None,
    progress: Callable[[int], None] | None = None,
) -> ListImport:
    """Import a list. Good rows go in, bad rows are kept as rejections with line and reason; again changes nothing.

    ``list_format`` names one of ``formats``; without it, the file's beginning says. ``region``: what its words mean,
    where the format asks. ``file_name`` is what people call the file, where its path does not say. Written in batches,
    each durable by itself: after a crash, importing the same file again goes on where that ended; read otherwise, in
    another format or region, it begins anew. Raises BadList when it is no list.
    """
    chosen = format_named(list_format) if list_format else format_of(path)
    began = time.monotonic()
    with opened(path) as file:
        rows = _begun(chosen.read(file, region))
        hash_list = get_or_create_list(list_name, supplier, now, kind)
        if hasattr(hash_list, "exchange"):  # what its supplier withdraws there would stay here
            raise InvalidInput(FILLED_BY_EXCHANGE.of(name=list_name))
        reading = _Reading(chosen.name, region if region in chosen.regions else "")
        with _taken_up(hash_list, path, reading, file_name or path.name, now, by) as run:
            moment = partial(_by_now, now, began)
            counts = ImportCounts(run.rows, run.added, run.changed, run.rejected)
            left = itertools.islice(rows, counts.rows, None)
            for batch in _ahead(_batches(left, supplier or hash_list.supplier)):
                _write_batch(run, batch, counts, moment)
                if progress:
                    progress(counts.rows)
            take_back(run, moment)
            return _finish(run, moment(), by)


def _by_now(start: dt.datetime, began: float) -> dt.datetime:
    """The time by now: whoever asks for what changed since a time would never see what is written later under it."""
    return start + dt.timedelta(seconds=(time.monotonic() - began) * get_clock().speed)


@contextmanager
def _taken_up(
    hash_list: HashList, path: Path, reading: _Reading, file_name: str, now: dt.datetime, by: User | None
) -> Iterator[ListImport]:
    """The run of this very file that was broken off, to go on after the rows it has done; else a new one.

    Those that read it otherwise are replaced for good: what they wrote is read anew, and what they alone added goes.
    While it lasts this session holds its lock, so that nobody takes up what still runs.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    of_file = hash_list.imports.filter(file_sha256=digest)
    unfinished = of_file.filter(**reading._asdict(), finished_at=None, replaced_by=None).order_by("pk")
    run = next((each for each in unfinished if _lock_run(each)), None)
    if run is None:
        run = ListImport.objects.create(
            hash_list=hash_list,
            file_name=file_name[:255],
            file_sha256=digest,
            **reading._asdict(),
            started_at=now,
            alive_at=real_now(),
            by=by,
        )
        _lock_run(run)
    replace_others(run, of_file, _is_ended)
    try:
        yield run
    finally:
        _unlock_run(run)


def _lock_run(run: ListImport) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [IMPORT_LOCK, run.pk])
        return bool(cursor.fetchone()[0])


def _unlock_run(run: ListImport) -> None:
    with suppress(DatabaseError), connection.cursor() as cursor:  # a connection that is gone holds no lock
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [IMPORT_LOCK, run.pk])


def _is_ended(run: ListImport) -> bool:
    """Whether no session holds its lock."""
    if not _lock_run(run):
        return False
    _unlock_run(run)
    return True


def _begun(rows: Iterator[ListRow | RefusedRow]) -> Iterator[ListRow | RefusedRow]:
    """The same rows, the first one read already: a file that is no list is refused before anything is written."""
    first = list(itertools.islice(rows, 1))
    return itertools.chain(first, rows)


@dataclass
class _Batch:
    """Rows that are ready to be written, how many they are, and those that are refused."""

    entries: Prepared
    taken: int
    rejections: list[tuple[int, Message]]


def _batches(rows: Iterable[ListRow | RefusedRow], default_source: str) -> Iterator[_Batch]:
    following = iter(rows)
    while (batch := _next_batch(following, default_source)) is not None:
        yield batch


def _next_batch(rows: Iterator[ListRow | RefusedRow], default_source: str) -> _Batch | None:
    """Each row is parsed as it comes: what else stands in its line, perhaps a megabyte, is not held."""
    taken: list[EntryRow] = []
    rejections = []
    hashes = 0
    for row in rows:
        try:
            if isinstance(row, RefusedRow):
                rejections.append((row.line, message_of(row.reason)))
            else:
                taken.append(parse_row(row.cells, default_source, row.hashes))
                hashes += len(row.hashes)
        except BadRow as error:
            rejections.append((row.line, error.message))
        if len(taken) + len(rejections) >= BATCH or hashes >= BATCH_HASHES:
            break
    return _Batch(prepared(taken), len(taken), rejections) if taken or rejections else None


def _ahead(batches: Iterator[_Batch]) -> Iterator[_Batch]:
    """The same batches; the next one is read while one is written, as writing is mostly the database's work."""
    with ThreadPoolExecutor(1, thread_name_prefix="import") as reader:
        following = reader.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = reader.submit(next, batches, None)
            yield batch


@transaction.atomic
def _write_batch(run: ListImport, batch: _Batch, counts: ImportCounts, moment: Callable[[], dt.datetime]) -> None:
    lock_changes()  # the time is that at which it is one's turn: partners ask five seconds later for what changed
    now = moment()
    vouch(run, list(batch.entries), now)
    written = upsert_prepared(run.hash_list, batch.entries, now, run)
    ImportRejection.objects.bulk_create(
        ImportRejection(list_import=run, line=line, reason=reason) for line, reason in batch.rejections
    )
    counts.rows += batch.taken + len(batch.rejections)
    counts.added += written.added
    counts.changed += written.changed
    counts.rejected += len(batch.rejections)
    run.added, run.changed, run.unchanged = counts.added, counts.changed, counts.unchanged
    run.rejected, run.alive_at = counts.rejected, real_now()
    run.withdrawn += written.withdrawn
    run.save()


@transaction.atomic
def _finish(run: ListImport, now: dt.datetime, by: User | None) -> ListImport:
    run.finished_at = now
    run.save()
    details = {
        name: getattr(run, name) for name in ("added", "changed", "unchanged", "rejected", "withdrawn", "taken_back")
    }
    record("list.imported", run.hash_list.public_id, actor=by, details=details, at=now)
    return run
