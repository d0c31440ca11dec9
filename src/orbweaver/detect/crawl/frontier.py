"""The durable frontier: what waits, who holds what, what is done. In bulk and in SQL, as it is the crawler's hot path.
``leasing`` hands out what waits.

Every function runs in the caller's transaction and takes real time (``now``) for leases and politeness.

**Leases** belong to a worker that says every few seconds that it lives; when it has not for ``crawl_lease_s``, any
other worker puts its URLs back. **Politeness** holds over any number of processes because whoever leases locks the
host's row and moves the moment of its next request. Rows of hosts are locked in the order of their numbers by those who
add, and skipped when locked by those who lease, so that nobody waits in a circle (``sites``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db import connection

from orbweaver.detect.crawl import other_pages, rules
from orbweaver.detect.crawl.arrays import numbers, texts
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.other_pages import Shown
from orbweaver.detect.crawl.sites import SiteChanges
from orbweaver.detect.crawl.statements import named
from orbweaver.platform.network.urls import ParsedUrl, parse

HEARTBEAT_S: Final = 1.0
PROMOTE_BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class NewUrl:
    """A URL to add. ``context`` is JSON text."""

    key: bytes
    url: str
    site_id: int
    lead_id: int
    kind: FrontierUrl.Kind
    hops: int
    priority: int
    parent_id: int | None = None
    report_id: int | None = None
    past_robots: bool = False
    context: str | None = None
    extents: tuple[str, ...] = ()
    """What it counts for, if it is new."""


@dataclass(frozen=True)
class Leased:
    """A URL to fetch now; ``wait_s`` is how long to wait first, for politeness' sake. ``delay_s`` is what lies between
    the turns of its host: where it is not 0, a turn that was missed is not taken later."""

    wait_s: float
    delay_s: float
    id: int
    url: str
    site_id: int
    lead_id: int
    parent_id: int | None
    report_id: int | None
    past_robots: bool
    kind: int
    hops: int
    attempts: int
    """This one included."""
    etag: str
    last_modified: str
    sha256: bytes | None = None
    """Of what was there the last time."""
    worker_id: int = 0
    """The number under which it was leased. A crawler that was given up has another by now, and records none of it."""

    @cached_property
    def parsed(self) -> ParsedUrl:
        """``url``, parsed when first asked for and no more. Raises InvalidUrl: to that visit, not to whoever leases."""
        return parse(self.url)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a leased URL. With ``due_at`` it is tried again then, else it is done."""

    id: int
    report_id: int | None
    status: int | None = None
    error: str = ""
    kind: FrontierUrl.Kind = FrontierUrl.Kind.UNKNOWN
    sha256: bytes | None = None
    pdq: bytes | None = None
    pdq_quality: int | None = None
    other_prints: bytes | None = None
    matched: bool = False
    etag: str = ""
    last_modified: str = ""
    context: str | None = None
    due_at: dt.datetime | None = None
    unchanged: bool = False
    """The server says that nothing changed (304): what is known of the content stays."""
    again: bool = False
    """It waits again at once, and is then fetched in full."""
    least_hops: int = 0
    """Its links were not followed, as if it were this far: it is fetched again if something known is found near it."""


_INSERT = named("""
WITH added AS (INSERT INTO crawl_frontierurl (url_key, url, site_id, lead_id, kind, hops, priority, parent_id,
    report_id, past_robots, context, state, attempts, error, matched, etag, last_modified)
SELECT decode(key, 'hex'), url, site, lead, kind, hops, priority, parent, report, past, NULLIF(context, 'null'),
    {State.WAITING}, 0, '', false, '', ''
FROM ROWS FROM (unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::smallint[], %s::smallint[],
    %s::smallint[], %s::bigint[], %s::bigint[], %s::bool[]), jsonb_array_elements(%s::jsonb))
    AS new (key, url, site, lead, kind, hops, priority, parent, report, past, context)
WHERE NOT EXISTS (SELECT 1 FROM crawl_frontierurl f WHERE f.url_key = decode(key, 'hex')) AND COALESCE((
    SELECT new.report IS NOT NULL OR a.fetched_on < (SELECT l.revisit_before FROM crawl_lead l WHERE l.id = new.lead)
        OR a.kind <> {Kind.MEDIA} AND new.hops < a.hops AND a.hops > %s
    FROM crawl_awayurl a WHERE a.key = left(new.key, 32)::uuid LIMIT 1
), true)
ORDER BY new.key ON CONFLICT (url_key) DO NOTHING RETURNING url_key, id)
SELECT url_key, id, COALESCE((
    SELECT false FROM crawl_awayurl a WHERE a.key = left(encode(added.url_key, 'hex'), 32)::uuid LIMIT 1
), true) FROM added
""")
"""In the order of the keys, so that two who add the same URLs do not wait in a circle. What is known is not tried:
``ON CONFLICT`` waits for whoever changes such a row, who perhaps waits for us, having recorded what we link to. What
was done and left the frontier (``away``) waits again where it is to be fetched anew, by the rule of ``_AGAIN``; its key
there is left over then, and says that the address is no new one. That is asked for each key by itself, so that no plan
reads all that was ever done. Binary columns come as text in hexadecimal, and contexts as one JSON array: arrays of
either took most of a batch's time (``arrays``)."""

