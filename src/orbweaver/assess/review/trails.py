"""Where confirmed material was seen, the crawler looks again: earlier sightings are leads (R1).

What stands beside it, or was added since, is found so: a page that was last fetched some days ago is fetched again, and
its links are as near as those of any lead. A match that nobody has confirmed yet renews the trail by itself
(``crawl.frontier.renew``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.queries import is_query_page
from orbweaver.detect.crawl.services import REVISIT, add_leads
from orbweaver.platform.network.urls import InvalidUrl, parse

MAX_PLACES: Final = 50
"""Places of one item, the latest; a medium on hundreds of pages is found on the others by their own verdicts."""


def lead_back(items: Iterable[ReviewItem], now: dt.datetime) -> int:
    """Make each place where these items were seen a lead, unless it became one lately; how many did.

    Last in a transaction and once, as it locks rows of the frontier and of sites in the order in which the crawler
    does. A page that the crawler holds at this moment is passed over: it is being looked at.
    """
    notes = _fetchable({url: item.public_id for item in items for url in _places(item)})
    lately = _led_lately(notes, now)
    fresh = {url: note for url, note in notes.items() if url not in lately}
    return len(add_leads(fresh, source=Lead.Source.SIGHTING, now=now, certain=False)) if fresh else 0


def _fetchable(notes: Mapping[str, str]) -> dict[str, str]:
    """Those that are addresses: an uploaded file has none."""
    kept: dict[str, str] = {}
    for url, note in notes.items():
        with suppress(InvalidUrl):
            parse(url)
            kept[url] = note
    return kept


def _led_lately(urls: Iterable[str], now: dt.datetime) -> set[str]:
    """By their hosts first, as the addresses of leads have no index."""
    hosts = {url: parse(url).host[:260] for url in urls}
    lately = Lead.objects.filter(site__host__in=set(hosts.values()), created_at__gt=now - REVISIT)
    return set(lately.filter(source=Lead.Source.SIGHTING, url__in=list(hosts)).values_list("url", flat=True))


def _places(item: ReviewItem) -> list[str]:
    """Pages, or the medium's own address where it has none or a query made it."""
    seen = item.sightings.order_by("-pk").values_list("url", "page_url")[: MAX_PLACES * 4]
    places = {url if not page or is_query_page(page) else page: None for url, page in seen}
    return list(places)[:MAX_PLACES]
