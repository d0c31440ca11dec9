"""The record of a list, as rows for a table: all that is known of each entry, withdrawn ones too, and its terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from orbweaver.detect.hashlists.exporting import FIELDS, cells_of
from orbweaver.detect.hashlists.histories import AT_ONCE, Beside, in_words, on_one_line
from orbweaver.detect.hashlists.models import EntryHash, EntryStateChange, HashList, HashListEntry
from orbweaver.detect.hashlists.rules import COLUMNS

RECORD_COLUMNS = (
    *COLUMNS,
    "state", "since", "history", "others", "entry", "added", "import", "list", "supplier", "trust", "allowed",
    "expires", "serves", "radius", "terms",
)  # fmt: skip
"""Those of a list, then what no supplier says. ``history`` names each change of state: when, by whom, why; ``others``
what members say of it, and what a person made of that. ``import`` is the run that brought it, by ``IMPORT_COLUMNS``."""

IMPORT_COLUMNS = (
    "import", "file", "sha256", "read_as", "by", "started_at", "finished_at", "state", "added", "changed", "unchanged",
    "withdrawn", "rejected", "taken_back",
)  # fmt: skip
"""A run of an import. ``read_as``: its format and, where one was said, the region. ``withdrawn`` counts rows about what
is withdrawn here and stays so; ``taken_back`` entries that only a reading had added which this one replaced."""


@dataclass(frozen=True)
class Dispute:
    """An entry was disputed; ``outcome`` is the change that followed, None while it is open."""

    begun: EntryStateChange
    outcome: EntryStateChange | None


def disputes(hash_list: HashList, limit: int) -> list[Dispute]:
    """The newest disputes about entries of a list, those that are open first."""
    changes = EntryStateChange.objects.filter(entry__hash_list=hash_list).select_related("entry", "by").order_by("pk")
    disputed = HashListEntry.State.DISPUTED
    concerned = changes.filter(entry__in=changes.filter(state=disputed).order_by("-pk").values("entry")[: 4 * limit])
    open_ones: dict[int, EntryStateChange] = {}
    found = []
    for change in concerned:
        begun = open_ones.pop(change.entry_id, None)
        if begun is not None:
            found.append(Dispute(begun, change))
        if change.state == disputed:
            open_ones[change.entry_id] = change
    found += [Dispute(begun, None) for begun in open_ones.values()]
    return sorted(found, key=lambda each: (each.outcome is not None, -each.begun.pk))[:limit]


def withdrawals(hash_list: HashList, limit: int) -> list[EntryStateChange]:
    """What people withdrew and what is so still, the newest first: each entry's last change."""
    changes = EntryStateChange.objects.filter(
        entry__hash_list=hash_list, state=HashListEntry.State.WITHDRAWN, entry__state=HashListEntry.State.WITHDRAWN
    )
    newest = changes.order_by("entry", "-pk").distinct("entry").values("pk")
    return list(changes.filter(pk__in=newest).select_related("entry", "by").order_by("-pk")[:limit])


def quarantined() -> QuerySet[EntryStateChange]:
    """What put each entry into quarantine that is there, the longest first."""
    state = HashListEntry.State.QUARANTINED
    changes = EntryStateChange.objects.filter(entry__state=state, state=state)
    newest = changes.order_by("entry", "-pk").distinct("entry").values("pk")
    return changes.filter(pk__in=newest).select_related("entry__hash_list").order_by("pk")


def import_rows(hash_list: HashList) -> Iterator[dict[str, Any]]:
    """Every import of a list, the newest first, by ``IMPORT_COLUMNS``."""
    for run in hash_list.imports.select_related("by").order_by("-pk").iterator():
        ended = run.finished_at.isoformat(timespec="seconds") if run.finished_at else None
        yield {
            "import": run.public_id,
            "file": run.file_name,
            "sha256": run.sha256,
            "read_as": run.read_as,
            "by": run.by.display_name if run.by else "",
            "started_at": run.started_at.isoformat(timespec="seconds"),
            "finished_at": ended,
            "state": run.state,
            **{name: getattr(run, name) for name in IMPORT_COLUMNS[8:]},
        }


def record_rows(hash_list: HashList, others: Beside) -> Iterator[dict[str, str]]:
    """A row for each hash of each entry, in the order they were added, by ``RECORD_COLUMNS``.

    ``others``: what members say, which rooms above keep.
    """
    of_list = (
        hash_list.name,
        hash_list.supplier,
        hash_list.trust,
        hash_list.allowed,
        hash_list.expires_on.isoformat() if hash_list.expires_on else "",
        ", ".join(map(str, hash_list.doors)),
        "" if hash_list.radius is None else str(hash_list.radius),
        on_one_line(hash_list.terms),
    )
    for part in _parts(hash_list):
        numbers = [number for number, *_ in part]
        hashes, changes = _hashes_of(numbers), _changes_of(numbers)
        for number, state, added_at, run, *described in part:
            own, became = hashes.get(number, []), changes.get(number, [])
            since = became[-1].at if became else added_at
            history = "; ".join(map(in_words, became))
            public_id = described[FIELDS.index("public_id")]
            said = "; ".join(others.of(number))
            after = (since.isoformat(), history, said, public_id, added_at.isoformat(), run or "")
            for kind, value, time_s, withdrawn in own:
                cells = cells_of(kind, bytes(value), time_s, described, is_alone=len(own) == 1)
                stands = HashListEntry.State.WITHDRAWN.value if withdrawn else state
                yield dict(zip(RECORD_COLUMNS, (*cells, stands, *after, *of_list), strict=True))


def _parts(hash_list: HashList) -> Iterator[list[tuple[Any, ...]]]:
    """Its entries in the order they were added, so many at once: number, state, time, run of its import, ``FIELDS``.

    One question over all would have the database put the whole of it aside before the first row is seen.
    """
    entries = hash_list.entries.order_by("pk").values_list("pk", "state", "added_at", "list_import__public_id", *FIELDS)
    last = 0
    while part := list(entries.filter(pk__gt=last)[:AT_ONCE]):
        yield part
        last = part[-1][0]


def _hashes_of(entries: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    """Kind, value, time and whether it was taken back of each hash, in the order in which they came."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    rows = EntryHash.objects.filter(entry__in=entries).order_by("pk")
    for number, *row in rows.values_list("entry_id", "kind", "value", "time_s", "withdrawn"):
        found[number].append((*row,))
    return found


def _changes_of(entries: Sequence[int]) -> dict[int, list[EntryStateChange]]:
    """Each change of their states, the oldest first."""
    found: dict[int, list[EntryStateChange]] = defaultdict(list)
    for change in EntryStateChange.objects.filter(entry__in=entries).select_related("by").order_by("pk"):
        found[change.entry_id].append(change)
    return found
