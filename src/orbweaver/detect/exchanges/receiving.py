"""Writing one page of an exchange: the latest word on an entry counts, whatever order words come in, however often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import OuterRef, Subquery

from orbweaver.detect.exchanges.models import Tombstone
from orbweaver.detect.exchanges.opinions import keep_opinions
from orbweaver.detect.exchanges.protocols.protocol import Stated
from orbweaver.detect.exchanges.telling import keep_told
from orbweaver.detect.hashlists.models import EntryStateChange, HashList, HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state
from orbweaver.detect.hashlists.writing import upsert_entries

WITHDRAWN_BY_SUPPLIER: Final = "its supplier withdrew it"
BACK_AT_SUPPLIER: Final = "its supplier gives it again"

STAMP_ENTRIES: Final = """
UPDATE hashlists_hashlistentry AS entry SET stated_at = row.at
FROM unnest(%s::bytea[], %s::timestamptz[]) AS row(key, at)
WHERE entry.hash_list_id = %s AND entry.key = row.key
"""


@dataclass(frozen=True, slots=True)
class Received:
    """How many entries a page gave, and how many it withdrew; what was known already counts for nothing."""

    taken: int = 0
    withdrawn: int = 0


def receive(hash_list: HashList, stated: Iterable[Stated], now: dt.datetime) -> Received:
    """Write what an exchange states, in the caller's transaction."""
    latest = _latest(stated)
    if not latest:
        return Received()
    there = {bytes(each.key): each for each in hash_list.entries.filter(key__in=list(latest))}
    buried = {
        bytes(key): at
        for key, at in Tombstone.objects.filter(hash_list=hash_list, key__in=list(latest)).values_list(
            "key", "stated_at"
        )
    }
    news = [each for each in latest.values() if _is_news(each, there.get(each.key), buried.get(each.key))]
    given = [each for each in news if each.row is not None]
    gone = [each for each in news if each.row is None]
    written = upsert_entries(hash_list, [each.row for each in given if each.row is not None], now, whole=True)
    _restore(hash_list, [there[each.key] for each in given if each.key in there], now)
    withdrawn = _withdraw(hash_list, [there[each.key] for each in gone if each.key in there], now)
    _stamp(hash_list, [each for each in news if each.row is not None or each.key in there])
    Tombstone.objects.filter(hash_list=hash_list, key__in=[each.key for each in given]).delete()
    _bury(hash_list, [each for each in gone if each.key not in there])
    keep_told(hash_list, {each.key: each.told for each in news if each.row is not None or each.told is not None})
    keep_opinions(hash_list, {each.key: each.said for each in given if each.said}, now)
    return Received(written.added + written.changed, withdrawn)


def _latest(stated: Iterable[Stated]) -> dict[bytes, Stated]:
    """The latest word on each entry; of one time, that it is withdrawn."""
    latest: dict[bytes, Stated] = {}
    for each in stated:
        before = latest.get(each.key)
        if before is None or (each.at, each.row is None) >= (before.at, before.row is None):
            latest[each.key] = each
    return latest


def _is_news(stated: Stated, there: HashListEntry | None, buried: dt.datetime | None) -> bool:
    """Whether nothing later is known. Of one time, a withdrawal stands."""
    if buried is not None:
        return stated.at > buried
    if there is None or there.stated_at is None:
        return True
    if stated.at == there.stated_at and stated.row is not None:
        return there.state != HashListEntry.State.WITHDRAWN
    return stated.at >= there.stated_at


def _withdraw(hash_list: HashList, entries: Sequence[HashListEntry], now: dt.datetime) -> int:
    listed = [each for each in entries if each.state != HashListEntry.State.WITHDRAWN]
    if listed:
        withdrawn, supplier = HashListEntry.State.WITHDRAWN, hash_list.supplier
        set_entry_state(listed, withdrawn, reason=WITHDRAWN_BY_SUPPLIER, by=None, said_by=supplier, now=now)
    return len(listed)


def _restore(hash_list: HashList, entries: Sequence[HashListEntry], now: dt.datetime) -> None:
    """Let those stand again that their supplier had withdrawn. What was withdrawn here stays so."""
    withdrawn = [each.pk for each in entries if each.state == HashListEntry.State.WITHDRAWN]
    if not withdrawn:
        return
    last = EntryStateChange.objects.filter(entry=OuterRef("pk")).order_by("-pk").values("said_by")[:1]
    theirs = HashListEntry.objects.filter(pk__in=withdrawn).annotate(said_by=Subquery(last)).exclude(said_by="")
    if found := list(theirs):
        active, supplier = HashListEntry.State.ACTIVE, hash_list.supplier
        set_entry_state(found, active, reason=BACK_AT_SUPPLIER, by=None, said_by=supplier, now=now)


def _stamp(hash_list: HashList, news: Sequence[Stated]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STAMP_ENTRIES, [[each.key for each in news], [each.at for each in news], hash_list.pk])


def _bury(hash_list: HashList, gone: Sequence[Stated]) -> None:
    Tombstone.objects.bulk_create(
        [Tombstone(hash_list=hash_list, key=each.key, stated_at=each.at) for each in gone],
        update_conflicts=True,
        unique_fields=["hash_list", "key"],
        update_fields=["stated_at"],
    )
