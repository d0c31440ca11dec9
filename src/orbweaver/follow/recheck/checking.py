"""Looking at URLs again: fetch, compare, keep. Many sites at once, the URLs of one site one after another."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.fetching.errors import TRANSIENT
from orbweaver.detect.fetching.fetch import Fetcher
from orbweaver.detect.media.decoders import decoder_pool
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.follow.recheck.concluding import Facts, conclude, hidden_from_us
from orbweaver.follow.recheck.leasing import Due, give_back, lease_due, renew
from orbweaver.follow.recheck.models import Network, Observation
from orbweaver.follow.recheck.recording import CheckResult, View, record_observations
from orbweaver.follow.recheck.rules import OFFLINE, THERE, Event, Judgement, as_kept, combine
from orbweaver.follow.recheck.ruleset import ruleset
from orbweaver.follow.recheck.seeing import JudgedFetch, VantagePoint, Wanted
from orbweaver.follow.recheck.selectors import pictures_instead
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.follow.recheck.visiting import Visitor

BATCH = 64
"""URLs that are leased and looked at together."""

STOP_POLL_S = 0.2
"""Seconds after which a request to stop is heard at the latest."""

HUNG_UP = frozenset({"disconnected", "deadline"})
"""Codes of hosts that took the connection and did not answer: perhaps only to our name."""

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True)
class _Round:
    """What the checks of one batch share."""

    direct: Fetcher
    proxied: Fetcher | None
    visitor: Visitor
    checked: list[CheckResult]


class Checker:
    """Checks what is due. Use as a context manager; decoder processes start with the first body that needs them."""

    def __init__(self, read_clock: Clock, stop: Callable[[], bool] = lambda: False) -> None:
        self._read_clock = read_clock
        self._stop = stop
        self._pool: DecoderPool | None = None
        self._held: list[Due] = []
        self._instead: Mapping[str, Mapping[bytes, frozenset[int]]] = {}
        self._direct = VantagePoint(self._decode, CrawlSettings.current().crawl_host_delay_s)
        self._proxied = VantagePoint(self._decode, CrawlSettings.current().crawl_host_delay_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close()

    def check_due(self, limit: int = BATCH) -> list[Event | None]:
        """Check up to ``limit`` URLs that are due now; what each check changed, None where it changed nothing."""
        ruleset()  # a file that cannot be used is an error before anything is leased
        due = lease_due(self._read_clock(), limit)
        if not due:
            return []
        self._held = due
        self._instead = pictures_instead(each.site for each in due)
        checked: list[CheckResult] = []
        try:
            asyncio.run(self._check_sites(due, checked))
            return record_observations(checked)
        finally:
            self._held = []
            looked_at = {each.due.target_id for each in checked}
            give_back([each for each in due if each.target_id not in looked_at])

    def renew(self) -> None:
        """Say that the URLs in hand are still ours. Called from another thread."""
        held = self._held
        if held:
            renew(held)

    async def _check_sites(self, due: Sequence[Due], checked: list[CheckResult]) -> None:
        """Fill ``checked``; what is under way when the stop is asked for is left out and given back."""
        sites: dict[str, list[Due]] = {}
        for each in due:
            sites.setdefault(each.site, []).append(each)
        async with AsyncExitStack() as stack:
            direct = await stack.enter_async_context(Fetcher.from_settings())
            proxy = RecheckSettings.current().recheck_proxy
            proxied = await stack.enter_async_context(Fetcher.from_settings(proxy=proxy)) if proxy else None
            reader = await stack.enter_async_context(PageReader.from_settings())
            visitor = Visitor(direct, reader, self._direct, self._read_clock)
            round_ = _Round(direct, proxied, visitor, checked)
            visits = {asyncio.create_task(self._check_site(round_, urls)) for urls in sites.values()}
            while visits:
                done, visits = await asyncio.wait(visits, timeout=STOP_POLL_S)
                for visit in done:
                    visit.result()
                if self._stop():
                    for visit in visits:
                        visit.cancel()
                    await asyncio.gather(*visits, return_exceptions=True)
                    return

    async def _check_site(self, round_: _Round, urls: Sequence[Due]) -> None:
        """One URL after another, with the pause that politeness asks for; the rest is left when the host is away."""
        for number, due in enumerate(urls):
            if number:
                await asyncio.sleep(CrawlSettings.current().crawl_host_delay_s)
            judged = await self._check(round_, due)
            if judged.error in TRANSIENT or judged.not_before is not None:
                return

    async def _check(self, round_: _Round, due: Due) -> JudgedFetch:
        """One check: under our own name, then as a visitor, then from elsewhere, as far as it is not seen."""
        wanted = self._wanted(due)
        judged = await self._direct.fetch_once(round_.direct, wanted, self._read_clock())
        views = [View(Observation.Vantage.DIRECT, judged.judgement, judged.status)]
        judgement, instead = judged.judgement, judged.instead
        facts, not_before = Facts(judged.judgement), judged.not_before
        errors: dict[Network, str | None] = {Network.OWN: judged.error}
        asks_on = judged.error is None or judged.error in HUNG_UP
        if judgement.outcome not in THERE and asks_on and judged.not_before is None:
            visit = await round_.visitor.visit(wanted, due.pages, due.beside)
            facts, instead, not_before = visit.facts, visit.fetches[0].instead, visit.not_before
            views += [View(Observation.Vantage.VISITOR, each.judgement, each.status) for each in visit.fetches]
            judgement = conclude(facts)
            errors[Network.OWN] = visit.fetches[-1].error
        if round_.proxied is not None and judgement.outcome not in THERE:
            second = await self._see_elsewhere(round_, wanted, due.pages, judgement)
            errors[Network.SECOND] = second.error
            views.append(View(Observation.Vantage.PROXY, second.judgement, second.status))
            judgement = conclude(facts, second.judgement)
        if facts.looked_at_pages:
            views.insert(0, View(Observation.Vantage.PAGE, facts.of_pages, None))
        judgement = hidden_from_us(judged.judgement, judgement)
        kept = [view._replace(judgement=as_kept(view.judgement, judgement)) for view in views]
        round_.checked.append(CheckResult(due, judgement, self._read_clock(), kept, instead, not_before, errors))
        return replace(judged, not_before=not_before)

    async def _see_elsewhere(
        self, round_: _Round, wanted: Wanted, pages: Sequence[str], here: Judgement
    ) -> JudgedFetch:
        """What the second vantage point sees, as a visitor there would; what seems gone there too is opened."""
        assert round_.proxied is not None
        headers = round_.visitor.headers_for(wanted.url, pages)
        shown = await self._proxied.fetch_and_compare(round_.proxied, wanted, self._read_clock(), headers)
        if here.outcome not in OFFLINE or shown.judgement.outcome not in OFFLINE or shown.not_before is not None:
            return shown
        await asyncio.sleep(CrawlSettings.current().crawl_host_delay_s)
        headers = round_.visitor.document_headers()
        opened = await self._proxied.fetch_and_compare(round_.proxied, wanted, self._read_clock(), headers)
        return replace(opened, judgement=combine(opened.judgement, shown.judgement))

    def _wanted(self, due: Due) -> Wanted:
        of_site = self._instead.get(due.site, {})
        return Wanted(
            due.url,
            due.sha256,
            due.pdq,
            lambda sha256: len(of_site.get(sha256, frozenset()) - {due.target_id}),
            due.is_removed,
        )

    def _decode(self, body: bytes) -> Future[Fingerprints]:
        if self._pool is None:
            self._pool = decoder_pool(workers=1)
        return self._pool.submit(body)
