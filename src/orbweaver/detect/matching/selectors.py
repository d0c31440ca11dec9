"""From hits of the index to entries of the lists, in the state that the database holds them now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.rules import gravity
from orbweaver.detect.matching.rules import Hit, ListTerms, counting_hits, is_known_good
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.platform.clock import now


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
            searchable=entry.state != HashListEntry.State.WITHDRAWN and not _is_expired(entry.hash_list),
        )
        for pk, entry in entries.items()
    }


def _is_expired(hash_list: HashList) -> bool:
    """Whether its terms let it be used no longer."""
    return hash_list.expires_on is not None and hash_list.expires_on < now().date()


def known_matches(
    hits: Sequence[Hit], entries: dict[int, HashListEntry] | None = None
) -> list[tuple[Hit, HashListEntry]]:
    """The hits that count, with their entries; none for bytes that are known good.

    In the order in which they say what a file is (``order_of``). ``entries`` are those of ``entries_of`` where many
    files were asked for together.
    """
    known = entries_of(hits) if entries is None else entries
    entries = {hit.entry_id: known[hit.entry_id] for hit in hits if hit.entry_id in known}
    terms = terms_of(entries)
    if is_known_good(hits, terms):
        return []
    counting = counting_hits(hits, terms, MatchingSettings.current().match_radius)
    return sorted(((hit, entries[hit.entry_id]) for hit in counting), key=lambda each: order_of(*each))


def order_of(hit: Hit, entry: HashListEntry) -> tuple[bool, int, bool, int, int]:
    """What may act before what a person should look at first; then the gravest, then the same bytes before what looks
    alike, then the nearest."""
    return (marks_of(entry) != "", gravity(entry.classification), hit.kind == "pdq", hit.distance, entry.pk)


def marks_of(entry: HashListEntry) -> Literal["", "disputed", "needs_a_look", "review_only"]:
    """Why no filter should act on an entry without a person's look; "" where it may.

    ``review_only``: the terms of its list allow no more. ``needs_a_look``: too few analysts agreed for it to act
    alone (R12).
    """
    if entry.state == HashListEntry.State.DISPUTED:
        return "disputed"
    if entry.hash_list.allowed == HashList.Allowed.REVIEW:
        return "review_only"
    if entry.hash_list.kind == HashList.Kind.OWN and not entry.acts_alone:
        return "needs_a_look"
    return ""
