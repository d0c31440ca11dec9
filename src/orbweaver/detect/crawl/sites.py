"""What a transaction does to rows of sites, gathered so that they are locked once, late and in one order.

Whoever adds URLs, records answers or gives leases back collects here what that means for the sites and calls
``apply_changes`` near the end of the transaction. So the rows are held for a moment only and nobody waits in a circle;
leasing skips rows that are locked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from orbweaver.detect.crawl.rules import Answers, Pace, is_same_pace, next_pace


@dataclass(slots=True)
class SiteChanges:
    """What happens to each site, by its number."""

    best: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Where URLs wait now: priority and number of the first of them."""
    new: dict[int, int] = field(default_factory=dict)
    """How many addresses were found there for the first time."""
    answers: dict[int, Answers] = field(default_factory=dict)
    hold: dict[int, dt.datetime] = field(default_factory=dict)
    """Where patience was asked for, and until when (real time)."""

    def waits(self, site_id: int, priority: int, url_id: int, *, is_new: bool = False) -> None:
        """A URL of this priority waits at the site. Whoever lets one wait says so, or it is leased late."""
        place = priority, url_id
        self.best[site_id] = min(place, self.best.get(site_id, place))
        if is_new:
            self.new[site_id] = self.new.get(site_id, 0) + 1

    def answered(self, site_id: int, *, busy: bool, latency_s: float | None) -> None:
        """The site answered a request, or let it run out of time; see ``rules.Answers``."""
        self.answers[site_id] = self.answers.get(site_id, Answers()).and_one(busy=busy, latency_s=latency_s)

    def hold_until(self, site_id: int, until: dt.datetime) -> None:
        """The site asked for patience."""
        self.hold[site_id] = max(until, self.hold.get(site_id, until))


_LOCKED = """
SELECT id, CASE WHEN waiting THEN best_priority END, best_id, walled_garden, pace_s, latency_s, slots, delay_s,
    robots_delay_s, concurrency
FROM crawl_site WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""

_UPDATE = """
UPDATE crawl_site s SET
    waiting = s.waiting OR n.best IS NOT NULL,
    best_priority = COALESCE(n.best, s.best_priority), best_id = COALESCE(n.first, s.best_id),
    links = s.links + n.links, pace_s = n.pace, latency_s = n.latency, slots = n.slots,
    next_fetch_at = GREATEST(s.next_fetch_at, n.hold)
FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::float8[],
    %s::timestamptz[]) AS n (id, best, first, links, pace, latency, slots, hold)
WHERE s.id = n.id AND (n.best IS NOT NULL OR n.links > 0
    OR n.hold > s.next_fetch_at OR n.pace <> s.pace_s OR n.latency <> s.latency_s OR n.slots IS DISTINCT FROM s.slots)
"""


def apply_changes(changes: SiteChanges, *, now: dt.datetime, delay_s: float = 0.0, concurrency: int = 0) -> None:
    """Apply the changes. Late in a transaction. ``now`` is real time; ``delay_s`` (seconds) and ``concurrency`` (0: no
    bound) are what holds for sites without settings of their own.
    """
    ids = sorted({*changes.best, *changes.answers, *changes.hold})
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED, [ids])
        rows = [_changed(row, changes, now, delay_s, concurrency) for row in cursor.fetchall()]
        cursor.execute(_UPDATE, [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 8)


def _changed(
    row: tuple[Any, ...], changes: SiteChanges, now: dt.datetime, delay_s: float, concurrency: int
) -> tuple[Any, ...]:
    number, best, first, walled, pace_s, latency_s, slots, own_delay, robots_delay, own_concurrency = row
    before = pace = Pace(pace_s, latency_s, slots)
    hold = changes.hold.get(number)
    answers = changes.answers.get(number)
    if answers is not None:
        base = own_delay if own_delay is not None else max(robots_delay, delay_s)
        most = own_concurrency if own_concurrency is not None else concurrency
        pace = next_pace(before, answers, base_s=base, most=most)
        if answers.busy:
            until = now + dt.timedelta(seconds=pace.delay_s)
            hold = max(hold, until) if hold is not None else until
        elif is_same_pace(before, pace):
            pace = before
    links = changes.new.get(number, 0) if walled else 0
    place: tuple[int | None, int | None] = changes.best.get(number, (None, None))
    if best is not None and number in changes.best and (best, first) <= changes.best[number]:
        place = None, None
    return number, *place, links, pace.delay_s, pace.latency_s, pace.slots, hold