_AGAIN = named("""
WITH new AS (
    SELECT decode(key, 'hex') AS key, lead, hops, priority, parent, report, past, NULLIF(context, 'null') AS context
    FROM ROWS FROM (unnest(%(keys)s::text[], %(leads)s::bigint[], %(hops)s::smallint[], %(priorities)s::smallint[],
        %(parents)s::bigint[], %(reports)s::bigint[], %(past)s::bool[]), jsonb_array_elements(%(contexts)s::jsonb))
        AS new (key, lead, hops, priority, parent, report, past, context)
), chosen AS (
    SELECT f.id, new.*, asked.anew,
        new.context IS NULL OR f.state <> {State.DONE} AND f.parent_id <> new.parent AS stays
    FROM new
    JOIN crawl_frontierurl f ON f.url_key = new.key JOIN crawl_lead l ON l.id = new.lead,
    LATERAL (SELECT new.report IS NOT NULL AND new.report IS DISTINCT FROM f.report_id AS reported) AS news,
    LATERAL (SELECT CASE WHEN f.state = {State.DONE} THEN f.fetched_at < l.revisit_before OR news.reported
                OR f.kind <> {Kind.MEDIA} AND new.hops < f.hops AND f.hops > %(cut)s
            WHEN f.state = {State.LATER} AND f.due_at IS NULL THEN news.reported OR new.lead <> f.lead_id
                AND NOT EXISTS (SELECT 1 FROM crawl_stoppedlead s WHERE s.lead_id = new.lead)
            ELSE f.state = {State.LATER} AND f.attempts >= %(quick)s
                AND (f.fetched_at < l.revisit_before OR news.reported)
        END AS anew) AS asked
    WHERE asked.anew
        OR (f.state <> {State.DONE} AND (new.lead > f.lead_id OR new.priority < f.priority OR news.reported))
    ORDER BY new.key FOR UPDATE OF f {{skip}}
)
UPDATE crawl_frontierurl f SET
    state = CASE WHEN c.anew THEN {State.WAITING} ELSE f.state END,
    attempts = CASE WHEN c.anew THEN 0 ELSE f.attempts END,
    due_at = CASE WHEN c.anew THEN NULL ELSE f.due_at END,
    lead_id = CASE WHEN f.state = {State.LATER} AND f.due_at IS NULL AND c.anew THEN c.lead
        ELSE GREATEST(f.lead_id, c.lead) END,
    hops = LEAST(f.hops, c.hops), priority = LEAST(f.priority, c.priority),
    parent_id = CASE WHEN c.stays THEN f.parent_id ELSE c.parent END,
    context = CASE WHEN c.stays THEN f.context ELSE c.context END,
    report_id = COALESCE(c.report, f.report_id), past_robots = f.past_robots OR c.past,
    etag = CASE WHEN c.report IS NULL AND f.kind = {Kind.MEDIA} THEN f.etag ELSE '' END,
    last_modified = CASE WHEN c.report IS NULL AND f.kind = {Kind.MEDIA} THEN f.last_modified ELSE '' END
FROM chosen c WHERE f.id = c.id RETURNING f.site_id, f.priority, f.id
""")
"""``anew``: what is done is fetched again where its lead wants it fresher, where it is reported, or where a page is
nearer than before and had links cut off for its distance; what is put off (no quick attempts are left) where one of
the first two holds; what was stopped with its lead (no moment at which it is due) where it is reported or another lead
comes upon it, to which it belongs then. What waits anyway may only come sooner, and stays where it was found: another
page that shows it is kept beside that one (``other_pages``). Rows are locked in the order of their keys; those that
somebody holds are left out unless the caller must be certain, since most links point where many point.

Pages, and what was reported, are asked for in full, without validators: a 304 would bring neither links nor a body."""


