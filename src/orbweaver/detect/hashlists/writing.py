"""Writing entries with their hashes, many at once: what is new goes in by COPY, what is there is compared first.

Every change gets a number from one sequence under one advisory lock, so that numbers become visible in their order and
the match index can follow by asking for all above the last it has seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.db import connection, transaction

from orbweaver.detect.hashlists.handovers import EntriesRestated, entries_restated
from orbweaver.detect.hashlists.lineages import note_lineage
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry, ListImport
from orbweaver.detect.hashlists.rules import EntryRow, key_of
from orbweaver.platform.identifiers import public_ids

CHANGE_LOCK: Final = 0x6F72_6C69
"""Advisory lock that puts the changes of lists in one order ("orli")."""

DESCRIBING: Final = (
    "media_type", "supplier_id", "member", "classification", "identified", "series_name", "source", "baseline",
)  # fmt: skip
"""What a supplier says of an entry."""

COPY_ENTRIES: Final = """
COPY hashlists_hashlistentry (key,
    media_type, supplier_id, member, classification, identified, series_name, source, baseline,
    id, change, public_id, hash_list_id, list_import_id, state, added_at, changed_at) FROM STDIN
"""
COPY_HASHES: Final = "COPY hashlists_entryhash (kind, value, time_s, entry_id) FROM STDIN"

NUMBERS: Final = """
SELECT nextval('hashlists_hashlistentry_id_seq'), nextval('hashlists_change') FROM generate_series(1, %s)
"""

THERE: Final = """
SELECT key, id, state,
    media_type, supplier_id, member, classification, identified, series_name, source, baseline
FROM hashlists_hashlistentry WHERE hash_list_id = %s AND key = ANY(%s)
"""

RESTATE: Final = """
UPDATE hashlists_hashlistentry AS entry SET
    media_type = row.media_type,
    supplier_id = row.supplier_id,
    member = row.member,
    classification = row.classification,
    identified = row.identified,
    series_name = row.series_name,
    source = row.source,
    baseline = row.baseline,
    list_import_id = %s, changed_at = %s, change = nextval('hashlists_change')
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bool[])
    AS row(id, media_type, supplier_id, member, classification, identified, series_name, source, baseline)
WHERE entry.id = row.id
"""

NUMBER_LIST: Final = """
UPDATE hashlists_hashlistentry AS entry SET changed_at = %s, change = numbered.change
FROM (
    SELECT id, nextval('hashlists_change') AS change
    FROM (SELECT id FROM hashlists_hashlistentry WHERE hash_list_id = %s ORDER BY change) AS ordered
) AS numbered
WHERE entry.id = numbered.id
"""

ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class Written:
    """What came of rows: how many added an entry or a hash to one, how many changed what is said of an entry, and how
    many are about entries that are withdrawn, and stay so."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0


Hash = tuple[str, bytes, str]
"""Kind, value and how it is written: all but the entry's number."""


@dataclass(slots=True)
class Merged:
    """The rows of one entry, put together: what the last one says, with the hashes of all."""

    row: EntryRow
    rows: int = 1
    """How many of them brought a hash."""
    line: str = ""
    """How it is written when it is new: all but what is known only then."""
    hashes: Sequence[Hash] = ()


Prepared = dict[bytes, Merged]
"""Rows that belong together, by the keys of their entries."""


@dataclass(slots=True)
class _Known:
    """An entry that is there, and the row about it."""

    number: int
    state: str
    described: tuple[Any, ...]
    merged: Merged


def lock_changes() -> None:
    """Wait for one's turn to change lists, before the first change; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHANGE_LOCK])
    note_lineage()


def number_changes(entries: Sequence[int], now: dt.datetime) -> None:
    """Give these entries the next numbers in the order of changes, under the lock: whoever follows reads them again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE hashlists_hashlistentry SET changed_at = %s, change = nextval('hashlists_change') "
            "WHERE id = ANY(%s)",
            [now, list(entries)],
        )


