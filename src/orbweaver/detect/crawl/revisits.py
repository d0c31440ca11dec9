"""Known bad places and good leads are visited again by themselves, as often as their history asks (``rules``).

What a visit brings is the crawl's own affair: pages go back to the frontier, so politeness, switches and leases hold
for them as for all else. Whether a visit bore fruit is known when the next one is due: something known was new there
since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Least

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.models import Lead, Revisit
from orbweaver.detect.crawl.services import REVISIT
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.crawl.statements import named
from orbweaver.platform.network.urls import InvalidUrl, parse
from orbweaver.platform.shared_clock import shared_now

BATCH: Final = 500
"""Places put back into the frontier in one transaction."""

_NOTE = named("""
INSERT INTO crawl_revisit (url_id, due_at, hours, found_at, visited_at, visits, fruitful_visits)
SELECT id, %(due)s, %(hours)s, %(now)s, %(now)s, 0, 0 FROM crawl_frontierurl
WHERE (id = ANY(%(pages)s) OR url_key = ANY(%(keys)s)) AND kind <> {Kind.MEDIA}
ORDER BY id ON CONFLICT (url_id) DO UPDATE SET found_at = excluded.found_at
""")


def note_found(page_ids: Collection[int], lead_ids: Collection[int], now: dt.datetime) -> None:
    """Something known was new on these pages, to which these leads led: they are visited again. In the caller's
    transaction."""
    if not page_ids and not lead_ids:
        return
    keys = []
    for url in Lead.objects.filter(pk__in=lead_ids).values_list("url", flat=True):
        with suppress(InvalidUrl):
            keys.append(parse(url).key)
    settings = CrawlSettings.current()
    hours = rules.first_revisit_hours(settings.crawl_revisit_least_hours, settings.crawl_revisit_most_hours)
    values: dict[str, Any] = {"due": now + dt.timedelta(hours=hours), "hours": hours, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, values | {"pages": sorted(page_ids), "keys": keys})


def visit_soon(pages: Collection[str], now: dt.datetime) -> None:
    """Visit these pages again at once: something that was known there has moved. In the caller's transaction."""
    keys = []
    for url in pages:
        with suppress(InvalidUrl):
            keys.append(parse(url).key)
    hours = CrawlSettings.current().crawl_revisit_least_hours
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"due": now, "hours": hours, "now": now, "pages": [], "keys": keys})
    Revisit.objects.filter(url__url_key__in=keys).update(due_at=Least("due_at", Value(now)))


@transaction.atomic
def visit_again(now: dt.datetime) -> int:
    """Let the places wait in the frontier whose time has come; returns how many were due."""
    due = Revisit.objects.filter(due_at__lte=now).select_for_update(skip_locked=True).order_by("due_at")[:BATCH]
    places = list(due)
    if places:
        for place in places:
            _plan(place, now)
        Revisit.objects.bulk_update(places, ["due_at", "hours", "visited_at", "visits", "fruitful_visits"])
        _put_back([(place.url_id, now - max(REVISIT, dt.timedelta(hours=place.hours))) for place in places])
    return len(places)


def _plan(place: Revisit, now: dt.datetime) -> None:
    """The next visit, by what came of the last one. The first is planned by having found it at all."""
    settings = CrawlSettings.current()
    fruitful = place.found_at > place.visited_at
    if place.visits:
        least, most = settings.crawl_revisit_least_hours, settings.crawl_revisit_most_hours
        place.hours = rules.next_revisit_hours(place.hours, least, most, fruitful=fruitful)
        place.fruitful_visits += fruitful
    place.visits += 1
    place.visited_at = now
    place.due_at = now + dt.timedelta(hours=place.hours)


_FRESHER = """
WITH wanted AS (
    SELECT f.lead_id AS id, max(p.before) AS before
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS p (url, before) JOIN crawl_frontierurl f ON f.id = p.url
    GROUP BY f.lead_id
), locked AS (
    SELECT l.id, w.before FROM crawl_lead l JOIN wanted w USING (id) WHERE l.revisit_before < w.before
    ORDER BY l.id FOR NO KEY UPDATE OF l
)
UPDATE crawl_lead l SET revisit_before = k.before FROM locked k WHERE l.id = k.id
"""
"""What lies on the trail is looked at again, too, where that is a week ago, or as long as nothing was new. Leads are
locked after hosts, and in the order in which the crawler does (``services.hold_leads``)."""

_WAIT = named("""
WITH due AS (
    SELECT id FROM crawl_frontierurl WHERE id = ANY(%s) AND state = {State.DONE} ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE crawl_frontierurl f SET state = {State.WAITING}, attempts = 0, due_at = NULL FROM due WHERE f.id = due.id
RETURNING f.site_id, f.priority, f.id
""")
"""What waits, is in hand or is put off comes anyway."""


def _put_back(places: list[tuple[int, dt.datetime]]) -> None:
    ids = [number for number, _ in places]
    changes = SiteChanges()
    with connection.cursor() as cursor:
        cursor.execute(_WAIT, [ids])
        for site_id, priority, number in cursor.fetchall():
            changes.waits(site_id, priority, number)
        apply_changes(changes, now=shared_now())
        cursor.execute(_FRESHER, [ids, [before for _, before in places]])
