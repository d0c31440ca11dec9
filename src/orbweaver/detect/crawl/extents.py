"""How many addresses a lead, a host and a domain brought in, and which of them are followed no further: no site that
makes pages without end, under however many names, fills the disk.

What was found there that is known makes room for more: as much again each time the finds double, as a site that shows
one known picture at addresses without end would else make all the room it wants. A person can make room, too
(``site_settings.follow_further``). What was reported is looked at in any case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from orbweaver.detect.crawl.arrays import numbers, texts
from orbweaver.detect.crawl.models import Extent
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.platform.network.domains import registrable_domain

LEAD, HOST, DOMAIN = "lead", "host", "domain"
NO_BOUND: Final = 2**62

_GROW: Final = """
WITH n AS (
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[]) AS n (name, addresses, finds, most)
)
INSERT INTO crawl_extent AS e (name, addresses, finds, full_at)
SELECT name, addresses, finds, CASE WHEN addresses >= most::numeric * (1 + log(2, 1 + finds)) THEN %s END
FROM n ORDER BY name
ON CONFLICT (name) DO UPDATE SET
    addresses = e.addresses + excluded.addresses, finds = e.finds + excluded.finds,
    full_at = CASE WHEN e.addresses + excluded.addresses >= (SELECT most FROM n WHERE n.name = e.name)::numeric
        * (1 + log(2, 1 + e.finds + excluded.finds)) THEN COALESCE(e.full_at, %s) END
"""


def names_of(lead_id: int, host: str) -> tuple[str, ...]:
    """What an address counts for: its lead, its host and the domain that somebody registered."""
    return (f"{LEAD}:{lead_id}", *_of_host(host))


@lru_cache(maxsize=10_000)
def _of_host(host: str) -> tuple[str, str]:
    return f"{HOST}:{host[:253]}", f"{DOMAIN}:{(registrable_domain(host) or host)[:253]}"


def full(names: Collection[str]) -> set[str]:
    """Those of which no more is followed."""
    if not names:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM crawl_extent WHERE name = ANY(%s) AND full_at IS NOT NULL", [texts(sorted(names))]
        )
        return {name for (name,) in cursor.fetchall()}


def grow(addresses: Mapping[str, int], finds: Mapping[str, int], now: dt.datetime) -> None:
    """Count new addresses and finds. Outside a transaction, or last in one: all crawlers of a lead share its row."""
    names = sorted({*addresses, *finds})
    if not names:
        return
    settings = CrawlSettings.current()
    most = {LEAD: settings.crawl_lead_addresses, HOST: settings.crawl_host_addresses}
    columns = (
        texts(names),
        numbers([addresses.get(name, 0) for name in names]),
        numbers([finds.get(name, 0) for name in names]),
        numbers([most.get(name.partition(":")[0], settings.crawl_domain_addresses) or NO_BOUND for name in names]),
    )
    with connection.cursor() as cursor:
        cursor.execute(_GROW, [*columns, now, now])


def full_ones() -> QuerySet[Extent]:
    """What is followed no further, the newest first."""
    return Extent.objects.filter(full_at__isnull=False).order_by("-full_at", "pk")
