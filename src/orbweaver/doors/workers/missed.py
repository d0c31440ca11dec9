"""Fetching again what was not archived while a setting was missing (``matching.missed``)."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib

from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.fetching.errors import TRANSIENT
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.detect.matching.missed import Missed, finish_missed, next_missed

LATER = frozenset({408, 425, 429})


def fetch_missed(now: dt.datetime) -> int:
    """Fetch one medium that is due; 1 if there was one. Must run outside any transaction."""
    missed = next_missed()
    if missed is None:
        return 0
    body, is_final = asyncio.run(_fetch(missed))
    finish_missed(missed, body, is_final=is_final, now=now)
    return 1


async def _fetch(missed: Missed) -> tuple[bytes | None, bool]:
    """The very bytes, from whichever address serves them; without them, whether every answer is one that lasts."""
    is_final = True
    async with Fetcher.from_settings() as fetcher:
        for url in missed.urls:
            await asyncio.sleep(CrawlSettings.current().crawl_host_delay_s)
            got = await fetcher.fetch(url)
            if got.ok and hashlib.sha256(got.body).digest() == missed.sha256:
                return got.body, True
            is_final = is_final and not _may_pass(got)
    return None, is_final


def _may_pass(got: FetchResult) -> bool:
    return got.error in TRANSIENT or (got.status is not None and (got.status >= 500 or got.status in LATER))
