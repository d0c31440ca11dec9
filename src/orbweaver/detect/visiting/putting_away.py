"""What is done, long ago, and bound to nothing leaves the frontier for tables that cost a quarter (``crawl.away``).

Bound is what somebody may still ask the frontier for by its row: what matched or was seen on a page with something
known, what was reported, a lead's own URL, what is visited again by itself, a page while anything in the frontier was
found on it, where a medium leads to and what leads to a match, other sites' pages of a medium, and what is counted in a
walled garden. The rule is one condition, asked twice: to choose rows, without any lock; and, after their details were
packed, of those rows that are as they were. So rows are locked for as long as one statement takes, those that others
hold are left out, and any number of workers may do it at once.

The frontier is walked from its newest number to its oldest once a day, as what a page shows has higher numbers than it.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from orbweaver.detect.crawl import away
from orbweaver.detect.crawl.arrays import numbers, texts
from orbweaver.detect.crawl.away_details import Details, is_installed, pack
from orbweaver.detect.crawl.other_pages import MOST_REDIRECTS
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.crawl.statements import named
from orbweaver.platform.network.urls import InvalidUrl, parse

WINDOW: Final = 5_000
"""Numbers that are looked at in one statement."""
FILE_ROWS: Final = 4_000
"""Addresses whose details are packed into one file."""
LEAST: Final = 1_000
"""Fewer than this stay until there are more: small files cost more than rows."""
AT_WORK_S: Final = 10.0
"""Seconds of one call: other duties of the lane wait."""
REST_S: Final = 24 * 3600.0
"""From the beginning of one walk to the next."""

_FREE: Final = """
    f.state = {State.DONE} AND f.fetched_at < %(before)s AND NOT f.matched AND f.report_id IS NULL
    AND f.hops > 0 AND f.parent_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM crawl_revisit r WHERE r.url_id = f.id)
    AND NOT EXISTS (SELECT 1 FROM crawl_revisit r WHERE r.url_id = f.parent_id)
    AND NOT EXISTS (SELECT 1 FROM crawl_otherpage o WHERE o.url_id = f.id)
    AND NOT EXISTS (SELECT 1 FROM crawl_otherpage o WHERE o.page_id = f.id)
    AND NOT EXISTS (SELECT 1 FROM crawl_frontierurl c WHERE c.parent_id = f.id AND c.kind = {Kind.MEDIA})
    AND NOT EXISTS (SELECT 1 FROM crawl_frontierurl c WHERE c.parent_id = f.id AND NOT c.kind = {Kind.MEDIA})
    AND NOT EXISTS (SELECT 1 FROM crawl_frontierurl c WHERE c.led_to_id = f.id)
    AND (f.led_to_id IS NULL OR NOT EXISTS (
        WITH RECURSIVE way AS (
            SELECT f.led_to_id AS id, 1 AS step
            UNION ALL SELECT t.led_to_id, way.step + 1 FROM way JOIN crawl_frontierurl t ON t.id = way.id
            WHERE t.led_to_id IS NOT NULL AND way.step < {MOST_REDIRECTS}
        )
        SELECT 1 FROM way JOIN crawl_frontierurl t ON t.id = way.id WHERE t.matched
    ))
    AND NOT EXISTS (SELECT 1 FROM crawl_site s WHERE s.id = f.site_id AND s.walled_garden)
    AND NOT EXISTS (SELECT 1 FROM matching_sighting s WHERE s.url_key = f.url_key)
    AND NOT EXISTS (SELECT 1 FROM matching_sighting s WHERE s.page_url_key = f.url_key)
    AND NOT EXISTS (
        SELECT 1 FROM crawl_frontierurl p JOIN matching_sighting s ON s.page_url_key = p.url_key
        WHERE p.id = f.parent_id
    )
"""
_WINDOW: Final = """
SELECT min(id) FROM (SELECT id FROM crawl_frontierurl WHERE id < %s ORDER BY id DESC LIMIT %s) AS looked_at
"""
_CHOOSE_FREE: Final = """
SELECT f.id, f.url, f.site_id, f.lead_id, f.parent_id, f.led_to_id, f.past_robots, f.kind, f.hops, f.priority,
    f.context::text, f.status, f.error, f.sha256, f.pdq, f.pdq_quality, f.fetched_at, f.url_key, f.xmin::text