def add_urls(
    urls: Sequence[NewUrl],
    *,
    max_hops: int,
    changes: SiteChanges,
    certain: bool = False,
    shown_too: set[int] | None = None,
    moved: Sequence[tuple[int, bytes]] = (),
) -> int:
    """Add URLs; those known already are fetched again where a new lead, a report or a shorter way asks for it.

    Returns how many wait now because of this; ``changes`` learns of their sites, and ``shown_too`` of media that were
    found on another page before. ``moved``: media that redirect to some of these (``other_pages.lead``). With
    ``certain``, rows that somebody else holds are waited for.
    """
    unique = {new.key: new for new in sorted(urls, key=lambda new: (new.key, -new.priority, new.report_id or 0))}
    new = list(unique.values())
    if not new:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*_columns(new), max_hops - rules.OTHER_SITE_HOPS])
        rows = cursor.fetchall()
        added = {bytes(key): number for key, number, _ in rows}
        first_found = {bytes(key) for key, _, is_new in rows if is_new}
        known = [each for each in new if each.key not in added]
        again: list[tuple[int, int, int]] = []
        if known:
            cursor.execute(_AGAIN.format(skip="" if certain else "SKIP LOCKED"), _again_columns(known, max_hops))
            again = cursor.fetchall()
    for each in new:
        if each.key in added:
            is_new = each.key in first_found
            changes.waits(each.site_id, each.priority, added[each.key], is_new=is_new)
            changes.grown.update(each.extents if is_new else ())
    for site_id, priority, number in again:
        changes.waits(site_id, priority, number)
    other_pages.lead(moved)
    if shown_too is not None:
        found_on = {key: unique[key].parent_id for key in added}
        shown_too |= other_pages.keep(
            [
                Shown(each.key, each.parent_id, each.context)
                for each in urls
                if each.kind == FrontierUrl.Kind.MEDIA and each.parent_id is not None
                if each.parent_id != found_on.get(each.key)
            ]
        )
    return len(added) + len(again)


def _columns(new: Sequence[NewUrl]) -> list[str]:
    return [
        texts([each.key.hex() for each in new]),
        texts([each.url for each in new]),
        numbers([each.site_id for each in new]),
        numbers([each.lead_id for each in new]),
        numbers([int(each.kind) for each in new]),
        numbers([each.hops for each in new]),
        numbers([each.priority for each in new]),
        numbers([each.parent_id for each in new]),
        numbers([each.report_id for each in new]),
        numbers([each.past_robots for each in new]),
        _json_array([each.context for each in new]),
    ]


def _json_array(texts: Sequence[str | None]) -> str:
    """One JSON array of JSON texts. Quoting each as part of an array took most of a batch's time; so did digests."""
    return "[" + ",".join(text or "null" for text in texts) + "]"


def _again_columns(known: Sequence[NewUrl], max_hops: int) -> dict[str, Any]:
    """A page beyond ``cut`` hops had some or all of its links cut off."""
    return {
        "keys": texts([each.key.hex() for each in known]),
        "leads": numbers([each.lead_id for each in known]),
        "hops": numbers([each.hops for each in known]),
        "priorities": numbers([each.priority for each in known]),
        "parents": numbers([each.parent_id for each in known]),
        "reports": numbers([each.report_id for each in known]),
        "past": numbers([each.past_robots for each in known]),
        "contexts": _json_array([each.context for each in known]),
        "cut": max_hops - rules.OTHER_SITE_HOPS,
        "quick": rules.QUICK_ATTEMPTS,
    }


_COMPLETE = named("""
UPDATE crawl_frontierurl f SET
    state = CASE WHEN r.again OR f.report_id IS DISTINCT FROM r.report THEN {State.WAITING}
        WHEN r.due IS NULL THEN {State.DONE} ELSE {State.LATER} END,
    attempts = CASE WHEN f.report_id IS DISTINCT FROM r.report THEN 0 ELSE f.attempts END,
    due_at = r.due, worker_id = NULL, status = r.status, error = r.error,
    kind = CASE WHEN r.kind = {Kind.UNKNOWN} THEN f.kind ELSE r.kind END,
    sha256 = CASE WHEN r.again THEN NULL WHEN r.unchanged THEN f.sha256 ELSE decode(r.sha256, 'hex') END,
    pdq = CASE WHEN r.unchanged THEN f.pdq ELSE decode(r.pdq, 'hex') END,
    pdq_quality = CASE WHEN r.unchanged THEN f.pdq_quality ELSE r.quality END,
    other_prints = CASE WHEN r.unchanged THEN f.other_prints ELSE decode(r.others, 'hex') END,
    matched = CASE WHEN r.unchanged THEN f.matched ELSE r.matched END,
    etag = CASE WHEN r.again THEN '' WHEN r.unchanged THEN f.etag ELSE r.etag END,
    last_modified = CASE WHEN r.again THEN '' WHEN r.unchanged THEN f.last_modified ELSE r.modified END,
    context = COALESCE(NULLIF(r.context, 'null'), f.context), hops = GREATEST(f.hops, r.least), fetched_at = %s
FROM ROWS FROM (unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::text[], %s::smallint[], %s::text[], %s::text[],
    %s::smallint[], %s::text[], %s::bool[], %s::text[], %s::text[], %s::timestamptz[], %s::bool[], %s::bool[],
    %s::smallint[]), jsonb_array_elements(%s::jsonb))
    AS r (id, report, status, error, kind, sha256, pdq, quality, others, matched, etag, modified, due, unchanged, again,
    least, context)
WHERE f.id = r.id AND f.state = {State.LEASED} AND f.worker_id = %s
RETURNING f.id, f.hops, f.state, f.site_id, f.priority
""")
"""Only what the worker still holds: a result that comes after its lease was taken back is another's by now. A report
that came meanwhile is seen by the row's ``report_id``, which is then no longer that of the lease."""


