"""An entry that suddenly matches far more than usual goes to quarantine, and a person looks at it.

A duty of the worker. The entry may be of a logo, of what a service shows in place of what is gone, or of nothing; or it
spreads. Its matches are recorded on, and nothing acts on them alone, until somebody lets it match as before, or
disputes or withdraws it. What a person has let go is counted again from then on.

What the crawler finds and what companies scan are counted apart, each against what is usual of it. Of scans a number
for each entry, hour and organisation is kept, and nothing of what was scanned. Whoever may scan could send a known hash
as often as it likes, and what is in quarantine is held back from everybody: so it takes several organisations. What
fewer of them find that often goes on as before, and a person is asked (``often``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.models import Count, Sum

from orbweaver.detect.hashlists.models import EntryStateChange, HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state
from orbweaver.detect.hashlists.writing import lock_changes
from orbweaver.detect.matching.messages import TOO_MANY_MATCHES, TOO_MANY_SCANS
from orbweaver.detect.matching.models import Match, ScanHits
from orbweaver.detect.matching.often import Often, ask, forget_changed
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.errors import Message

DAY: Final = dt.timedelta(days=1)
USUAL_DAYS: Final = 30
"""Days before the last one whose mean is what is usual; never less than one match a day."""
ORGANISATIONS: Final = 3
"""Organisations whose scans it takes: none of them counts for more than a third of what is too many."""
NAMED: Final = 10
"""Organisations that a reason names, those with the most scans."""
COUNT_SCANS: Final = (
    "INSERT INTO matching_scanhits AS s (entry_id, organisation, hour, count) SELECT e.id, f.organisation, %s, f.count"
    " FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS f (entry, organisation, count)"
    " JOIN hashlists_hashlistentry e ON e.id = f.entry"
    " ON CONFLICT (entry_id, hour, organisation) DO UPDATE SET count = s.count + excluded.count"
)


def count_scans(found: Mapping[tuple[int, str], int], now: dt.datetime) -> None:
    """Add to this hour how often scans found entries, by entry number and organisation. Entries that are gone are left
    out."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    rows = sorted(found)
    entries, organisations = [entry for entry, _ in rows], [organisation for _, organisation in rows]
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SCANS, [hour, entries, organisations, [found[each] for each in rows]])


def quarantine_floods(now: dt.datetime) -> int:
    """Look at the matches and the scans of the last day; returns how many entries went to quarantine."""
    forget_changed()
    settings = MatchingSettings.current()
    return _too_many(_Way(_by_crawler, settings.match_flood_least, 1, _of_matches), now) + _too_many(
        _Way(_by_scans, settings.scan_flood_least, ORGANISATIONS, _of_scans), now
    )


Counts = dict[int, dict[str, int]]
"""How often entries were found: entry number → organisation that scanned ("" for the crawler) → count."""
Counted = Callable[[dt.datetime, dt.datetime, HashListEntry | None], Counts]
"""Counts after one instant and up to another, of one entry or of all active ones."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How entries are found. ``least``: fewer matches a day are never too many (0: never judged); ``finders``:
    organisations that it takes; ``why``: the reason, from the counts and from what is usual."""

    counted: Counted
    least: int
    finders: int
    why: Callable[[Mapping[str, int], float], Message]

    def is_too_many(self, counts: Mapping[str, int], most: float) -> bool:
        """Whether they reach ``most`` when no finder counts for more than ``most / finders``."""
        return sum(min(count * self.finders, most) for count in counts.values()) >= most * self.finders

    def usual(self, before: Mapping[str, int]) -> float:
        """How many a day were found before, never less than one. Nobody moves it alone where several have to find them:
        each counts for no more than the next."""
        if self.finders == 1:
            return max(1.0, sum(before.values()) / USUAL_DAYS)
        second = [*sorted(before.values(), reverse=True), 0, 0][1]
        return max(1.0, sum(min(count, second) for count in before.values()) / USUAL_DAYS)


def _of_matches(counts: Mapping[str, int], usual: float) -> Message:
    return TOO_MANY_MATCHES.of(count=f"{sum(counts.values()):,}", usual=f"{usual:.1f}")


def _of_scans(counts: Mapping[str, int], usual: float) -> Message:
    return TOO_MANY_SCANS.of(count=f"{sum(counts.values()):,}", usual=f"{usual:.1f}", who=_named(counts))


def _named(counts: Mapping[str, int]) -> str:
    most_first = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{organisation or '?'} {count:,}" for organisation, count in most_first[:NAMED])


def _by_crawler(since: dt.datetime, until: dt.datetime, entry: HashListEntry | None = None) -> Counts:
    matches = Match.objects.filter(found_at__gt=since, found_at__lte=until)
    chosen = matches.filter(entry__state=HashListEntry.State.ACTIVE) if entry is None else matches.filter(entry=entry)
    return {pk: {"": count} for pk, count in chosen.order_by().values_list("entry").annotate(n=Count("pk"))}


def _by_scans(since: dt.datetime, until: dt.datetime, entry: HashListEntry | None = None) -> Counts:
    hours = ScanHits.objects.filter(hour__gt=since, hour__lte=until)
    chosen = hours.filter(entry__state=HashListEntry.State.ACTIVE) if entry is None else hours.filter(entry=entry)
    found: Counts = {}
    for pk, organisation, count in chosen.order_by().values_list("entry", "organisation").annotate(n=Sum("count")):
        found.setdefault(pk, {})[organisation] = count
    return found


def _too_many(way: _Way, now: dt.datetime) -> int:
    if not way.least:
        return 0
    many = [pk for pk, counts in way.counted(now - DAY, now, None).items() if sum(counts.values()) >= way.least]
    return sum(_looked_at(entry, way, now) for entry in HashListEntry.objects.filter(pk__in=many))


@transaction.atomic
def _looked_at(entry: HashListEntry, way: _Way, now: dt.datetime) -> bool:
    let_go = EntryStateChange.objects.filter(entry=entry, state=HashListEntry.State.ACTIVE).order_by("-pk").first()
    since = max(now - DAY, let_go.at) if let_go else now - DAY
    counts = way.counted(since, now, entry).get(entry.pk, {})
    before = way.counted(since - USUAL_DAYS * DAY, since, entry).get(entry.pk, {})
    usual = way.usual(before)
    most = max(way.least, MatchingSettings.current().match_flood_times * usual)
    if not way.is_too_many(counts, most):
        if sum(counts.values()) >= most:
            ask(entry, Often(sum(counts.values()), usual, len(counts), _named(counts)), now)
        return False
    lock_changes()  # or its supplier withdraws it meanwhile, and it would match again
    entry.refresh_from_db(fields=["state"])
    if entry.state != HashListEntry.State.ACTIVE:
        return False
    reason = str(way.why(counts, usual))
    set_entry_state([entry], HashListEntry.State.QUARANTINED, reason=reason, by=None, now=now)
    return True
