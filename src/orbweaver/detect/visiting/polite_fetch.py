"""A leased URL is fetched as its host allows: at its turn, within robots.txt. From ``Leased`` to ``Fetched``.

The frontier hands out turns that lie far enough apart. Where a process falls behind, turns of one host would come
together: then the later one is given back. So is what is in hand when crawling is switched off; each process looks at
the switches every second. robots.txt is fetched when it is needed, kept for a day and shared over the database.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.crawl.rules import RETRY_AFTER_MAX_S
from orbweaver.detect.crawl.selectors import Off
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.detect.fetching.patience import asked_patience_s
from orbweaver.detect.fetching.robots import FRESH_S, MAX_BYTES, Robots, read_answer
from orbweaver.detect.visiting.database import CrawlDatabase
from orbweaver.detect.visiting.stages import Fetched
from orbweaver.platform.clock import real_now
from orbweaver.platform.network.urls import ParsedUrl

STALE_S: Final = 10.0
"""Seconds after which a turn that was not taken is given back: others were handed out since."""
NEAR: Final = 0.8
"""Of the delay between two requests of this process to one host: what must lie between them in fact."""
HOSTS: Final = 10_000
"""Hosts whose last request is remembered."""
SITES: Final = 5000
"""Sites whose rules are kept in memory."""
TRUST_S: Final = 60.0
"""Seconds before a process looks again at what the database says of a site."""
FAILED_S: Final = 1.5
"""Seconds for which a robots.txt that could not be had is not asked for again, unless the site asked for more patience.
URLs are tried again later than that (``rules.RETRY_S``), so that none of their attempts is spent on what is remembered.
"""


class PoliteFetcher:
    """Fetches leased URLs, and nothing that their hosts do not allow now. Of one event loop."""

    def __init__(self, fetcher: Fetcher, database: CrawlDatabase, user_agent: str) -> None:
        self.turns = Turns()
        self._fetcher = fetcher
        self._robots = RobotsDesk(fetcher, database, user_agent)

    async def fetch(self, leased: Leased, turn: float) -> Fetched | None:
        """What came, or why the URL may not be fetched; None when its turn was missed, or spent on robots.txt."""
        if not self.turns.take(leased, turn):
            return None
        permission = await self._robots.permission(leased)
        if permission.asked and leased.delay_s > 0:
            return None
        if permission.error is not None:
            refused = FetchResult(url=leased.url, error=permission.error)
            return Fetched(leased, refused, patience_s=permission.patience_s)
        origin = leased.parsed

        def may_follow(target: ParsedUrl) -> bool:
            """Within the site alone: what is elsewhere waits for that host's turn."""
            return target.site == origin.site and permission.allows(target.normal)

        with ExitStack() as held:
            result = await self._fetcher.fetch(origin, headers=validators(leased), follow=may_follow, hold=held)
            return Fetched(leased, result, permission.robots, held=held.pop_all())


def validators(leased: Leased) -> dict[str, str]:
    """The headers that ask for an answer only if it changed."""
    headers = {"If-None-Match": leased.etag, "If-Modified-Since": leased.last_modified}
    return {name: value for name, value in headers.items() if value}


class Turns:
    """The turns of one process."""

    def __init__(self) -> None:
        self.off = Off()
        """The switches as they were a moment ago."""
        self._last: dict[int, float] = {}

    def take(self, leased: Leased, turn: float) -> bool:
        """Whether a request to the host may start now; ``turn`` is when it was to (monotonic seconds)."""
        if self.off.everything or leased.site_id in self.off.sites:
            return False
        if leased.delay_s <= 0:
            return True
        now = time.monotonic()
        last = self._last.get(leased.site_id)
        if now - turn > STALE_S or (last is not None and now - last < NEAR * leased.delay_s):
            return False
        self._last.pop(leased.site_id, None)
        self._last[leased.site_id] = now
        if len(self._last) > HOSTS:
            del self._last[next(iter(self._last))]
        return True


