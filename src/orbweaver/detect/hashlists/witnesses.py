"""The same picture on several lists: who says what of it, and where they disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from django.db import connection
from django.db.models import Q

from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry

MOST: Final = 100
"""Hashes of other entries that are looked at."""
AT_FIRST: Final = 100
AT_ONCE: Final = 1_000
"""Entries that one statement compares: few enough for indexes alone, and for memory where all of them differ. It begins
with few, so that a page is full after little where lists disagree often, and takes twice as many each time."""
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


@dataclass(frozen=True)
class Disagreement:
    """Two entries of one picture or film on different lists, and the fields in which they disagree."""

    entry: HashListEntry
    other: HashListEntry
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A part of a list beside all others. ``last`` is the key of its last entry, behind which the next part begins;
    ``looked_at`` counts its entries."""

    found: list[Disagreement]
    looked_at: int
    last: bytes


_PART = """
SELECT id, key FROM hashlists_hashlistentry WHERE hash_list_id = %s AND key > %s ORDER BY key LIMIT %s
"""

_OTHERS = """
SELECT DISTINCT e.key, e.id, other.id FROM hashlists_hashlistentry e
JOIN hashlists_entryhash h ON h.entry_id = e.id AND NOT h.withdrawn AND h.time_s IS NULL
JOIN hashlists_entryhash o ON o.kind = h.kind AND o.value = h.value AND NOT o.withdrawn AND o.time_s IS NULL
JOIN hashlists_hashlistentry other ON other.id = o.entry_id AND other.hash_list_id <> e.hash_list_id
WHERE e.id = ANY(%s) AND e.state <> 'withdrawn' AND other.state <> 'withdrawn' AND (
    (other.classification, other.identified, other.baseline) <> (e.classification, e.identified, e.baseline)
    OR (other.series_name <> e.series_name AND other.series_name <> '' AND e.series_name <> '')
)
ORDER BY e.key, other.id
"""


def disagreements(hash_list: HashList, after: bytes = b"") -> Iterator[Part]:
    """What other lists say otherwise of what is on this one, part by part in the order of the entries' keys, behind
    ``after``. Withdrawn entries say nothing; frames of films are left out, as other films have them as well."""
    at_once = AT_FIRST
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PART, [hash_list.pk, after, at_once])
            part = cursor.fetchall()
            if not part:
                return
            cursor.execute(_OTHERS, [[number for number, _ in part]])
            pairs = [(mine, other) for _, mine, other in cursor.fetchall()]
        entries = HashListEntry.objects.select_related("hash_list").in_bulk({each for pair in pairs for each in pair})
        found = [
            Disagreement(entries[mine], entries[other], _differences(entries[mine], entries[other]))
            for mine, other in pairs
        ]
        after, at_once = bytes(part[-1][1]), min(2 * at_once, AT_ONCE)
        yield Part(found, len(part), after)
