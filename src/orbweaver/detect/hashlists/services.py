"""Verbs on hash lists: import, withdraw, dispute, restore, add the hotline's own verdicts.

Every change gets a number from one sequence under one advisory lock, so that numbers become visible in their order and
the match index can follow by asking for all above the last it has seen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.formats import ListRow, RefusedRow, format_named, format_of, opened
from orbweaver.detect.hashlists.handovers import EntriesRestated, entries_restated
from orbweaver.detect.hashlists.messages import OTHER_SUPPLIER
from orbweaver.detect.hashlists.models import (
    EntryStateChange,
    HashList,
    HashListEntry,
    Identified,
    ImportRejection,
    ListImport,
)
from orbweaver.detect.hashlists.rules import EntryRow, parse_row
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput, Message, message_of
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import get_clock, real_now

CHANGE_LOCK = 0x6F72_6C69
"""Advisory lock that puts the changes of lists in one order ("orli")."""

IMPORT_LOCK = 0x6F72_696D
"""First half of the advisory locks of runs of imports ("orim"); the second is the run's number."""

BATCH = 5_000
"""Rows written in one transaction: about 0.3 s, so that a killed import loses little and nobody waits long."""

UPSERT = """
INSERT INTO hashlists_hashlistentry (
    public_id, hash_list_id, kind, value, classification, identified, series_name, source, baseline, state,
    list_import_id, added_at, changed_at, change)
SELECT public_id, %(list)s, kind, value, classification, identified, series_name, source, baseline, 'active',
    %(import)s, %(now)s, %(now)s, nextval('hashlists_change')
FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(values)s::bytea[], %(classifications)s::text[],
    %(identified)s::text[], %(series)s::text[], %(sources)s::text[], %(baselines)s::bool[])
    AS row(public_id, kind, value, classification, identified, series_name, source, baseline)
ON CONFLICT (hash_list_id, kind, value) DO UPDATE SET
    classification = excluded.classification, identified = excluded.identified, series_name = excluded.series_name,
    source = excluded.source, baseline = excluded.baseline, list_import_id = excluded.list_import_id,
    changed_at = excluded.changed_at, change = excluded.change
WHERE (hashlists_hashlistentry.classification, hashlists_hashlistentry.identified,
       hashlists_hashlistentry.series_name, hashlists_hashlistentry.source, hashlists_hashlistentry.baseline)
    IS DISTINCT FROM
      (excluded.classification, excluded.identified, excluded.series_name, excluded.source, excluded.baseline)
RETURNING id, (xmax = 0) AS added
"""


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


def lock_changes() -> None:
    """Wait for one's turn to change lists; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHANGE_LOCK])


def get_or_create_list(
    name: str, supplier: str, now: dt.datetime, kind: HashList.Kind = HashList.Kind.KNOWN
) -> HashList:
    """The list of this name. Raises InvalidInput when it belongs to another supplier."""
    found, _ = HashList.objects.get_or_create(
        name=name, defaults={"supplier": supplier, "kind": kind, "created_at": now}
    )
    if found.supplier != supplier and supplier:
        raise InvalidInput(OTHER_SUPPLIER.of(name=name, supplier=found.supplier))
    return found


def import_list(
    path: Path,
    *,
    list_name: str,
    supplier: str,
    now: dt.datetime,
    kind: HashList.Kind = HashList.Kind.KNOWN,
    list_format: str = "",
    file_name: str = "",
    by: User | None = None,
    progress: Callable[[int], None] | None = None,
) -> ListImport:
    """Import a list. Good rows go in, bad rows are kept as rejections with line and reason; again changes nothing.

    ``list_format`` names one of ``formats``; without it, the file's beginning says. ``file_name`` is what people
    call the file, where its path does not say. Written in batches, each durable by itself: after a crash, importing the
    same file again goes on where that ended. Raises BadList when it is no list.
    """
    chosen = format_named(list_format) if list_format else format_of(path)
    began = time.monotonic()
    with opened(path) as file:
        rows = _begun(chosen.read(file))
        hash_list = get_or_create_list(list_name, supplier, now, kind)
        with _taken_up(hash_list, path, file_name or path.name, now, by) as run:
            counts = ImportCounts(run.rows, run.added, run.changed, run.rejected)
            for batch in _batches(itertools.islice(rows, counts.rows, None), supplier or hash_list.supplier):
                _write_batch(run, batch, counts, now)
                if progress:
                    progress(counts.rows)
            return _finish(run, now + dt.timedelta(seconds=(time.monotonic() - began) * get_clock().speed), by)


@contextmanager
def _taken_up(
    hash_list: HashList, path: Path, file_name: str, now: dt.datetime, by: User | None
) -> Iterator[ListImport]:
    """The run of this very file that was broken off, to go on after the rows it has done; else a new one.

    While it lasts this session holds its lock, so that nobody takes up what still runs.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    broken = hash_list.imports.filter(file_sha256=digest, finished_at=None).order_by("pk")
    run = next((each for each in broken if _lock_run(each)), None)
    if run is None:
        run = ListImport.objects.create(
            hash_list=hash_list,
            file_name=file_name[:255],
            file_sha256=digest,
            started_at=now,
            alive_at=real_now(),
            by=by,
        )
        _lock_run(run)
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


