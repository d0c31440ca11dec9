"""The focused crawl and its order, as pure decisions (R1).

**How far a trail goes.** Every page has a distance in hops: 0 for a lead, 0 again for a page on which something known
was found. A link to the same site is one hop further, a link to another site two, as most leave what matters. What is
further than the setting ``crawl_max_hops`` is not followed: the trail has led to nothing known for so long and ends.

A lead that led over ``crawl_max_fruitless_pages`` pages to nothing known is followed no further either: calendars and
session ids make endless pages within few hops. Its pictures are still looked at.

**What comes first.** Lower is sooner: what was reported; then pictures and videos, so that a page's matches are known
before its links are followed; then pages, the nearest to something known first; then sitemaps. Hosts are chosen by the
best that waits at each; a part of the choice goes to those that waited longest, so that none starves.

**How fast a host is asked** (``pace``, in SQL). Its *base* is the site's own setting, or the greater of Crawl-delay and
the setting for all. Answers make it slower, never faster than that:

- 429, 503 and answers that do not come in time double the delay and halve the requests at once, once a batch;
- the delay is at least half of the seconds that the host takes to answer (a moving average), so that about two requests
  are under way however slow it becomes;
- each good answer takes a twentieth off the delay and gives a twentieth of a request at once back.

A base of 0 says that the host may be asked without bound, as one's own may: then only the first holds.

**What is visited again** (``next_revisit_hours``): a page on which something known was seen, and where a lead began
that led to some. After a day at first; then after half as long each time that something was new there, half as long
again each time that nothing was, within the two settings. It never ends: in the end it costs four requests a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orbweaver.detect.fetching.errors import TRANSIENT
from orbweaver.platform.network.urls import ParsedUrl

SAME_SITE_HOPS: Final = 1
OTHER_SITE_HOPS: Final = 2
REPORTED_MEDIA_CAP: Final = 50
"""Pictures of a reported page that are assessed whether they match or not, the first ones in its order."""
QUICK_ATTEMPTS: Final = 3
"""Attempts one soon after the other; a URL that cannot be reached for longer is then left alone for a while."""
POISON_ATTEMPTS: Final = 10
"""Leases after which a URL is given up that never came to a result: it may be what ends the process each time."""
RETRY_S: Final = 2.0
"""Seconds before the second attempt; the third waits five times as long."""
PUT_OFF_S: Final = (3600.0, 86_400.0)
"""Seconds before each further attempt at what is out of order: most outages are over within the hour, nearly all within
a day. What was reported or led to something known must not be lost because its server was started anew."""
RETRY_AFTER_MAX_S: Final = 3600.0
"""A server may ask for patience up to this; more would be a way to opt out."""
RETRY_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
OUT_OF_ORDER: Final = TRANSIENT - {"deadline", "incomplete"}
"""What says that a host cannot be reached, as silence until the deadline does. One that answers without an end would
answer so again, and what came of it is read at the last quick attempt."""
BUSY_STATUSES: Final = frozenset({429, 503})
BUSY_ERRORS: Final = frozenset({"deadline", "connect_timeout"})
"""What says that a host is asked too often, besides its statuses: it does not keep up."""
FIRST_PACE_S: Final = 1.0
"""Seconds between requests after the first sign of a busy host that has no base."""
PACE_MAX_S: Final = 60.0
"""The longest delay that answers alone can lead to; Retry-After may ask for more."""
LATENCY_SHARE: Final = 0.5
"""Of the seconds that a host takes to answer: the least delay. Its inverse is how many requests are under way."""
LATENCY_WEIGHT: Final = 0.2
"""Of the newest answer in the moving average."""
RECOVERY: Final = 0.95
"""What a good answer leaves of the delay: 45 of them bring it to a tenth."""
SLOT_RECOVERY: Final = 0.05
LEAST_PACE_S: Final = 0.01
"""A shorter delay is none."""
SAME_PACE: Final = 0.05
SAME_LATENCY: Final = 0.1
"""Parts of the delay and of the time to answer by which they must differ to be written down: not at each batch."""
UNBOUNDED_SLOTS: Final = 64
"""Requests at once of which a busy host without a bound gets half: what one crawler process has under way."""
FIRST_REVISIT_HOURS: Final = 24.0
REVISIT_SOONER: Final = 0.5
REVISIT_LATER: Final = 1.5
"""What becomes of the hours between two visits after one with and one without something new. They come to rest where
about three visits of eight find something (0.5³ · 1.5⁵ ≈ 1): often enough to be soon, seldom enough to be polite."""
SITEMAP_PENALTY: Final = 200
"""Added to the priority of a sitemap that nothing but robots.txt names: it is read when nothing else waits there."""


def hops_to(page: ParsedUrl, target: ParsedUrl, hops: int) -> int:
    """The distance of a link's target from the lead or the nearest known sighting, given that of its page."""
    return hops + (SAME_SITE_HOPS if target.host == page.host else OTHER_SITE_HOPS)


