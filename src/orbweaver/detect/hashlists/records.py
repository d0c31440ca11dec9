"""The record of a list, as rows for a table: all that is known of each entry, withdrawn ones too, and its terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from orbweaver.detect.hashlists.exporting import cells_of
from orbweaver.detect.hashlists.models import EntryStateChange, HashList, HashListEntry
from orbweaver.detect.hashlists.rules import COLUMNS

RECORD_COLUMNS = (
    *COLUMNS,
    "state", "since", "history", "entry", "added", "list", "supplier", "trust", "allowed", "expires", "terms",
)  # fmt: skip
"""Those of a list, then what no supplier says. ``history`` names each change of state: when, by whom, why."""


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


def record_rows(hash_list: HashList) -> Iterator[dict[str, str]]:
    """A row for each hash of each entry, in the order they were added, by ``RECORD_COLUMNS``."""
    changes = Prefetch("state_changes", EntryStateChange.objects.select_related("by").order_by("pk"))
    of_list = (
        hash_list.name,
        hash_list.supplier,
        hash_list.trust,
        hash_list.allowed,
        hash_list.expires_on.isoformat() if hash_list.expires_on else "",
        hash_list.terms,
    )
    for entry in hash_list.entries.prefetch_related(changes, "hashes").order_by("pk").iterator(chunk_size=2000):
        history = [_in_words(each) for each in entry.state_changes.all()]
        since = entry.state_changes.all()[len(history) - 1].at if history else entry.added_at
        after = ("; ".join(history), entry.public_id, entry.added_at.isoformat())
        hashes = sorted(entry.hashes.all(), key=lambda each: each.pk)
        for each in hashes:
            state = HashListEntry.State.WITHDRAWN if each.withdrawn else entry.state
            own = cells_of(entry, each, is_alone=len(hashes) == 1)
            yield dict(zip(RECORD_COLUMNS, (*own, state, since.isoformat(), *after, *of_list), strict=True))


def _in_words(change: EntryStateChange) -> str:
    who = change.by.display_name if change.by else "-"
    return f"{change.at.isoformat()} {change.state} ({who}): {change.reason}"
