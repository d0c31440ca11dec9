"""The same picture on several lists: who says what of it, and where they disagree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Q

from orbweaver.detect.hashlists.models import EntryHash, HashListEntry

MOST: Final = 100
"""Hashes of other entries that are looked at."""
COMPARED: Final = ("classification", "identified", "baseline", "series_name")


@dataclass(frozen=True)
class Witness:
    """Another entry that has hashes of one in common: their kinds, and the fields in which the two disagree.

    An empty series says nothing, and disagrees with none.
    """

    entry: HashListEntry
    kinds: tuple[str, ...]
    differs: tuple[str, ...]


def witnesses(entry: HashListEntry) -> list[Witness]:
    """The other entries, on this list or another, that have hashes in common with one, withdrawn ones too.

    Frames of films are left out: other films have them as well.
    """
    own = [(each.kind, bytes(each.value)) for each in entry.live_hashes if not each.is_frame]
    if not own:
        return []
    same = reduce(or_, (Q(kind=kind, value=value) for kind, value in own))
    hashes = EntryHash.objects.filter(same, withdrawn=False, time_s=None).exclude(entry=entry)
    found: dict[int, tuple[HashListEntry, list[str]]] = {}
    for each in hashes.select_related("entry__hash_list").order_by("entry_id", "pk")[:MOST]:
        found.setdefault(each.entry_id, (each.entry, []))[1].append(each.kind_label)
    return [Witness(other, tuple(kinds), _differences(entry, other)) for other, kinds in found.values()]


def _differences(one: HashListEntry, other: HashListEntry) -> tuple[str, ...]:
    pairs = ((name, getattr(one, name), getattr(other, name)) for name in COMPARED)
    return tuple(
        name for name, own, theirs in pairs if own != theirs and not (name == "series_name" and "" in (own, theirs))
    )
