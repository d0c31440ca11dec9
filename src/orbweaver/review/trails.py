"""Where confirmed material was seen, the crawler looks again: earlier sightings are leads (R1).

What stands beside it, or was added since, is found so: a page that was last fetched some days ago is fetched again, and
its links are as near as those of any lead. A match that nobody has confirmed yet renews the trail by itself
(``crawl.frontier.renew``).
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Final

from orbweaver.crawl.models import Lead
from orbweaver.crawl.queries import is_query_page
from orbweaver.crawl.services import REVISIT, add_lead
from orbweaver.network.urls import InvalidUrl, parse
from orbweaver.review.models import ReviewItem

MAX_PLACES: Final = 50
"""Places of one item, the latest; a medium on hundreds of pages is found on the others by their own verdicts."""


def lead_back(item: ReviewItem, now: dt.datetime) -> int:
    """Make each place where this item was seen a lead, unless it became one lately; how many did.

    Late in a transaction, as it locks rows of the frontier and of sites.
    """
    made = 0
    for url in _places(item):
        with suppress(InvalidUrl):
            if not _led_lately(url, now):
                add_lead(url, source=Lead.Source.SIGHTING, note=item.public_id, now=now)
                made += 1
    return made


def _led_lately(url: str, now: dt.datetime) -> bool:
    """By its host first, as the addresses of leads have no index. Raises InvalidUrl."""
    lately = Lead.objects.filter(site__host=parse(url).host[:260], created_at__gt=now - REVISIT)
    return lately.filter(source=Lead.Source.SIGHTING, url=url).exists()


def _places(item: ReviewItem) -> list[str]:
    """Pages, or the medium's own address where it has none or a query made it."""
    seen = item.sightings.order_by("-pk").values_list("url", "page_url")[: MAX_PLACES * 4]
    places = {url if not page or is_query_page(page) else page: None for url, page in seen}
    return list(places)[:MAX_PLACES]
