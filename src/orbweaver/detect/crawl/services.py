"""Verbs of the crawl: leads, sites, robots.txt, counters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final

from django.db import connection, transaction

from orbweaver.detect.crawl import away, extents, rules
from orbweaver.detect.crawl.arrays import numbers
from orbweaver.detect.crawl.frontier import NewUrl, add_urls
from orbweaver.detect.crawl.kinds import COVER, walled_garden_of
from orbweaver.detect.crawl.messages import ANALYST_ASKS, KNOWN_SEEN, REPORT_ASKS
from orbweaver.detect.crawl.models import FrontierUrl, Lead, Site
from orbweaver.detect.crawl.rules import SITEMAP_PENALTY, is_followed, priority, sitemap_hops
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse
from orbweaver.platform.shared_clock import shared_now

REVISIT: Final = dt.timedelta(days=7)
"""Pages and media seen longer ago than this are fetched again when a lead comes upon them (domain time)."""
AUTHORITY: Final = {
    Lead.Source.REPORT: REPORT_ASKS,
    Lead.Source.ANALYST: ANALYST_ASKS,
    Lead.Source.SIGHTING: KNOWN_SEEN,
}
"""Why robots.txt does not hold for the URL of such a lead; the links on it are another matter."""
COUNT_SHARDS: Final = 64


def add_lead(
    url: str,
    *,
    source: Lead.Source | str,
    note: str = "",
    now: dt.datetime,
    report_id: int | None = None,
    fresh: bool = False,
) -> Lead:
    """Begin a crawl at a URL. Raises InvalidUrl.

    With ``fresh``, and for operators and reports always, it is fetched again even if it was a moment ago.
    """
    [lead] = add_leads({url: note}, source=source, now=now, report_id=report_id, fresh=fresh)
    return lead


@transaction.atomic
def add_leads(
    notes: Mapping[str, str],
    *,
    source: Lead.Source | str,
    now: dt.datetime,
    report_id: int | None = None,
    fresh: bool = False,
    certain: bool = True,
) -> list[Lead]:
    """Begin a crawl at each of these URLs (URL → note), all at once so that rows are locked in one order.

    See ``add_lead``. Without ``certain`` what the crawler holds at this moment is not waited for. Raises InvalidUrl.
    """
    source = Lead.Source(source)
    fresh = fresh or source in (Lead.Source.OPERATOR, Lead.Source.REPORT)
    parsed = [parse(url) for url in notes]
    away.bring_back(keys=[target.key for target in parsed])
    sites = site_ids((each.host, each.port) for each in parsed)
    leads = Lead.objects.bulk_create(
        Lead(
            url=url.strip(),
            site_id=sites[target.host[:260], target.port],
            source=source,
            note=note.replace("\x00", " ")[:4000],
            report_id=report_id,
            authority=AUTHORITY.get(source),
            revisit_before=now if fresh else now - REVISIT,
            created_at=now,
        )
        for (url, note), target in zip(notes.items(), parsed, strict=True)
    )
    changes = SiteChanges()
    new = [
        _waiting_url(lead, target, sites[target.host[:260], target.port])
        for lead, target in zip(leads, parsed, strict=True)
    ]
    add_urls(new, max_hops=CrawlSettings.current().crawl_max_hops, changes=changes, certain=certain)
    apply_changes(changes, now=shared_now())
    extents.grow(changes.grown, changes.finds, shared_now())
    bring_forward([target.key for target in parsed])
    return leads


def bring_forward(keys: Collection[bytes]) -> int:
    """Try again now what is put off of these URLs, as somebody asks for it; returns how many."""
    later = FrontierUrl.objects.filter(url_key__in=keys, state=FrontierUrl.State.LATER)
    put_off = later.filter(attempts__gte=rules.QUICK_ATTEMPTS).order_by("url_key").select_for_update(skip_locked=True)
    chosen = list(put_off.values_list("pk", flat=True))
    return FrontierUrl.objects.filter(pk__in=chosen).update(attempts=0, due_at=shared_now())


def _waiting_url(lead: Lead, target: ParsedUrl, site_id: int) -> NewUrl:
    """Where a lead begins, as the frontier takes it."""
    return NewUrl(
        key=target.key,
        url=lead.url if lead.url.isprintable() else target.normal,
        site_id=site_id,
        lead_id=lead.pk,
        kind=FrontierUrl.Kind.UNKNOWN,
        hops=0,
        priority=priority(media=False, hops=0, reported=lead.report_id is not None),
        report_id=lead.report_id,
        past_robots=bool(lead.authority),
        extents=extents.names_of(lead.pk, target.host),
    )


def site_ids(places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The number of each host and port, made where it is new."""
    wanted = sorted({(host[:260], port) for host, port in places})
    if not wanted:
        return {}
    now = shared_now()
    hosts, ports, version = [host for host, _ in wanted], [port for _, port in wanted], COVER.version()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crawl_site (host, port, kind, walled_garden, cover_version, switched_off, robots_authority,"
            " robots_text, robots_delay_s, next_fetch_at, waiting, created_at)"
            " SELECT w.host, w.port, 'unknown', w.walled, CASE WHEN w.walled THEN %s ELSE '' END, false, '', '', 0, %s,"
            " false, %s"
            " FROM unnest(%s::text[], %s::int[], %s::bool[]) AS w (host, port, walled)"
            " LEFT JOIN crawl_site s ON s.host = w.host AND s.port = w.port WHERE s.id IS NULL"
            " ORDER BY w.host, w.port ON CONFLICT DO NOTHING",
            [version, now, now, hosts, ports, [_is_walled(host, version) for host in hosts]],
        )
        cursor.execute(
            "SELECT s.host, s.port, s.id FROM unnest(%s::text[], %s::int[]) AS w (host, port)"
            " JOIN crawl_site s ON s.host = w.host AND s.port = w.port",
            [hosts, ports],
        )
        return {(host, port): number for host, port, number in cursor.fetchall()}


