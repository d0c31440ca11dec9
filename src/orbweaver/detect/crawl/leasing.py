"""Leasing: which URLs a worker fetches next, and when each of them may be asked for.

**Order.** Hosts are chosen by the priority of the best URL that waits at each (``best_priority``, kept under the lock
of the host's row), a share of them by how long they wait; within a host the order is that of the URLs' priorities.

**Politeness** holds over any number of processes: the rows of hosts are locked while their turns are handed out.

**Cost.** What a lease reads must depend on what it takes, not on what waits or is done, whatever PostgreSQL believes of
the table: its statistics are minutes old, and a crawl turns all rows over. So the statements leave it no other way.
What waits is asked for in the order of an index and with no bitmap, since a sort would read all of it. Rows are then
changed by an array of their numbers, since a join with a limit that is no constant is planned for a tenth of all that
waits, which made it read the whole frontier for each lease. And a host's row says where what waits there begins
(``best_id``), since entries of the index for what was leased since the last vacuum lie before it, a hundred thousand in
a few minutes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connection

from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.statements import in_the_order_of_an_index, named

WINDOW_S: Final = 2.0
"""Requests to one host are handed out for this long ahead at most, so that a process that dies wastes little."""
HOSTS_A_LEASE: Final = 64
LONGEST_WAITING: Final = 4
"""Of so many hosts of a lease, one is chosen for how long it waits, whatever waits there: none starves."""
FULL_S: Final = 0.25
"""Seconds after which a host is looked at again at which as many requests are under way as may be."""


_SITE: Final = """
SELECT s.id, s.next_fetch_at, GREATEST(COALESCE(s.delay_s, GREATEST(s.robots_delay_s, %(delay)s)), s.pace_s),
    LEAST(s.slots, NULLIF(COALESCE(s.concurrency, %(concurrency)s), 0)), s.best_priority, s.best_id
FROM crawl_site s WHERE s.waiting AND NOT s.switched_off AND s.next_fetch_at <= %(now)s
"""
"""``waiting`` and ``switched_off`` stand here as the indexes over hosts have them (``site_ready``)."""

_READY = """
WITH RECURSIVE levels AS (
    (SELECT best_priority AS level FROM crawl_site WHERE waiting AND NOT switched_off ORDER BY best_priority LIMIT 1)
    UNION ALL
    SELECT (SELECT s.best_priority FROM crawl_site s WHERE s.waiting AND NOT s.switched_off
        AND s.best_priority > levels.level ORDER BY s.best_priority LIMIT 1) FROM levels WHERE levels.level IS NOT NULL
)
SELECT best.* FROM (
    SELECT ready.* FROM levels CROSS JOIN LATERAL (
        {site} AND s.best_priority = levels.level {wanted}
        ORDER BY s.next_fetch_at LIMIT %(best)s FOR NO KEY UPDATE SKIP LOCKED
    ) ready LIMIT %(best)s
) best
UNION ALL
SELECT longest.* FROM (
    {site} {wanted} ORDER BY s.next_fetch_at LIMIT %(longest)s FOR NO KEY UPDATE SKIP LOCKED
) longest
"""
"""The levels of priority are few: each is found by one step in the index, and then its hosts by theirs."""

_WANTED = named("""
AND EXISTS (SELECT 1 FROM unnest(%(leads)s::bigint[]) AS l (id) CROSS JOIN LATERAL (
    SELECT 1 FROM crawl_frontierurl f WHERE f.lead_id = l.id AND f.site_id = s.id AND f.state = {State.WAITING}
        AND (f.priority, f.id) >= (s.best_priority, s.best_id) AND f.kind >= %(least_kind)s
    ORDER BY f.priority, f.id LIMIT 1
) first)
""")
"""Hosts at which something of these leads waits: for each one step in its index (``frontier_waiting_of_lead``)."""

_SITES: Final = (
    "unnest(%(sites)s::bigint[], %(counts)s::int[], %(priorities)s::smallint[], %(firsts)s::bigint[])"
    " AS ready (site, count, priority, first)"
)

_CHOSEN = named("""
SELECT u.id FROM {{ready}} CROSS JOIN LATERAL (
    SELECT f.id FROM crawl_frontierurl f WHERE f.site_id = ready.site AND f.state = {State.WAITING}
        AND (f.priority, f.id) >= (ready.priority, ready.first)
    ORDER BY f.priority, f.id LIMIT ready.count FOR UPDATE SKIP LOCKED
) u
""")
"""From where the host's row says that what waits begins; rows are compared as pairs, which the index can begin at."""

