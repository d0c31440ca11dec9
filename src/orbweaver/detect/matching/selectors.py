"""From hits of the index to entries of the lists, in the state that the database holds them now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.matching.rules import Hit, ListTerms, counting_hits, is_known_good
from orbweaver.detect.matching.settings import MatchingSettings


def entries_of(hits: Iterable[Hit]) -> dict[int, HashListEntry]:
    """The entries that hits name, with their lists, by id."""
    wanted = {hit.entry_id for hit in hits}
    return HashListEntry.objects.filter(pk__in=wanted).select_related("hash_list").in_bulk() if wanted else {}


def terms_of(entries: dict[int, HashListEntry]) -> dict[int, ListTerms]:
    """What the rules need to know of each entry's list."""
    return {
        pk: ListTerms(
            known_good=entry.hash_list.kind == HashList.Kind.KNOWN_GOOD,
            radius=entry.hash_list.radius,
            searchable=entry.state != HashListEntry.State.WITHDRAWN,
        )
        for pk, entry in entries.items()
    }


def known_matches(hits: Sequence[Hit]) -> list[tuple[Hit, HashListEntry]]:
    """The hits that count, with their entries, nearest first; none for bytes that are known good."""
    entries = entries_of(hits)
    terms = terms_of(entries)
    if is_known_good(hits, terms):
        return []
    counting = counting_hits(hits, terms, MatchingSettings.current().match_radius)
    return [(hit, entries[hit.entry_id]) for hit in sorted(counting, key=lambda each: (each.distance, each.entry_id))]
