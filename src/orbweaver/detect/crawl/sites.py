"""What a transaction does to rows of sites, gathered so that they are locked once, late and in one order.

Whoever adds URLs, records answers or gives leases back collects here what that means for the sites and calls
``apply_changes`` near the end of the transaction. So the rows are held for a moment only and nobody waits in a circle;
leasing skips rows that are locked. A row that says already what is to be said is not locked at all (``passed_over``
tells what follows from that), and one that would only learn how fast its host answers is left when somebody holds it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from orbweaver.detect.crawl.arrays import numbers, texts
from orbweaver.detect.crawl.pace import NEXT
from orbweaver.detect.crawl.rules import Answers

NO_ANSWERS: Final = Answers()


@dataclass(slots=True)
class SiteChanges:
    """What happens to each site, by its number."""

    best: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Where URLs wait now: priority and number of the first of them."""
    new: dict[int, int] = field(default_factory=dict)
    """How many addresses were found there for the first time."""
    answers: dict[int, Answers] = field(default_factory=dict)
    grown: Counter[str] = field(default_factory=Counter)
    """New addresses of leads, hosts and domains, by name (``extents``), and ``finds`` of what is known."""
    finds: Counter[str] = field(default_factory=Counter)
    hold: dict[int, dt.datetime] = field(default_factory=dict)
    """Where patience was asked for, and until when (real time)."""

    def waits(self, site_id: int, priority: int, url_id: int, *, is_new: bool = False) -> None:
        """A URL of this priority waits at the site. Whoever lets one wait says so, or it is leased late."""
        first = priority, url_id
        self.best[site_id] = min(first, self.best.get(site_id, first))
        if is_new:
            self.new[site_id] = self.new.get(site_id, 0) + 1

    def answered(self, site_id: int, *, busy: bool, latency_s: float | None) -> None:
        """The site answered a request, or let it run out of time; see ``rules.Answers``."""
        self.answers[site_id] = self.answers.get(site_id, Answers()).and_one(busy=busy, latency_s=latency_s)

    def hold_until(self, site_id: int, until: dt.datetime) -> None:
        """The site asked for patience."""
        self.hold[site_id] = max(until, self.hold.get(site_id, until))


_APPLY = """
WITH n AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(bests)s::smallint[], %(firsts)s::bigint[], %(links)s::bigint[],
        %(good)s::int[], %(busy)s::int[], %(measured)s::int[], %(seconds)s::float8[], %(holds)s::timestamptz[])
        AS n (id, best, first, links, good, busy, measured, seconds, hold)
), news AS (
    SELECT s.id, n.best IS NOT NULL AND (NOT s.waiting OR (n.best, n.first) < (s.best_priority, s.best_id))
        OR n.links > 0 AND s.walled_garden OR n.busy > 0 OR n.hold IS NOT NULL AS must, told.is_news
    FROM crawl_site s JOIN n USING (id) {next}
), locked AS (
    SELECT {columns} FROM crawl_site WHERE id = ANY(ARRAY(SELECT id FROM news WHERE must))
    ORDER BY id FOR NO KEY UPDATE
), free AS (
    SELECT {columns} FROM crawl_site WHERE id = ANY(ARRAY(SELECT id FROM news WHERE is_news AND must IS NOT TRUE))
        AND (SELECT count(*) FROM locked) >= 0
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), changed AS (
    SELECT s.id, told.is_news, pace.delay, pace.latency, pace.slots, n.first,
        CASE WHEN NOT s.waiting OR (n.best, n.first) < (s.best_priority, s.best_id) THEN n.best END AS best,
        CASE WHEN s.walled_garden THEN n.links ELSE 0 END AS links,
        GREATEST(n.hold, CASE WHEN n.busy > 0 THEN %(now)s + pace.delay * interval '1 second' END) AS hold
    FROM (SELECT * FROM locked UNION ALL SELECT * FROM free) s JOIN n USING (id) {next}
)
UPDATE crawl_site s SET
    waiting = s.waiting OR c.best IS NOT NULL,
    best_priority = COALESCE(c.best, s.best_priority),
    best_id = CASE WHEN c.best IS NULL THEN s.best_id ELSE c.first END,
    links = s.links + c.links, next_fetch_at = GREATEST(s.next_fetch_at, c.hold),
    pace_s = CASE WHEN c.is_news THEN c.delay ELSE s.pace_s END,
    latency_s = CASE WHEN c.is_news THEN c.latency ELSE s.latency_s END,
    slots = CASE WHEN c.is_news THEN c.slots ELSE s.slots END
FROM changed c WHERE s.id = c.id
    AND (c.best IS NOT NULL OR c.links > 0 OR c.hold > s.next_fetch_at OR c.is_news)
""".replace("{next}", NEXT).replace(
    "{columns}",
    "id, waiting, best_priority, best_id, walled_garden, pace_s, latency_s, slots, delay_s, robots_delay_s,"
    " concurrency",
)
"""One statement: no row is locked while a client computes, only until the commit that follows, and none at all of hosts
whose answers are as they were and whose rows cover what waits now. ``free`` counts ``locked`` so that it comes after:
whoever waits for a row holds none that is out of order."""


def apply_changes(changes: SiteChanges, *, now: dt.datetime, delay_s: float = 0.0, concurrency: int = 0) -> None:
    """Apply the changes. Late in a transaction. ``now`` is real time; ``delay_s`` (seconds) and ``concurrency`` (0: no
    bound) are what holds for sites without settings of their own.
    """
    ids = sorted({*changes.best, *changes.answers, *changes.hold})
    if not ids:
        return
    bests = [changes.best.get(number, (None, None)) for number in ids]
    answers = [changes.answers.get(number, NO_ANSWERS) for number in ids]
    holds = [changes.hold.get(number) for number in ids]
    columns = {
        "ids": numbers(ids),
        "bests": numbers([priority for priority, _ in bests]),
        "firsts": numbers([first for _, first in bests]),
        "links": numbers([changes.new.get(number, 0) for number in ids]),
        "good": numbers([each.good for each in answers]),
        "busy": numbers([each.busy for each in answers]),
        "measured": numbers([each.measured for each in answers]),
        "seconds": numbers([each.seconds for each in answers]),
        "holds": texts([hold.isoformat() if hold is not None else None for hold in holds]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPLY, columns | {"now": now, "delay": delay_s, "concurrency": concurrency})
