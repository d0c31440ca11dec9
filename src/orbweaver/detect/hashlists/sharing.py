"""What other hotlines and companies may fetch, in the order in which it changed: the hotline's own verdicts.

Lists of other suppliers only where somebody said that their terms allow it (``HashList.doors``). Sub-type b is on none
(R32). Of a list that is closed again, whoever fetched it hears that its entries are withdrawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry
from orbweaver.platform.clock import now

EVERY_ENTRY = Q()


def is_open(hash_list: HashList) -> bool:
    """Whether others may fetch a list now."""
    return HashList.Door.EXCHANGE in hash_list.doors and not hash_list.is_expired(now().date())


def is_gone(entry: HashListEntry) -> bool:
    """Whether an entry is no longer for others: it is withdrawn, or its list is closed to them or
    past its last day."""
    return entry.state == HashListEntry.State.WITHDRAWN or not is_open(entry.hash_list)


def is_withheld(entry: HashListEntry) -> bool:
    """Whether nobody should act on an entry now: it is gone, disputed or in quarantine, too few analysts
    agreed (R12), or the terms of its list allow review alone."""
    hash_list = entry.hash_list
    doubtful = hash_list.kind == HashList.Kind.OWN and not entry.acts_alone
    return (
        is_gone(entry)
        or entry.state != HashListEntry.State.ACTIVE
        or doubtful
        or hash_list.allowed == HashList.Allowed.REVIEW
    )


def shared_entries(
    kinds: Sequence[str], since: dt.datetime, until: dt.datetime, *, after: int, most: int, only: Q = EVERY_ENTRY
) -> list[HashListEntry]:
    """Entries with hashes of these kinds that changed between two instants, withheld ones too, after a number of a
    change, and of those the ones that are asked for; their hashes are loaded."""
    has_one = EntryHash.objects.filter(entry=OuterRef("pk"), kind__in=list(kinds), time_s=None)
    changed = _exchanged_once().filter(Exists(has_one), changed_at__gte=since, changed_at__lte=until, change__gt=after)
    asked = changed.filter(only)
    return list(asked.select_related("hash_list").prefetch_related("hashes").order_by("change")[:most])


def changed_entries(after: int, most: int, only: Q = EVERY_ENTRY) -> list[HashListEntry]:
    """Entries that others may fetch or might, withheld and gone ones too, after a number of a change, and of those the
    ones that are asked for; with hashes."""
    changed = _exchanged_once().filter(only, change__gt=after).select_related("hash_list").prefetch_related("hashes")
    return list(changed.order_by("change")[:most])


def exchanged() -> QuerySet[HashListEntry]:
    """Entries of every list that others may fetch."""
    expired = Q(hash_list__expires_on__lt=now().date())
    return _known().filter(hash_list__doors__contains=[HashList.Door.EXCHANGE]).exclude(expired)


def _exchanged_once() -> QuerySet[HashListEntry]:
    """The same with those of closed lists that others might fetch before; what came to one since stays here."""
    now_open = Q(hash_list__doors__contains=[HashList.Door.EXCHANGE])
    return _known().filter(now_open | Q(pk__lte=F("hash_list__last_shared")))


def _known() -> QuerySet[HashListEntry]:
    return HashListEntry.objects.exclude(hash_list__kind=HashList.Kind.KNOWN_GOOD)


def shared_hashes(entry: HashListEntry, kinds: Sequence[str]) -> list[EntryHash]:
    """Those of its hashes that are of these kinds and stand for the whole of it: frames of films are not shared."""
    return [each for each in entry.live_hashes if each.kind in kinds and not each.is_frame]