@lru_cache(maxsize=10_000)
def _is_walled(host: str, _version: str) -> bool:
    """``_version``: of the table, so that what was remembered under another one is forgotten."""
    return walled_garden_of(host) is not None


@transaction.atomic
def add_sitemaps(urls: Sequence[str], *, near: ParsedUrl, lead_id: int, hops: int, max_hops: int) -> int:
    """Let sitemaps wait that robots.txt of a host names; those of other hosts are left out, as anybody may be named.

    ``near`` is the URL for which robots.txt was read, ``hops`` its distance. Returns how many wait now.
    """
    hops = sitemap_hops(hops, max_hops)
    if not is_followed(hops, max_hops):
        return 0
    found: dict[bytes, ParsedUrl] = {}
    for url in urls:
        with suppress(InvalidUrl):
            parsed = parse(url.strip(), base=near)
            if parsed.host == near.host:
                found[parsed.key] = parsed
    names = extents.names_of(lead_id, near.host)
    if extents.full(names):
        return 0
    sites = site_ids((parsed.host, parsed.port) for parsed in found.values())
    new = [
        NewUrl(
            key=key,
            url=parsed.normal,
            site_id=sites[parsed.host[:260], parsed.port],
            lead_id=lead_id,
            kind=FrontierUrl.Kind.PAGE,
            hops=hops,
            priority=priority(media=False, hops=hops, reported=False) + SITEMAP_PENALTY,
            extents=names,
        )
        for key, parsed in found.items()
    ]
    changes = SiteChanges()
    added = add_urls(new, max_hops=max_hops, changes=changes)
    apply_changes(changes, now=shared_now())
    extents.grow(changes.grown, changes.finds, shared_now())
    return added


def record_robots(site_id: int, *, text: str, delay_s: float, now: dt.datetime) -> None:
    """Keep a site's robots.txt and its Crawl-delay (seconds); ``now`` is real time."""
    Site.objects.filter(pk=site_id).update(robots_text=text, robots_delay_s=delay_s, robots_fetched_at=now)


_BEGIN_ANEW: Final = """
WITH locked AS (
    SELECT id FROM crawl_lead WHERE id = ANY(%s) AND fruitless_pages > 0 ORDER BY id FOR NO KEY UPDATE
)
UPDATE crawl_lead l SET fruitless_pages = 0 FROM locked WHERE l.id = locked.id
"""
_COUNT_PAGES: Final = """
UPDATE crawl_lead SET fruitless_pages = fruitless_pages + %s FROM set_config('synchronous_commit', 'off', true)
WHERE id = %s RETURNING fruitless_pages
"""


def hold_leads(lead_ids: Collection[int], fruitful: Collection[int]) -> None:
    """Keep these leads from being stopped until the transaction ends, each beside all others who record for it; those
    that led to something known begin anew at no fruitless page. Late in a transaction."""
    with connection.cursor() as cursor:
        if fruitful:
            cursor.execute(_BEGIN_ANEW, [numbers(sorted(fruitful))])
        if lead_ids:
            cursor.execute(
                "SELECT 1 FROM crawl_lead WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [numbers(sorted(lead_ids))]
            )


def count_pages(pages: Mapping[int, int]) -> dict[int, int]:
    """Count fruitless pages of leads (by lead id). Returns those of each since something known was found.

    Outside a transaction, a lead at a time: all its crawlers share the row, and nobody is to hold one while waiting for
    another. What is lost where the program ends before is a batch of a bound.
    """
    counted: dict[int, int] = {}
    with connection.cursor() as cursor:
        for lead_id, more in pages.items():
            cursor.execute(_COUNT_PAGES, [more, lead_id])
            counted.update((lead_id, int(total)) for (total,) in cursor.fetchall())
    return counted


def count(*, pages: int, images: int, failures: int, size: int, now: dt.datetime) -> None:
    """Add to the day's figures (domain time). Last in a transaction, as it locks one of the day's rows: for each
    session one of its own, as far as they go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crawl_crawlcount AS c (day, shard, pages, images, failures, bytes)"
            " VALUES (%s, pg_backend_pid() %% %s, %s, %s, %s, %s)"
            " ON CONFLICT (day, shard) DO UPDATE SET pages = c.pages + excluded.pages,"
            " images = c.images + excluded.images, failures = c.failures + excluded.failures,"
            " bytes = c.bytes + excluded.bytes",
            [now.date(), COUNT_SHARDS, pages, images, failures, size],
        )