def _begun(rows: Iterator[ListRow | RefusedRow]) -> Iterator[ListRow | RefusedRow]:
    """The same rows, the first one read already: a file that is no list is refused before anything is written."""
    first = list(itertools.islice(rows, 1))
    return itertools.chain(first, rows)


@dataclass
class _Batch:
    rows: list[EntryRow]
    rejections: list[tuple[int, Message]]


def _batches(rows: Iterable[ListRow | RefusedRow], default_source: str) -> Iterator[_Batch]:
    batch = _Batch([], [])
    for row in rows:
        if isinstance(row, RefusedRow):
            batch.rejections.append((row.line, message_of(row.reason)))
        else:
            try:
                batch.rows.append(parse_row(row.cells, default_source))
            except BadRow as error:
                batch.rejections.append((row.line, error.message))
        if len(batch.rows) + len(batch.rejections) >= BATCH:
            yield batch
            batch = _Batch([], [])
    if batch.rows or batch.rejections:
        yield batch


@transaction.atomic
def _write_batch(run: ListImport, batch: _Batch, counts: ImportCounts, now: dt.datetime) -> None:
    added, changed = upsert_entries(run.hash_list, batch.rows, now, run)
    ImportRejection.objects.bulk_create(
        ImportRejection(list_import=run, line=line, reason=reason) for line, reason in batch.rejections
    )
    counts.rows += len(batch.rows) + len(batch.rejections)
    counts.added += added
    counts.changed += changed
    counts.rejected += len(batch.rejections)
    run.added, run.changed, run.unchanged = counts.added, counts.changed, counts.unchanged
    run.rejected, run.alive_at = counts.rejected, real_now()
    run.withdrawn += _withdrawn_among(run.hash_list, batch.rows)
    run.save()


def _withdrawn_among(hash_list: HashList, rows: Sequence[EntryRow]) -> int:
    """How many of these rows are about entries that are withdrawn: they stay so."""
    withdrawn = hash_list.entries.filter(state=HashListEntry.State.WITHDRAWN)
    if not withdrawn.exists():
        return 0
    wanted = {(row.kind, row.value) for row in rows}
    found = withdrawn.filter(value__in=[value for _, value in wanted]).values_list("kind", "value")
    return sum((kind, bytes(value)) in wanted for kind, value in found)


def upsert_entries(
    hash_list: HashList, rows: Iterable[EntryRow], now: dt.datetime, run: ListImport | None = None
) -> tuple[int, int]:
    """Put rows on a list; returns how many were added and how many changed. Withdrawn entries stay withdrawn."""
    unique = {(row.kind, row.value): row for row in rows}
    if not unique:
        return 0, 0
    new_id = HashListEntry._meta.get_field("public_id").get_default
    ordered = [unique[key] for key in sorted(unique)]
    lock_changes()
    with connection.cursor() as cursor:
        cursor.execute(
            UPSERT,
            {
                "list": hash_list.pk,
                "import": run.pk if run else None,
                "now": now,
                "ids": [new_id() for _ in ordered],
                "kinds": [row.kind for row in ordered],
                "values": [row.value for row in ordered],
                "classifications": [row.classification for row in ordered],
                "identified": [row.identified for row in ordered],
                "series": [row.series_name for row in ordered],
                "sources": [row.source for row in ordered],
                "baselines": [row.baseline for row in ordered],
            },
        )
        outcomes = cursor.fetchall()
    changed = [number for number, is_new in outcomes if not is_new]
    if changed:
        entries_restated.announce(EntriesRestated(changed, now))
    return len(outcomes) - len(changed), len(changed)