_CHOSEN_OF_LEADS = named("""
SELECT f.id FROM crawl_frontierurl f WHERE f.state = {State.WAITING} AND f.id = ANY(ARRAY(
    SELECT u.id FROM {{ready}} CROSS JOIN LATERAL (
        SELECT of_lead.id FROM unnest(%(leads)s::bigint[]) AS l (id) CROSS JOIN LATERAL (
            SELECT f.id, f.priority FROM crawl_frontierurl f WHERE f.lead_id = l.id AND f.site_id = ready.site
                AND f.state = {State.WAITING} AND (f.priority, f.id) >= (ready.priority, ready.first)
                AND f.kind >= %(least_kind)s
            ORDER BY f.priority, f.id LIMIT ready.count
        ) of_lead ORDER BY of_lead.priority, of_lead.id LIMIT ready.count
    ) u
)) FOR UPDATE SKIP LOCKED
""")
"""The best of each lead, and of these the best; what somebody else changes at this moment is left for the next time."""

_LEASE = named("""
WITH chosen AS ({{chosen}})
UPDATE crawl_frontierurl f SET state = {State.LEASED}, worker_id = %(worker)s, attempts = LEAST(f.attempts, 1000) + 1
WHERE f.id = ANY(ARRAY(SELECT id FROM chosen))
RETURNING f.id, f.url, f.site_id, f.lead_id, f.parent_id, f.report_id, f.past_robots, f.kind, f.hops, f.attempts,
    f.etag, f.last_modified, f.sha256, f.worker_id, f.priority
""")
"""The numbers come as an array and not by a join, for the reason above ("Cost")."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A site that may be asked, its row locked: earliest moment, seconds between requests, requests at once, and where
    what waits there begins."""

    id: int
    start: dt.datetime
    delay_s: float
    slots: float | None
    priority: int
    first: int
    count: int = 0
    """How many URLs of it are taken."""


_ANYTHING: Final = """
SELECT EXISTS (SELECT 1 FROM crawl_site s WHERE s.waiting AND NOT s.switched_off AND s.next_fetch_at <= %s)
"""


