"""Entries that scans find far more than usual, of too few organisations to put them aside: a person is asked.

An installation that few companies use puts nothing aside by their scans, and one company may find a picture that
spreads: neither may go unseen. Nothing changes before a person answers: the entry is put aside, or it is right so, and
for a month nobody is asked again before it is found twice as often.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import QuerySet, Sum

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching.messages import NOT_WAITING
from orbweaver.detect.matching.models import OftenFound, ScanHits
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.errors import Conflict
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record

GROWN: Final = 2
"""So many times what a person called right is asked about again."""
RIGHT_FOR: Final = dt.timedelta(days=30)
"""How long a person's word holds. Who sends a hash very often once would have nobody asked ever after."""
DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Often:
    """How often an entry was found within a day, what is usual, by how many organisations and by whom."""

    found: int
    usual: float
    organisations: int
    who: str


@transaction.atomic
def ask(entry: HashListEntry, often: Often, now: dt.datetime) -> None:
    """Put an entry before a person, once; while it waits, the day with the most scans is shown."""
    row = OftenFound.objects.select_for_update().filter(entry=entry).first()
    if row is None:
        row = OftenFound(entry=entry, noticed_at=now)
    elif row.answered_at is not None and (often.found >= GROWN * row.right_up_to or now - row.answered_at >= RIGHT_FOR):
        row.noticed_at, row.answered_at, row.answered_by, row.because = now, None, None, ""
    elif row.answered_at is not None or often.found <= row.found:
        return
    row.found, row.usual, row.organisations, row.who = often.found, often.usual, often.organisations, often.who
    row.save()


def forget_changed() -> None:
    """Ask no more about entries that were put aside, disputed or withdrawn meanwhile."""
    OftenFound.objects.filter(answered_at=None).exclude(entry__state=HashListEntry.State.ACTIVE).delete()


def waiting() -> QuerySet[OftenFound]:
    """What waits for a person, the longest first."""
    rows = OftenFound.objects.filter(answered_at=None, entry__state=HashListEntry.State.ACTIVE)
    return rows.select_related("entry__hash_list").order_by("noticed_at", "pk")


def is_found_by_others(entry_id: str, organisation: str) -> bool:
    """Whether a person is asked about an entry that others than this organisation, too, find more often than may be
    right, whatever its state is by now.

    Whoever may scan for an organisation has what is asked about it in hand: nobody makes the question and answers it.
    """
    row = OftenFound.objects.filter(entry__public_id=entry_id, answered_at=None).first()
    if row is None:
        return False
    around = ScanHits.objects.filter(
        entry=row.entry_id, hour__gt=row.noticed_at - DAY, hour__lte=row.noticed_at + DAY
    ).exclude(organisation=organisation)
    settings = MatchingSettings.current()
    least = max(settings.scan_flood_least, settings.match_flood_times * row.usual)
    return (around.aggregate(sum=Sum("count"))["sum"] or 0) >= least


@transaction.atomic
def call_right(entry_id: str, *, because: str, by: User | None, now: dt.datetime) -> OftenFound:
    """A person says that an entry is right and may be found that often. Raises Conflict where it waits no more."""
    row = waiting().select_for_update(of=("self",)).filter(entry__public_id=entry_id).first()
    if row is None:
        raise Conflict(NOT_WAITING)
    row.answered_at, row.answered_by, row.because, row.right_up_to = now, by, because, row.found
    row.save()
    details = {"reason": because, "up_to": row.found}
    record("entry.often_found_is_right", entry_id, actor=by, details=details, at=now)
    return row
