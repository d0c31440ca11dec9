"""An entry that suddenly matches far more than usual goes to quarantine, and a person looks at it.

A duty of the worker. The entry may be of a logo, of what a service shows in place of what is gone, or of nothing; or it
spreads. Its matches are recorded on, and nothing acts on them alone, until somebody lets it match as before, or
disputes or withdraws it. What a person has let go is counted again from then on.

What the crawler finds and what companies scan are counted apart, each against what is usual of it. Of scans a number
for each entry and hour is kept, and nothing of what was scanned or by whom.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from django.db import connection, transaction
from django.db.models import Count, Sum

from orbweaver.detect.hashlists.models import EntryStateChange, HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state
from orbweaver.detect.hashlists.writing import lock_changes
from orbweaver.detect.matching.messages import TOO_MANY_MATCHES, TOO_MANY_SCANS
from orbweaver.detect.matching.models import Match, ScanHits
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.errors import Message

DAY: Final = dt.timedelta(days=1)
USUAL_DAYS: Final = 30
"""Days before the last one whose mean is what is usual; never less than one match a day."""
COUNT_SCANS: Final = (
    "INSERT INTO matching_scanhits AS s (entry_id, hour, count) SELECT e.id, %s, f.count FROM"
    " unnest(%s::bigint[], %s::bigint[]) AS f (entry, count) JOIN hashlists_hashlistentry e ON e.id = f.entry"
    " ON CONFLICT (entry_id, hour) DO UPDATE SET count = s.count + excluded.count"
)


def count_scans(found: Mapping[int, int], now: dt.datetime) -> None:
    """Add how often scans found entries, by their numbers, to those of this hour; those that are gone are let go."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    entries = sorted(found)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SCANS, [hour, entries, [found[each] for each in entries]])


def quarantine_floods(now: dt.datetime) -> int:
    """Look at the matches and the scans of the last day; returns how many entries went to quarantine."""
    settings = MatchingSettings.current()
    return _too_many(_by_crawler, settings.match_flood_least, _of_matches, now) + _too_many(
        _by_scans, settings.scan_flood_least, _of_scans, now
    )


def _of_matches(count: str, usual: str) -> Message:
    return TOO_MANY_MATCHES.of(count=count, usual=usual)


def _of_scans(count: str, usual: str) -> Message:
    return TOO_MANY_SCANS.of(count=count, usual=usual)


Counted = Callable[[dt.datetime, dt.datetime, HashListEntry | None], dict[int, int]]
"""How often entries were found after an instant and up to another, by their numbers; of one entry, or of all that are
active."""
Why = Callable[[str, str], Message]
"""The reason, of the count and of what is usual."""


def _by_crawler(since: dt.datetime, until: dt.datetime, entry: HashListEntry | None = None) -> dict[int, int]:
    matches = Match.objects.filter(found_at__gt=since, found_at__lte=until)
    chosen = matches.filter(entry__state=HashListEntry.State.ACTIVE) if entry is None else matches.filter(entry=entry)
    return dict(chosen.order_by().values_list("entry").annotate(n=Count("pk")))


def _by_scans(since: dt.datetime, until: dt.datetime, entry: HashListEntry | None = None) -> dict[int, int]:
    hours = ScanHits.objects.filter(hour__gt=since, hour__lte=until)
    chosen = hours.filter(entry__state=HashListEntry.State.ACTIVE) if entry is None else hours.filter(entry=entry)
    return dict(chosen.order_by().values_list("entry").annotate(n=Sum("count")))


def _too_many(counted: Counted, least: int, why: Why, now: dt.datetime) -> int:
    if not least:
        return 0
    many = [pk for pk, count in counted(now - DAY, now, None).items() if count >= least]
    return sum(_looked_at(entry, counted, least, why, now) for entry in HashListEntry.objects.filter(pk__in=many))


@transaction.atomic
def _looked_at(entry: HashListEntry, counted: Counted, least: int, why: Why, now: dt.datetime) -> bool:
    let_go = EntryStateChange.objects.filter(entry=entry, state=HashListEntry.State.ACTIVE).order_by("-pk").first()
    since = max(now - DAY, let_go.at) if let_go else now - DAY
    count = counted(since, now, entry).get(entry.pk, 0)
    usual = max(1.0, counted(since - USUAL_DAYS * DAY, since, entry).get(entry.pk, 0) / USUAL_DAYS)
    if count < least or count < MatchingSettings.current().match_flood_times * usual:
        return False
    lock_changes()  # or its supplier withdraws it meanwhile, and it would match again
    entry.refresh_from_db(fields=["state"])
    if entry.state != HashListEntry.State.ACTIVE:
        return False
    reason = str(why(f"{count:,}", f"{usual:.1f}"))
    set_entry_state([entry], HashListEntry.State.QUARANTINED, reason=reason, by=None, now=now)
    return True
