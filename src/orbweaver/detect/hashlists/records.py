"""The record of a list, as rows for a table: all that is known of each entry, withdrawn ones too, and its terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from orbweaver.detect.hashlists.exporting import cells_of
from orbweaver.detect.hashlists.histories import Beside, in_words, on_one_line
from orbweaver.detect.hashlists.models import EntryStateChange, HashList, HashListEntry
from orbweaver.detect.hashlists.rules import COLUMNS

RECORD_COLUMNS = (
    *COLUMNS,
    "state", "since", "history", "others", "entry", "added", "import", "list", "supplier", "trust", "allowed",
    "expires", "serves", "radius", "terms",
)  # fmt: skip
"""Those of a list, then what no supplier says. ``history`` names each change of state: when, by whom, why; ``others``
what members say of it, and what a person made of that. ``import`` is the run that brought it, by ``IMPORT_COLUMNS``."""

IMPORT_COLUMNS = (
    "import", "file", "sha256", "by", "started_at", "finished_at", "state", "added", "changed", "unchanged",
    "withdrawn", "rejected",
)  # fmt: skip
"""A run of an import. ``withdrawn`` counts rows about what is withdrawn here and stays so."""


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
            "by": run.by.display_name if run.by else "",
            "started_at": run.started_at.isoformat(timespec="seconds"),
            "finished_at": ended,
            "state": run.state,
            **{name: getattr(run, name) for name in ("added", "changed", "unchanged", "withdrawn", "rejected")},
        }


def record_rows(hash_list: HashList, others: Beside) -> Iterator[dict[str, str]]:
    """A row for each hash of each entry, in the order they were added, by ``RECORD_COLUMNS``.

    ``others``: what members say, which rooms above keep.
    """
    changes = Prefetch("state_changes", EntryStateChange.objects.select_related("by").order_by("pk"))
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
    entries = hash_list.entries.select_related("list_import").prefetch_related(changes, "hashes")
    for entry in entries.order_by("pk").iterator(chunk_size=2000):
        history = [in_words(each) for each in entry.state_changes.all()]
        since = entry.state_changes.all()[len(history) - 1].at if history else entry.added_at
        run = entry.list_import.public_id if entry.list_import else ""
        said = "; ".join(others.of(entry.pk))
        after = ("; ".join(history), said, entry.public_id, entry.added_at.isoformat(), run)
        hashes = sorted(entry.hashes.all(), key=lambda each: each.pk)
        for each in hashes:
            state = HashListEntry.State.WITHDRAWN if each.withdrawn else entry.state
            own = cells_of(entry, each, is_alone=len(hashes) == 1)
            yield dict(zip(RECORD_COLUMNS, (*own, state, since.isoformat(), *after, *of_list), strict=True))
