"""Writing a list in a format, in flat memory, with a report of what the format could not hold."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Final

from django.db import transaction
from django.db.models import Q

from orbweaver.detect.hashlists.formats import HoldsSomeClassifications, ListFormat
from orbweaver.detect.hashlists.histories import histories
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry
from orbweaver.detect.hashlists.rules import COLUMNS, STATED_COLUMNS
from orbweaver.detect.hashlists.sharing import EVERY_ENTRY
from orbweaver.fingerprints.kinds import kinds

AT_ONCE: Final = 5_000
"""Rows that are read from the database at once."""

DESCRIBING: Final = ("classification", "identified", "series", "source", "baseline", "id", "member", "media", "time")
NOTHING: Final = {"identified": "unidentified", "baseline": "no", "state": "active"}
"""What a column says where it says nothing; "" else."""


@dataclass
class ExportReport:
    """What was written, and what was left out: columns by the number of rows that say something there, kinds of hash by
    the number of hashes, and entries that have no hash which the format holds."""

    entries: int = 0
    hashes: int = 0
    columns_left_out: Counter[str] = field(default_factory=Counter)
    kinds_left_out: Counter[str] = field(default_factory=Counter)
    entries_left_out: int = 0
    entries_under_terms: int = 0
    """Of others, which they gave under terms of their own: a file has no place for these, so they stay."""

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "entries": self.entries,
            "hashes": self.hashes,
            "columns_left_out": dict(self.columns_left_out),
            "kinds_left_out": dict(self.kinds_left_out),
            "entries_left_out": self.entries_left_out,
            "entries_under_terms": self.entries_under_terms,
        }


def export_list(
    hash_list: HashList, chosen: ListFormat, file: IO[str], region: str = "", *, only: Q = EVERY_ENTRY
) -> ExportReport:
    """Write a list without what was withdrawn, as it is at this moment. ``only``: entries that may go on; the report
    counts the others. Raises BadList where the format asks more."""
    report = ExportReport()
    with transaction.atomic():
        chosen.write(_held(hash_list, chosen, report, only, region), file, region)
        listed = hash_list.entries.exclude(state=HashListEntry.State.WITHDRAWN)
        report.entries_under_terms = listed.exclude(pk__in=listed.filter(only).values("pk")).count()
    return report


def export_rows(hash_list: HashList, *, only: Q = EVERY_ENTRY) -> Iterator[dict[str, str]]:
    """Rows for a format to write, one a hash, those of an entry together, without what was withdrawn.

    In the order in which entries were added. What is only tied together here takes our own name as its id.
    """
    for entry in _entries(hash_list, only):
        yield from entry


FIELDS: Final = (
    "classification", "identified", "series_name", "source", "baseline", "supplier_id", "public_id", "member",
    "media_type",
)  # fmt: skip
"""What its supplier says of an entry, and our own name for it."""


def cells_of(
    kind: str, value: bytes, time_s: float | None, described: Sequence[Any], *, is_alone: bool
) -> tuple[str, ...]:
    """A hash and what its supplier says of its entry (``FIELDS``), by ``COLUMNS``."""
    classification, identified, series, source, baseline, supplier_id, public_id, member, media_type = described
    known = kinds().get(kind)
    return (
        kind,
        known.format(value) if known else value.hex(),  # in hexadecimal where the plug-in has gone
        classification,
        identified,
        series,
        source,
        "yes" if baseline else "no",
        supplier_id or ("" if is_alone else public_id),
        member,
        media_type,
        "" if time_s is None else f"{time_s:g}",
    )


def _held(
    hash_list: HashList, chosen: ListFormat, report: ExportReport, only: Q, region: str
) -> Iterator[Mapping[str, str]]:
    """The rows that the format holds; counts what it does not."""
    holds = {*chosen.columns, *chosen.stated}
    lost = [column for column in (*DESCRIBING, *STATED_COLUMNS) if column not in holds]
    some = chosen.classifications(region) if isinstance(chosen, HoldsSomeClassifications) else frozenset()
    for entry in _entries(hash_list, only):
        rows = [row for row in entry if chosen.kinds is None or row["kind"] in chosen.kinds]
        if chosen.kinds is not None:
            report.kinds_left_out.update(row["kind"] for row in entry if row["kind"] not in chosen.kinds)
        if not rows:
            report.entries_left_out += 1
            continue
        report.entries += 1
        report.hashes += len(rows)
        for row in rows:
            report.columns_left_out.update(
                column
                for column in lost
                if row[column] != NOTHING.get(column, "") and not (column == "classification" and row[column] in some)
            )
        yield from rows


def _entries(hash_list: HashList, only: Q) -> Iterator[list[dict[str, str]]]:
    hashes = EntryHash.objects.filter(entry__hash_list=hash_list, withdrawn=False)
    if only:
        hashes = hashes.filter(entry__in=hash_list.entries.filter(only))
    listed = hashes.exclude(entry__state=HashListEntry.State.WITHDRAWN).order_by("entry_id", "pk")
    fields = (*(f"entry__{name}" for name in FIELDS), "entry__state")
    rows = listed.values_list("entry_id", "kind", "value", "time_s", *fields)
    became = histories(hash_list)
    for number, group in itertools.groupby(rows.iterator(chunk_size=AT_ONCE), lambda row: row[0]):
        entry, history = list(group), "; ".join(became.of(number))
        yield [
            dict(
                zip(
                    (*COLUMNS, *STATED_COLUMNS),
                    (*cells_of(kind, bytes(value), time_s, described, is_alone=len(entry) == 1), state, history),
                    strict=True,
                )
            )
            for _, kind, value, time_s, *described, state in entry
        ]