def number_list(hash_list: HashList, now: dt.datetime) -> None:
    """The same for all entries of a list, in the order that they have."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBER_LIST, [now, hash_list.pk])


def upsert_entries(
    hash_list: HashList,
    rows: Iterable[EntryRow],
    now: dt.datetime,
    run: ListImport | None = None,
    *,
    whole: bool = False,
) -> Written:
    """Put rows on a list. Rows with one key are one entry, which has the hashes of all. Withdrawn entries stay so.

    ``whole``: rows name all hashes of their entries, so that others are taken back, and those taken back stand again.
    Else hashes are added alone.
    """
    return upsert_prepared(hash_list, prepared(rows), now, run, whole=whole)


def prepared(rows: Iterable[EntryRow]) -> Prepared:
    """What can be done before it is the rows' turn to be written, in another thread."""
    merged = _merge(rows)
    for key, each in merged.items():
        each.line, each.hashes = _entry_line(key, each.row), tuple(_hashes_of(each.row))
    return merged


@transaction.atomic
def upsert_prepared(
    hash_list: HashList, merged: Prepared, now: dt.datetime, run: ListImport | None = None, *, whole: bool = False
) -> Written:
    """As ``upsert_entries``; what is prepared is used up."""
    if not merged:
        return Written()
    lock_changes()
    known = _there(hash_list, merged)
    added = _add(hash_list, merged, now, run)
    changed = 0
    if known:
        brought, restated = _bring_hashes(known, whole=whole), _restate(known, now, run)
        number_changes([number for number in brought if number not in restated], now)
        added += sum(brought.values())
        changed = len(restated - {number for number, count in brought.items() if count})
        if restated:
            entries_restated.announce(EntriesRestated(sorted(restated), now))
    withdrawn = sum(each.merged.rows for each in known if each.state == HashListEntry.State.WITHDRAWN)
    return Written(added, changed, withdrawn)


def _merge(rows: Iterable[EntryRow]) -> Prepared:
    merged: Prepared = {}
    for row in rows:
        key = key_of(row)
        found = merged.get(key)
        if found is None:
            merged[key] = Merged(row)
            continue
        before = found.row.hashes
        there = {(each.kind, each.value) for each in before}
        more = tuple(each for each in row.hashes if (each.kind, each.value) not in there)
        first = before[0]
        found.rows += bool(more)
        found.row = row._replace(kind=first.kind, value=first.value, time_s=first.time_s, further=(*before[1:], *more))
    return merged


def _there(hash_list: HashList, merged: Prepared) -> list[_Known]:
    """The entries that are there; their rows are taken out of ``merged``."""
    with connection.cursor() as cursor:
        cursor.execute(THERE, [hash_list.pk, list(merged)])
        found = cursor.fetchall()
    return [_Known(number, state, tuple(described), merged.pop(bytes(key))) for key, number, state, *described in found]


def _add(hash_list: HashList, merged: Prepared, now: dt.datetime, run: ListImport | None) -> int:
    """Write new entries with their hashes, each index in its own order; returns how many rows that were."""
    if not merged:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, [len(merged)])
        numbers = cursor.fetchall()
        ids = public_ids("hle", len(merged))
        stamp = now.isoformat()
        end = f"\t{hash_list.pk}\t{run.pk if run else chr(92) + 'N'}\tactive\t{stamp}\t{stamp}\n"
        new = sorted(zip(merged.items(), numbers, ids, strict=True))  # numbered in the order of the rows
        lines = [f"{each.line}{number}\t{change}\t{public_id}{end}" for (_, each), (number, change), public_id in new]
        _copy(cursor, COPY_ENTRIES, lines)
        hashes = sorted(
            (kind, value, text, number) for (_, each), (number, _), _ in new for kind, value, text in each.hashes
        )
        _copy(cursor, COPY_HASHES, [f"{text}{number}\n" for _, _, text, number in hashes])
    return sum(each.rows for each in merged.values())