FROM crawl_frontierurl f WHERE f.id >= %(first)s AND f.id < %(end)s AND {free}
"""
_PUT_FREE_AWAY: Final = """
WITH chosen AS (
    SELECT f.id FROM unnest(%(ids)s::bigint[], %(versions)s::text[]) AS c (id, version)
    JOIN crawl_frontierurl f ON f.id = c.id WHERE f.xmin::text = c.version AND {free}
    ORDER BY f.id FOR UPDATE OF f SKIP LOCKED
), gone AS (
    DELETE FROM crawl_frontierurl f USING chosen WHERE f.id = chosen.id RETURNING f.*
), left_over AS (
    DELETE FROM crawl_awayurl a USING gone WHERE a.key = left(encode(gone.url_key, 'hex'), 32)::uuid
), kept AS (
    INSERT INTO crawl_awayurl (number, key, fetched_on, kind, hops)
    SELECT id, left(encode(url_key, 'hex'), 32)::uuid, (fetched_at AT TIME ZONE 'UTC')::date, kind, hops
    FROM gone ORDER BY id
), counted AS (
    INSERT INTO crawl_awaycount AS c (lead_id, kind, error, is_file, is_picture, since_made, addresses)
    SELECT g.lead_id, g.kind, g.error, g.sha256 IS NOT NULL, g.pdq IS NOT NULL, g.fetched_at >= l.created_at, count(*)
    FROM gone g JOIN crawl_lead l ON l.id = g.lead_id GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (lead_id, kind, error, is_file, is_picture, since_made)
    DO UPDATE SET addresses = c.addresses + excluded.addresses
)
SELECT count(*) FROM gone
"""
_CHOOSE, _PUT_AWAY = (
    named(statement.replace("{free}", _FREE).replace("{MOST_REDIRECTS}", str(MOST_REDIRECTS)))
    for statement in (_CHOOSE_FREE, _PUT_FREE_AWAY)
)
_KEEP: Final = "INSERT INTO crawl_awaydetails (first, last, fetched_on, data) VALUES (%s, %s, %s, %s)"


class _Chosen(NamedTuple):
    """A row that may leave, and the transaction that wrote it last."""

    details: Details
    version: str


class PuttingAway:
    """Walks through the frontier, and knows how far it came. One for each worker; it begins anew with the process."""

    def __init__(self) -> None:
        self._end: int | None = None
        self._begun_at: float | None = None
        self._chosen: list[_Chosen] = []

    def put_away(self, now: dt.datetime) -> int:
        """Go on for some seconds; how many addresses left. ``now`` is domain time."""
        days = CrawlSettings.current().crawl_done_days
        if not days or not self._is_under_way() or not is_installed():
            return 0
        before, stop, count = now - dt.timedelta(days=days), time.monotonic() + AT_WORK_S, 0
        while self._end is not None and time.monotonic() < stop:
            self._end = self._look_further(self._end, before)
            if len(self._chosen) >= (LEAST if self._end is None else FILE_ROWS):
                chosen, self._chosen = self._chosen, []
                count += _leave(chosen, before)
        return count

    def _is_under_way(self) -> bool:
        if self._end is None and (self._begun_at is None or time.monotonic() - self._begun_at >= REST_S):
            self._end, self._begun_at, self._chosen = 2**62, time.monotonic(), []
        return self._end is not None

    def _look_further(self, end: int, before: dt.datetime) -> int | None:
        """The lowest number that was looked at; None at the end of the walk."""
        with connection.cursor() as cursor:
            cursor.execute(_WINDOW, [end, WINDOW])
            first: int | None = cursor.fetchone()[0]
        if first is not None:
            self._chosen += _choose(first, end, before)
        return first


def _choose(first: int, end: int, before: dt.datetime) -> list[_Chosen]:
    """What may leave of these numbers; without what another address than its own is written for."""
    with transaction.atomic(), connection.cursor() as cursor:
        _by_indexes(cursor)
        cursor.execute(_CHOOSE, {"first": first, "end": end, "before": before})
        rows = cursor.fetchall()
    chosen = []
    for *known, key, version in rows:
        details = Details(*known)
        details = details._replace(sha256=_bytes(details.sha256), pdq=_bytes(details.pdq))
        if _key_of(details.url) == bytes(key):
            chosen.append(_Chosen(details, version))
    return chosen


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _key_of(url: str) -> bytes | None:
    try:
        return parse(url).key
    except InvalidUrl:
        return None


def _by_indexes(cursor: Any) -> None:
    """Until the transaction ends each of these few rows is looked for by indexes: the planner would rather read all of
    the frontier once, whenever it takes the rows for more than they are."""
    cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off")


def _leave(chosen: Sequence[_Chosen], before: dt.datetime) -> int:
    """Each quarter's in a transaction of its own; how many left."""
    by_quarter: dict[dt.date, list[_Chosen]] = defaultdict(list)
    for each in chosen:
        by_quarter[away.quarter_of(each.details.fetched_at.astimezone(dt.UTC).date())].append(each)
    count = 0
    for first, rows in sorted(by_quarter.items()):
        if away.have_partitions(first):
            count += _leave_of(first, rows, pack(each.details for each in rows), before)
    return count


@transaction.atomic
def _leave_of(quarter: dt.date, rows: Sequence[_Chosen], data: bytes, before: dt.datetime) -> int:
    """Those of these that are as they were when ``data`` was made of them. None while somebody brings others back."""
    if not away.move_alone():
        return 0
    ids = [each.details.number for each in rows]
    with connection.cursor() as cursor:
        _by_indexes(cursor)
        versions = texts([each.version for each in rows])
        cursor.execute(_PUT_AWAY, {"ids": numbers(ids), "versions": versions, "before": before})
        count = int(cursor.fetchone()[0])
        if count:
            cursor.execute(_KEEP, [min(ids), max(ids), quarter, data])
    return count
