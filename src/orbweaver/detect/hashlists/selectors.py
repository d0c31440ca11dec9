"""Reads of hash lists."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max, OuterRef, Q, Subquery

from orbweaver.detect.hashlists.messages import NO_SUCH_LIST
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry, ListImport
from orbweaver.errors import InvalidInput


@dataclass(frozen=True)
class ChangedHash:
    """What the index needs to know of a hash whose entry changed."""

    change: int
    hash_id: int
    kind: str
    value: bytes
    searchable: bool


def changes_after(change: int, limit: int) -> list[ChangedHash]:
    """The hashes of the next changed entries in their order, about ``limit``: all of an entry come together.

    ``searchable`` is false for those of withdrawn entries and those taken back; on lists of known good, for all but
    SHA-256.
    """
    hashes = EntryHash.objects.order_by("entry__change", "pk")
    columns = ("entry__change", "pk", "kind", "value", "withdrawn", "entry__state", "entry__hash_list__kind")
    rows = list(hashes.filter(entry__change__gt=change).values_list(*columns)[:limit])
    if len(rows) == limit:
        last = rows[-1][0]
        rows = [row for row in rows if row[0] != last] or list(hashes.filter(entry__change=last).values_list(*columns))
    return [
        ChangedHash(number, pk, kind, bytes(value), not gone and _is_searched_for(state, list_kind, kind))
        for number, pk, kind, value, gone, state, list_kind in rows
    ]


def _is_searched_for(state: str, list_kind: str, kind: str) -> bool:
    return state != HashListEntry.State.WITHDRAWN and (list_kind != HashList.Kind.KNOWN_GOOD or kind == "sha256")


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
    quarantined: int
    withdrawn: int
    last_import_rejected: int


def summaries() -> list[ListSummary]:
    """All lists by name."""
    last = ListImport.objects.filter(hash_list=OuterRef("pk")).order_by("-pk").values("rejected")[:1]
    found = HashList.objects.annotate(last_rejected=Subquery(last)).prefetch_related("counts").order_by("name")
    return [_summary(each, each.last_rejected or 0) for each in found]


def summary_of(hash_list: HashList) -> ListSummary:
    """One list with its numbers."""
    last = hash_list.imports.order_by("-pk").first()
    return _summary(hash_list, last.rejected if last else 0)


def _summary(hash_list: HashList, last_rejected: int) -> ListSummary:
    counts = {each.state: each.entries for each in hash_list.counts.all()}
    by_state = {state.value: counts.get(state.value, 0) for state in HashListEntry.State}
    return ListSummary(hash_list, **by_state, last_import_rejected=last_rejected)


def get_list(name_or_id: str) -> HashList:
    """A list by name or public identifier. Raises InvalidInput."""
    found = HashList.objects.filter(Q(name=name_or_id) | Q(public_id=name_or_id)).first()
    if found is None:
        raise InvalidInput(NO_SUCH_LIST.of(name=name_or_id))
    return found


def entry_with(hash_list: HashList, kind: str, value: bytes) -> HashListEntry | None:
    """The entry of a list that has this hash: the first to come, where there are several."""
    return hash_list.entries.filter(hashes__kind=kind, hashes__value=value).order_by("pk").first()