def _copy(cursor: Any, into: str, lines: Sequence[str]) -> None:
    # Django translates what statements raise by itself, not what COPY does: a full disk, a server that stops
    with connection.wrap_database_errors, cursor.copy(into) as copy:
        for start in range(0, len(lines), 2000):
            copy.write("".join(lines[start : start + 2000]))


def _entry_line(key: bytes, row: EntryRow) -> str:
    named = f"{row.media_type}\t{_escaped(row.supplier_id)}\t{_escaped(row.member)}"
    described = _described(row.classification, row.identified, row.series_name, row.source, row.baseline)
    return f"\\\\x{key.hex()}\t{named}\t{described}\t"


def _hashes_of(row: EntryRow) -> Iterator[Hash]:
    if not row.further:
        yield row.kind, row.value, _hash_text(row.kind, row.value, row.time_s)
        return
    once = {(each.kind, each.value): each for each in reversed(row.hashes)}
    for each in once.values():
        yield each.kind, each.value, _hash_text(*each)


def _hash_text(kind: str, value: bytes, time_s: float | None) -> str:
    return f"{kind}\t\\\\x{value.hex()}\t{chr(92) + 'N' if time_s is None else time_s}\t"


@lru_cache(maxsize=1024)
def _described(classification: str, identified: str, series_name: str, source: str, baseline: bool) -> str:
    """What many rows have in common, as columns to be written."""
    return "\t".join([classification, identified, _escaped(series_name), _escaped(source), "t" if baseline else "f"])


def _escaped(text: str) -> str:
    return text if not text or text.isalnum() else text.translate(ESCAPES)


def _bring_hashes(known: Sequence[_Known], *, whole: bool) -> dict[int, int]:
    """Write the hashes that entries lack; returns the entries with other hashes, each with how many are new."""
    numbers = [each.number for each in known]
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_id, kind, value FROM hashlists_entryhash WHERE entry_id = ANY(%s)", [numbers])
        there = set(cursor.fetchall())
    lines: list[tuple[str, bytes, str]] = []
    changed: dict[int, int] = {}
    for each in known:
        for one in each.merged.row.hashes:
            if (each.number, one.kind, one.value) not in there:
                there.add((each.number, one.kind, one.value))
                lines.append((one.kind, one.value, f"{_hash_text(*one)}{each.number}\n"))
                changed[each.number] = changed.get(each.number, 0) + 1
    if lines:
        with connection.cursor() as cursor:
            _copy(cursor, COPY_HASHES, [line for *_, line in sorted(lines)])
    if whole:
        changed |= {number: 0 for number in _set_hashes(known) if number not in changed}
    return changed


def _set_hashes(known: Sequence[_Known]) -> set[int]:
    """Let the hashes stand that rows name, at their times, and take the others back; returns the entries that it
    changed."""
    wanted = {
        (each.number, one.kind, one.value): one.time_s for each in known for one in reversed(each.merged.row.hashes)
    }
    changed = []
    for found in EntryHash.objects.filter(entry__in=[each.number for each in known]):
        key = (found.entry_id, found.kind, bytes(found.value))
        state = (key not in wanted, wanted.get(key, found.time_s))
        if (found.withdrawn, found.time_s) != state:
            found.withdrawn, found.time_s = state
            changed.append(found)
    EntryHash.objects.bulk_update(changed, ["withdrawn", "time_s"])
    return {found.entry_id for found in changed}


def _restate(known: Sequence[_Known], now: dt.datetime, run: ListImport | None) -> set[int]:
    """Write what suppliers say differently now; returns the numbers of these entries."""
    pairs = (
        (each.number, each.described, tuple(getattr(each.merged.row, name) for name in DESCRIBING)) for each in known
    )
    rows = [(number, *described) for number, before, described in pairs if described != before]
    if rows:
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(RESTATE, [run.pk if run else None, now, *columns])
    return {row[0] for row in rows}