@dataclass(frozen=True, slots=True)
class Permission:
    """What may be fetched at a site; ``error`` says why nothing may, or why this URL may not."""

    robots: Robots | None = None
    error: str | None = None
    patience_s: float | None = None
    """Seconds for which the site asked to be left alone instead of giving its robots.txt."""
    asked: bool = False
    """robots.txt was fetched just now, so that the host had its request of this turn."""

    def allows(self, url: str) -> bool:
        """Whether robots.txt leaves this URL to us; True where an authority goes past it."""
        return self.robots is None or self.robots.allows(url)


@dataclass(slots=True)
class _Known:
    until: float
    robots: Robots | None
    error: str | None = None
    asked_patience: bool = False
    """The site wants to be left alone ``until`` then."""
    fetched: bool = False


class RobotsDesk:
    """Answers whether a URL may be fetched. One request for robots.txt at a time and site."""

    def __init__(self, fetcher: Fetcher, database: CrawlDatabase, user_agent: str) -> None:
        self._fetcher = fetcher
        self._database = database
        self._agent = user_agent
        self._known: OrderedDict[int, _Known] = OrderedDict()
        self._requests: dict[int, asyncio.Task[_Known]] = {}

    async def permission(self, leased: Leased) -> Permission:
        """Whether this URL may be fetched now. A recorded authority goes past robots.txt."""
        if leased.past_robots:
            return Permission()
        known = self._known.get(leased.site_id)
        asked = False
        if known is None or known.until < time.monotonic():
            known = await self._ask(leased)
            asked = known.fetched
        self._known.move_to_end(leased.site_id)
        if known.error is not None:
            patience = max(0.0, known.until - time.monotonic()) if known.asked_patience else None
            return Permission(error=known.error, patience_s=patience)
        if known.robots is not None and not known.robots.allows(leased.url):
            return Permission(error="robots")
        return Permission(known.robots, asked=asked)

    async def _ask(self, leased: Leased) -> _Known:
        task = self._requests.get(leased.site_id)
        if task is None:
            task = asyncio.create_task(self._find_out(leased))
            self._requests[leased.site_id] = task
            task.add_done_callback(lambda _: self._requests.pop(leased.site_id, None))
        known = await asyncio.shield(task)
        self._known[leased.site_id] = known
        while len(self._known) > SITES:
            self._known.popitem(last=False)
        return known

    async def _find_out(self, leased: Leased) -> _Known:
        site = await self._database.site(leased.site_id)
        if site.robots_authority:
            return _Known(time.monotonic() + TRUST_S, None)
        if _is_fresh(site):
            return self._rules(site.robots_text)
        parts = urlsplit(leased.url)
        result = await self._fetcher.fetch(f"{parts.scheme}://{parts.netloc}/robots.txt", max_bytes=MAX_BYTES, cut=True)
        answer = read_answer(result.status, result.error, result.body)
        if answer.text is None:
            patience = min(asked_patience_s(result) or 0.0, RETRY_AFTER_MAX_S)
            until = time.monotonic() + max(patience, FAILED_S)
            return _Known(until, None, _reason(result), asked_patience=patience > FAILED_S)
        known = self._rules(answer.text)
        known.fetched = True
        delay = known.robots.delay_s if known.robots is not None else 0.0
        await self._database.record_robots(leased.site_id, answer.text, delay)
        if known.robots is not None and known.robots.sitemaps:
            await self._database.add_sitemaps(leased, known.robots.sitemaps)
        return known

    def _rules(self, text: str) -> _Known:
        return _Known(time.monotonic() + TRUST_S, Robots(text, self._agent))


def _is_fresh(site: Site) -> bool:
    if site.robots_fetched_at is None:
        return False
    return (real_now() - site.robots_fetched_at).total_seconds() < FRESH_S


def _reason(result: FetchResult) -> str:
    """A host that cannot be reached at all is named as that; else it is its robots.txt that is missing."""
    if result.error is not None and result.status is None:
        return result.error
    return "robots_unreachable"