def anything_ready(now: dt.datetime) -> bool:
    """Whether any host has something to ask for now. Writes and locks nothing, so that who rests wakes nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_ANYTHING, [now])
        return bool(cursor.fetchone()[0])


def lease(
    worker_id: int,
    *,
    want: int,
    now: dt.datetime,
    default_delay_s: float,
    default_concurrency: int = 0,
    lead_ids: Sequence[int] | None = None,
    media_only: bool = False,
) -> list[Leased]:
    """Take up to ``want`` URLs of hosts that may be asked now, in order of priority within each host.

    ``default_delay_s`` is the least time between requests to a host that has no setting of its own, and
    ``default_concurrency`` how many of its URLs may be held at once, by all workers (0: no bound; nor has a host whose
    delay is 0). With ``lead_ids`` only what these leads led to is taken, and of that media alone with ``media_only``.
    Each lease counts as an attempt.
    """
    least_kind = int(FrontierUrl.Kind.MEDIA if media_only else FrontierUrl.Kind.UNKNOWN)
    limited: dict[str, Any] = {"leads": list(lead_ids), "least_kind": least_kind} if lead_ids is not None else {}
    hosts = max(1, min(want, HOSTS_A_LEASE))
    longest = max(1, hosts // LONGEST_WAITING)
    bounds = {"now": now, "delay": default_delay_s, "concurrency": default_concurrency}
    bounds |= {"best": max(1, hosts - longest), "longest": longest}
    ready = _with_counts(_ready_sites(bounds | limited, limited=bool(limited)), want)
    if not ready:
        return []
    with in_the_order_of_an_index() as cursor:
        cursor.execute(_lease_statement(limited=bool(limited)), _columns(ready) | {"worker": worker_id} | limited)
        rows = sorted(cursor.fetchall(), key=lambda row: (row[-1], row[0]))
    by_site: dict[int, list[Any]] = {site.id: [] for site in ready}
    for row in rows:
        by_site[row[2]].append(row)
    _reserve(ready, by_site, now, limited=bool(limited))
    return [
        Leased(max(0.0, (site.start - now).total_seconds()) + index * site.delay_s, site.delay_s, *row[:-1])
        for site in ready
        for index, row in enumerate(by_site[site.id])
    ]


def _lease_statement(*, limited: bool) -> str:
    return _LEASE.format(chosen=(_CHOSEN_OF_LEADS if limited else _CHOSEN).format(ready=_SITES))


def _columns(ready: Sequence[_Ready]) -> dict[str, list[int]]:
    return {
        "sites": [site.id for site in ready],
        "counts": [site.count for site in ready],
        "priorities": [site.priority for site in ready],
        "firsts": [site.first for site in ready],
    }


def _ready_sites(values: dict[str, Any], *, limited: bool) -> list[_Ready]:
    """Sites that may be asked, locked, the best first."""
    with in_the_order_of_an_index() as cursor:
        cursor.execute(_READY.format(site=_SITE, wanted=_WANTED if limited else ""), values)
        found = [_Ready(number, max(start, values["now"]), *others) for number, start, *others in cursor]
    return list({site.id: site for site in found}.values())


def _with_counts(ready: Sequence[_Ready], want: int) -> list[_Ready]:
    """How many URLs of each site: an equal share, no more than may be asked for within the window, and with those that
    are held already no more than at once. The latter are counted after the lock, so that no other worker adds to them.
    """
    if not ready:
        return []
    bounded = [site.id for site in ready if site.slots is not None and site.delay_s > 0]
    held = _held_at(bounded) if bounded else {}
    share = max(1, want // len(ready))
    return [replace(site, count=_count(site, share, held.get(site.id, 0))) for site in ready]


def _count(site: _Ready, share: int, held: int) -> int:
    if site.delay_s <= 0:
        return share
    count = min(share, max(1, int(WINDOW_S / site.delay_s)))
    return count if site.slots is None else max(0, min(count, int(site.slots) - held))


_HELD = named("""
SELECT site_id, count(*) FROM crawl_frontierurl WHERE state = {State.LEASED} AND site_id = ANY(%s) GROUP BY site_id
""")


def _held_at(site_ids: Sequence[int]) -> dict[int, int]:
    """How many URLs of each site are held by any worker."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [list(site_ids)])
        return dict(cursor.fetchall())


_RESERVE = named("""
WITH reserved AS (UPDATE crawl_site s SET next_fetch_at = r.next,
    waiting = %(stays)s OR left_there.id IS NOT NULL OR forgotten.id IS NOT NULL,
    best_priority = COALESCE(left_there.priority, forgotten.priority, s.best_priority),
    best_id = COALESCE(left_there.id, forgotten.id, s.best_id)
FROM unnest(%(sites)s::bigint[], %(nexts)s::timestamptz[], %(priorities)s::smallint[], %(firsts)s::bigint[])
    AS r (id, next, priority, first)
LEFT JOIN LATERAL (
    SELECT f.priority, f.id FROM crawl_frontierurl f WHERE f.site_id = r.id AND f.state = {State.WAITING}
        AND (f.priority, f.id) >= (r.priority, r.first)
    ORDER BY f.priority, f.id LIMIT 1
) left_there ON true
LEFT JOIN LATERAL (
    SELECT f.priority, f.id FROM crawl_frontierurl f
    WHERE left_there.id IS NULL AND f.site_id = r.id AND f.state = {State.WAITING}
    ORDER BY f.priority, f.id LIMIT 1
) forgotten ON true
WHERE s.id = r.id
RETURNING s.id, s.waiting, s.best_priority > r.priority AS passed)
INSERT INTO crawl_passedover (site_id) SELECT id FROM reserved WHERE passed OR NOT waiting
""")
"""Before a host counts as done, all that waits there is looked for, so that a wrong beginning could lose nothing. What
somebody has added who has not ended is not seen, so it is noted where a lease went past it (``passed_over``)."""


def _reserve(ready: Sequence[_Ready], by_site: dict[int, list[Any]], now: dt.datetime, *, limited: bool) -> None:
    """Move each host's next request behind those handed out; a host with nothing left is not asked for again."""
    nexts = [
        site.start + dt.timedelta(seconds=len(by_site[site.id]) * site.delay_s)
        if site.count
        else now + dt.timedelta(seconds=FULL_S)
        for site in ready
    ]
    with in_the_order_of_an_index() as cursor:
        cursor.execute(_RESERVE, _columns(ready) | {"nexts": nexts, "stays": limited})