def is_followed(hops: int, max_hops: int) -> bool:
    """Whether a page at this distance is fetched."""
    return hops <= max_hops


def is_fruitless(pages: int, max_pages: int) -> bool:
    """Whether a lead that led over so many pages to nothing known is given up."""
    return pages >= max_pages


def priority(*, media: bool, hops: int, reported: bool) -> int:
    """The position in the order; lower is sooner."""
    if reported:
        return 0
    return 10 if media else 20 + min(hops, 99)


def sitemap_hops(hops: int, max_hops: int) -> int:
    """The distance of a sitemap that robots.txt names, given that of the URL for which robots.txt was read.

    Near the end of the trail, so that pages which only a sitemap names come late and lead no further than a link.
    """
    return max(hops + SAME_SITE_HOPS, max_hops - OTHER_SITE_HOPS)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a host's answers of one batch say: how many were good, how many said that it is busy, seconds they took."""

    good: int = 0
    busy: int = 0
    measured: int = 0
    seconds: float = 0.0

    def and_one(self, *, busy: bool, latency_s: float | None) -> Answers:
        """With one more; ``latency_s`` is None where none came."""
        return Answers(
            self.good + (not busy),
            self.busy + busy,
            self.measured + (latency_s is not None),
            self.seconds + (latency_s or 0.0),
        )


def is_busy(error: str, status: int | None) -> bool:
    """Whether an answer, or that none came, says that the host is asked too often."""
    return error in BUSY_ERRORS or status in BUSY_STATUSES


def retry_delay_s(error: str, status: int | None, attempts: int, retry_after_s: float | None = None) -> float | None:
    """Seconds until the next attempt, or None when there is none. ``attempts`` counts those made."""
    busy = error == "http_error" and status in RETRY_STATUSES
    silent = error == "deadline" and status is None
    if attempts < QUICK_ATTEMPTS:
        wait = RETRY_S * 5.0 ** (attempts - 1)
        return max(wait, min(retry_after_s or 0.0, RETRY_AFTER_MAX_S)) if busy or error in TRANSIENT else None
    put_off = attempts - QUICK_ATTEMPTS
    return PUT_OFF_S[put_off] if put_off < len(PUT_OFF_S) and (busy or silent or error in OUT_OF_ORDER) else None


def is_put_off(attempts: int) -> bool:
    """Whether a URL that is to be tried again is so after a long wait, which no crawl that is bounded waits for."""
    return attempts >= QUICK_ATTEMPTS


def first_revisit_hours(least: float, most: float) -> float:
    """Hours until a place is visited again at which something known was seen for the first time."""
    return _bounded(FIRST_REVISIT_HOURS, least, most)


def next_revisit_hours(hours: float, least: float, most: float, *, fruitful: bool) -> float:
    """Hours until the next visit, given those before the last one and whether something known was new at it."""
    return _bounded(hours * (REVISIT_SOONER if fruitful else REVISIT_LATER), least, most)


def _bounded(hours: float, least: float, most: float) -> float:
    return max(least, min(hours, most))