def complete(worker_id: int, results: Sequence[Done], *, at: dt.datetime, changes: SiteChanges) -> dict[int, int]:
    """Record results of leased URLs; ``at`` is domain time. Returns those whose lease was still this worker's, with the
    hops that they have by now (something known may have been found near them in the meantime).

    A URL that was reported while it was being fetched waits again, so that the report is not lost.
    """
    if not results:
        return {}
    columns = [
        numbers([r.id for r in results]),
        numbers([r.report_id for r in results]),
        numbers([r.status for r in results]),
        texts([r.error for r in results]),
        numbers([int(r.kind) for r in results]),
        texts([r.sha256.hex() if r.sha256 else None for r in results]),
        texts([r.pdq.hex() if r.pdq else None for r in results]),
        numbers([r.pdq_quality for r in results]),
        texts([r.other_prints.hex() if r.other_prints else None for r in results]),
        numbers([r.matched for r in results]),
        texts([r.etag for r in results]),
        texts([r.last_modified for r in results]),
        texts([r.due_at.isoformat() if r.due_at else None for r in results]),
        numbers([r.unchanged for r in results]),
        numbers([r.again for r in results]),
        numbers([r.least_hops for r in results]),
        _json_array([r.context for r in results]),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_COMPLETE, [at, *columns, worker_id])
        rows = cursor.fetchall()
    for number, _, state, site_id, priority in rows:
        if state == FrontierUrl.State.WAITING:
            changes.waits(site_id, priority, number)
    return {row[0]: row[1] for row in rows}


_RENEW = named("""
WITH pages AS (SELECT id, hops FROM crawl_frontierurl WHERE id = ANY(%(ids)s) AND hops > 0),
nearer AS (
    SELECT id, 0 AS hops FROM pages
    UNION ALL SELECT f.id, f.hops - pages.hops FROM pages JOIN crawl_frontierurl f ON f.parent_id = pages.id
    WHERE f.kind <> {Kind.MEDIA} AND f.hops > pages.hops
), locked AS (
    SELECT f.id, nearer.hops FROM nearer JOIN crawl_frontierurl f USING (id) ORDER BY f.id FOR UPDATE OF f
)
UPDATE crawl_frontierurl f SET
    state = CASE WHEN f.state = {State.DONE} AND f.hops > %(cut)s THEN {State.WAITING} ELSE f.state END,
    attempts = CASE WHEN f.state = {State.DONE} AND f.hops > %(cut)s THEN 0 ELSE f.attempts END,
    priority = f.priority - (f.hops - locked.hops), hops = locked.hops
FROM locked WHERE f.id = locked.id AND f.kind <> {Kind.MEDIA} RETURNING f.state, f.site_id, f.priority, f.id
""")
"""Media are left out, as the index of what a page links to (``frontier_links_of``) does: they have no links."""


def renew(page_ids: Iterable[int], *, max_hops: int, changes: SiteChanges) -> None:
    """Something known was found on these pages: their trail begins anew, and what they link to is nearer by as much.

    Pages whose links were cut off for their distance are fetched again.
    """
    ids = sorted(set(page_ids))
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, {"ids": ids, "cut": max_hops - rules.OTHER_SITE_HOPS})
        for state, site_id, priority, number in cursor.fetchall():
            if state == FrontierUrl.State.WAITING:
                changes.waits(site_id, priority, number)


def fetch_in_full(numbers: Iterable[int], changes: SiteChanges) -> None:
    """Have what is done fetched once more, and read though it may be as it was."""
    state = FrontierUrl.State
    done = FrontierUrl.objects.filter(pk__in=sorted(numbers), state=state.DONE)
    rows = list(done.select_for_update().order_by("pk").values_list("site_id", "priority", "pk"))
    for row in rows:
        changes.waits(*row)
    FrontierUrl.objects.filter(pk__in=[number for *_, number in rows]).update(
        state=state.WAITING, attempts=0, due_at=None, etag="", last_modified="", sha256=None
    )
