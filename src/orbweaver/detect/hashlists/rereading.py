"""What an import that was broken off had added, and its file, read otherwise, no longer holds: it is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from orbweaver.detect.hashlists.models import EntryStateChange, HashListEntry, ListImport
from orbweaver.detect.hashlists.services import set_many_states
from orbweaver.detect.hashlists.writing import lock_changes
from orbweaver.platform.clock import real_now

TOGETHER: Final = 5_000
"""Entries withdrawn in one transaction: half a second, or two on a busy machine. Partners ask for what changed up to
five seconds before, and what is there later under that time they would never see."""

READ_OTHERWISE: Final = "Its file was read otherwise from the beginning, and no longer holds it."
"""The reason of a withdrawal that a later reading which holds the entry takes back."""

TAKE_OVER: Final = """
UPDATE hashlists_hashlistentry SET list_import_id = %s
WHERE hash_list_id = %s AND key = ANY(%s) AND list_import_id = ANY(%s)
RETURNING id, state
"""


def vouch(run: ListImport, keys: Sequence[bytes], now: dt.datetime) -> None:
    """Note, before they are written, that this run holds entries which one that was broken off had brought.

    What was withdrawn only because a reading in between did not hold it stands again. In the caller's transaction,
    which has its turn to change lists.
    """
    broken = list(run.hash_list.imports.filter(finished_at=None).exclude(pk=run.pk).values_list("pk", flat=True))
    if not broken:
        return
    with connection.cursor() as cursor:
        cursor.execute(TAKE_OVER, [run.pk, run.hash_list_id, list(keys), broken])
        withdrawn = [number for number, state in cursor.fetchall() if state == HashListEntry.State.WITHDRAWN]
    last = EntryStateChange.objects.filter(entry__in=withdrawn).order_by("entry", "-pk").distinct("entry")
    again = [each.entry_id for each in last if each.by_id is None and each.reason == READ_OTHERWISE]
    set_many_states(again, HashListEntry.State.ACTIVE, reason="Its file holds it after all.", now=now)


def replace_others(run: ListImport, of_file: QuerySet[ListImport], is_ended: Callable[[ListImport], bool]) -> None:
    """Note which runs of its file this one replaces: those that were broken off and read it otherwise.

    Those, too, which another had replaced that was broken off itself or took nothing: that one has taken nothing back.
    """
    otherwise = ~Q(list_format=run.list_format, region=run.region)
    took_nothing = Q(replaced_by__added=0, replaced_by__changed=0, replaced_by__unchanged=0)
    without_say = Q(replaced_by__finished_at=None, replaced_by__isnull=False) | took_nothing
    found = of_file.filter(Q(otherwise, replaced_by=None) | without_say, finished_at=None).exclude(pk=run.pk)
    ended = [each.pk for each in found.order_by("pk") if is_ended(each)]
    of_file.filter(pk__in=ended).update(replaced_by=run)


def take_back(run: ListImport, moment: Callable[[], dt.datetime]) -> None:
    """Withdraw what only the readings added that this run replaced; ``taken_back`` counts it.

    Each part at its own time: whoever asks for what changed since the last time would miss what is written later under
    it. A run that took no row has no say: it was read wrongly itself.
    """
    if run.took_nothing:
        return
    last = 0  # without it each turn reads past all that is withdrawn already
    while True:
        with transaction.atomic():
            lock_changes()
            numbers = list(_only_of_replaced(run).filter(pk__gt=last).values_list("pk", flat=True)[:TOGETHER])
            if not numbers:
                return
            set_many_states(numbers, HashListEntry.State.WITHDRAWN, reason=READ_OTHERWISE, now=moment())
            run.taken_back += len(numbers)
            run.alive_at = real_now()
            run.save(update_fields=["taken_back", "alive_at"])
        last = numbers[-1]


def _only_of_replaced(run: ListImport) -> QuerySet[HashListEntry]:
    """Entries that came with the replaced runs and that no other has vouched for. What another run may have brought
    while they went on is left: it was there, and they only said something else of it."""
    replaced = list(run.replaces.all())
    if not replaced:
        return HashListEntry.objects.none()
    began = min(each.started_at for each in replaced)
    found = run.hash_list.entries.filter(list_import__in=replaced, added_at__gte=began)
    others = run.hash_list.imports.exclude(pk__in=[run.pk, *(each.pk for each in replaced)])
    for each in others.exclude(finished_at__lt=began):
        ended = {"added_at__lte": each.finished_at} if each.finished_at else {}
        found = found.exclude(added_at__gte=each.started_at, **ended)
    return found.exclude(state=HashListEntry.State.WITHDRAWN).order_by("pk")