@transaction.atomic
def _finish(run: ListImport, now: dt.datetime, by: User | None) -> ListImport:
    run.finished_at = now
    run.save()
    details = {name: getattr(run, name) for name in ("added", "changed", "unchanged", "rejected", "withdrawn")}
    record("list.imported", run.hash_list.public_id, actor=by, details=details, at=now)
    return run


@transaction.atomic
def set_terms(hash_list: HashList, said: Mapping[str, Any], *, by: User | None, now: dt.datetime) -> None:
    """Say how a list may be used: terms, trust, allowed, expires_on. The log keeps what was before."""
    changed = {name: value for name, value in said.items() if getattr(hash_list, name) != value}
    details = {name: {"before": str(getattr(hash_list, name)), "now": str(value)} for name, value in changed.items()}
    for name, value in changed.items():
        setattr(hash_list, name, value)
    if changed:
        hash_list.save(update_fields=list(changed))
        record("list.terms_set", hash_list.public_id, actor=by, details=details, at=now)


@transaction.atomic
def set_entry_state(
    entries: Iterable[HashListEntry], state: HashListEntry.State, *, reason: str, by: User | None, now: dt.datetime
) -> None:
    """Withdraw, dispute or restore entries. The index of every process follows within a second."""
    lock_changes()
    for entry in entries:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('hashlists_change')")
            (change,) = cursor.fetchone()
        HashListEntry.objects.filter(pk=entry.pk).update(state=state, changed_at=now, change=change)
        EntryStateChange.objects.create(entry=entry, state=state, reason=reason, by=by, at=now)
        record(f"entry.{state}", entry.public_id, actor=by, details={"reason": reason}, at=now)


OWN_LIST = "Own verdicts"


@transaction.atomic
def set_acts_alone(entries: Iterable[HashListEntry], acts_alone: bool, now: dt.datetime) -> None:
    """Say whether own entries may act without another look; followers of the changes see it as one."""
    changed = [entry for entry in entries if entry.acts_alone != acts_alone]
    if not changed:
        return
    lock_changes()
    for entry in changed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('hashlists_change')")
            (change,) = cursor.fetchone()
        HashListEntry.objects.filter(pk=entry.pk).update(acts_alone=acts_alone, changed_at=now, change=change)
        record("entry.acts_alone" if acts_alone else "entry.needs_a_look", entry.public_id, at=now)


def name_frames(film: Media, frames: Iterable[tuple[bytes, float]]) -> None:
    """Say which film these own PDQ entries (value, seconds from the start) are frames of, where none is said yet."""
    own = HashListEntry.objects.filter(hash_list__name=OWN_LIST, kind="pdq", frame_of=None)
    for value, time_s in frames:
        own.filter(value=value).update(frame_of=film, frame_time_s=time_s)


def name_still(value: bytes) -> None:
    """Say that this own PDQ entry stands for a still that was judged by itself, whichever film shows it, too."""
    own = HashListEntry.objects.filter(hash_list__name=OWN_LIST, kind="pdq", value=value)
    own.update(frame_of=None, frame_time_s=None)


@transaction.atomic
def set_identified(entries: Iterable[HashListEntry], identified: Identified, now: dt.datetime) -> None:
    """Say on own entries whether police know the child; followers of the changes see it as one."""
    changed = [entry for entry in entries if entry.identified != identified]
    if not changed:
        return
    lock_changes()
    for entry in changed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('hashlists_change')")
            (change,) = cursor.fetchone()
        HashListEntry.objects.filter(pk=entry.pk).update(identified=identified, changed_at=now, change=change)
        record("entry.identification", entry.public_id, details={"identified": identified}, at=now)
    entries_restated.announce(EntriesRestated([entry.pk for entry in changed], now))


def add_own_entries(rows: Sequence[EntryRow], supplier: str, now: dt.datetime) -> None:
    """Put the hashes of a verdict on the hotline's own list (R12a), in the caller's transaction.

    What an earlier verdict withdrew is active again: the later one counts.
    """
    hash_list, _ = HashList.objects.get_or_create(
        name=OWN_LIST, defaults={"supplier": supplier, "kind": HashList.Kind.OWN, "created_at": now}
    )
    upsert_entries(hash_list, rows, now)
    withdrawn = hash_list.entries.filter(state=HashListEntry.State.WITHDRAWN, value__in=[row.value for row in rows])
    back = [entry for row in rows for entry in withdrawn if (entry.kind, bytes(entry.value)) == (row.kind, row.value)]
    if back:
        set_entry_state(back, HashListEntry.State.ACTIVE, reason="a later verdict", by=None, now=now)
