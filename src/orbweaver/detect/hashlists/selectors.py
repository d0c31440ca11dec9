"""Reads of hash lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from orbweaver.detect.hashlists.messages import NO_SUCH_LIST
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.rules import COLUMNS
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints.kinds import kinds


@dataclass(frozen=True)
class ChangedEntry:
    """What the index needs to know of a change."""

    change: int
    entry_id: int
    kind: str
    value: bytes
    searchable: bool


def changes_after(change: int, limit: int) -> list[ChangedEntry]:
    """The next changes in their order; ``searchable`` is false for withdrawn entries and lists of known good."""
    rows = (
        HashListEntry.objects.filter(change__gt=change)
        .order_by("change")
        .values_list("change", "pk", "kind", "value", "state", "hash_list__kind")[:limit]
    )
    return [
        ChangedEntry(
            number,
            pk,
            kind,
            bytes(value),
            state != HashListEntry.State.WITHDRAWN and (list_kind != HashList.Kind.KNOWN_GOOD or kind == "sha256"),
        )
        for number, pk, kind, value, state, list_kind in rows
    ]


def last_change() -> int:
    """The number of the newest change; 0 when there is none."""
    newest: int | None = HashListEntry.objects.aggregate(newest=Max("change"))["newest"]
    return newest or 0


@dataclass(frozen=True)
class ListSummary:
    """A list with its numbers of entries by state."""

    hash_list: HashList
    active: int
    disputed: int
    withdrawn: int
    last_import_rejected: int


def summaries() -> list[ListSummary]:
    """All lists by name."""
    lists = HashList.objects.order_by("name").annotate(
        active=Count("entries", filter=Q(entries__state="active")),
        disputed=Count("entries", filter=Q(entries__state="disputed")),
        withdrawn=Count("entries", filter=Q(entries__state="withdrawn")),
    )
    result = []
    for found in lists:
        last = found.imports.order_by("-pk").first()
        result.append(ListSummary(found, found.active, found.disputed, found.withdrawn, last.rejected if last else 0))
    return result


def get_list(name_or_id: str) -> HashList:
    """A list by name or public identifier. Raises InvalidInput."""
    found = HashList.objects.filter(Q(name=name_or_id) | Q(public_id=name_or_id)).first()
    if found is None:
        raise InvalidInput(NO_SUCH_LIST.of(name=name_or_id))
    return found


def export_rows(hash_list: HashList) -> Iterator[dict[str, str]]:
    """Rows for a format to write, without withdrawn entries, in the order they were added."""
    entries = hash_list.entries.exclude(state=HashListEntry.State.WITHDRAWN).order_by("pk")
    for entry in entries.iterator(chunk_size=5000):
        yield dict(zip(COLUMNS, cells_of(entry), strict=True))


def cells_of(entry: HashListEntry) -> tuple[str, ...]:
    """What its supplier says of an entry, by ``COLUMNS``."""
    return (
        entry.kind,
        _written(entry),
        entry.classification,
        entry.identified,
        entry.series_name,
        entry.source,
        "yes" if entry.baseline else "no",
    )


def _written(entry: HashListEntry) -> str:
    """The hash as its kind writes it, so that it can be read again; in hexadecimal where the plug-in has gone."""
    kind, value = kinds().get(entry.kind), bytes(entry.value)
    return kind.format(value) if kind else value.hex()
