"""What stands at the address of a picture as a page: the pictures that it shows, in itself or by its frames, and what
it leads on to, whatever its status and its words say.

Hosts lead the address of a picture on to a page around it, by a redirect, a refresh or a script, and the words may be
about a comment.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.follow.recheck.browser_headers import BrowserHeaders, front
from orbweaver.follow.recheck.leading import frames, hides_where, leads_on, named_in_json, named_in_scripts
from orbweaver.follow.recheck.rules import THERE, CheckOutcome
from orbweaver.follow.recheck.seeing import JudgedFetch, VantagePoint, Wanted, is_svg
from orbweaver.platform.network.urls import ParsedUrl, parse

SHOWN_TRIED = 5
"""Pictures that are compared on such a page, those of the address's own name first."""
STEPS_FOLLOWED = 3
"""How often such a page may lead on to another, or show another within itself."""

_HIDING = frozenset({CheckOutcome.BLOCKED, CheckOutcome.UNREACHABLE})


class NotAllCompared(Exception):
    """The page shows more pictures of its own than are looked at, or leads on to where they cannot be seen."""


@dataclass(frozen=True)
class PageInPlace:
    """Looks at such pages as a visitor. ``shown_for_missing``: the pictures on the host's page for a path that cannot
    exist, which tell nothing."""

    fetcher: Fetcher
    reader: PageReader
    vantage: VantagePoint
    headers: BrowserHeaders
    delay_s: float
    read_clock: Callable[[], dt.datetime]
    shown_for_missing: Callable[[Wanted], Awaitable[frozenset[str]]]

    async def distance(self, wanted: Wanted, answer: FetchResult) -> int | None:
        """How far the medium is from what the page shows or leads to; None where that is something else. Raises
        FetchFailed for one that is not to be read, NotAllCompared where the medium may be among what was not seen."""
        return await self._distance(wanted, answer, STEPS_FOLLOWED, {wanted.url})

    async def _distance(self, wanted: Wanted, answer: FetchResult, steps: int, seen: set[str]) -> int | None:
        page = answer.target or parse(answer.url)
        seen.add(page.normal)
        distance = await self.vantage.compare_within(answer, wanted, SHOWN_TRIED)
        if distance is not None:
            return distance
        if not _is_front(page):
            distance = await self._led_to(wanted, answer, page, steps, seen)
        if distance is None:
            distance = await self._shown(wanted, answer, page)
        if distance is None and hides_where(answer.body) and not _is_front(page):
            raise NotAllCompared
        return distance

    async def _led_to(
        self, wanted: Wanted, answer: FetchResult, page: ParsedUrl, steps: int, seen: set[str]
    ) -> int | None:
        """How far the medium is from what the page leads on to, or shows in its frames."""
        onward = leads_on(answer.headers, answer.body, page) + named_in_json(answer.body, page)
        for target in onward + frames(answer.body, page):
            if target.normal in seen:
                continue
            seen.add(target.normal)
            found = await self._fetch(wanted, target, self.headers.document())
            if found.judgement.outcome in THERE:
                return found.judgement.distance
            if found.page is not None and steps:
                distance = await self._distance(wanted, found.page, steps - 1, seen)
                if distance is not None:
                    return distance
            is_told = steps and found.judgement.outcome not in _HIDING
            if not is_told and not _is_front(target) and (target in onward or target.site == page.site):
                raise NotAllCompared
        return None

    async def _shown(self, wanted: Wanted, answer: FetchResult, page: ParsedUrl) -> int | None:
        """How far the medium is from a picture that the page shows by its address."""
        name = name_of(parse(wanted.url))
        kind = "text/html" if is_svg(answer) else answer.headers.get("Content-Type", "")
        held = await self.reader.read(answer.body, page, kind)
        media = sorted((each.url for each in held.media), key=lambda each: name_of(each) != name)
        of_host = await self.shown_for_missing(wanted) if len(media) > SHOWN_TRIED else frozenset()
        media.sort(key=lambda each: each.normal in of_host)
        written = [each for each in named_in_scripts(answer.body, page) if each not in media]
        for shown in media[:SHOWN_TRIED] + written:
            found = await self._fetch(wanted, shown, self.headers.picture(shown, page))
            if found.judgement.outcome in THERE:
                return found.judgement.distance
        self._require_harmless(media[SHOWN_TRIED:], of_host, page)
        return None

    def _require_harmless(self, rest: Sequence[ParsedUrl], of_host: frozenset[str], page: ParsedUrl) -> None:
        """Pictures that were not compared tell nothing against a removal only where the host shows them to everybody:
        with each missing path, or on its front page."""
        if not _is_front(page) and any(each.normal not in of_host for each in rest):
            raise NotAllCompared

    async def _fetch(self, wanted: Wanted, target: ParsedUrl, headers: dict[str, str]) -> JudgedFetch:
        await asyncio.sleep(self.delay_s)
        return await self.vantage.fetch_once(
            self.fetcher, replace(wanted, url=target.normal), self.read_clock(), headers
        )


def _is_front(page: ParsedUrl) -> bool:
    """Many hosts lead whoever asks for what is gone to their front page, which says nothing of it."""
    return page.normal == front(page).normal


def name_of(url: ParsedUrl) -> str:
    """The last part of an address's path."""
    return url.path.rpartition("/")[2]
