"""Looking at URLs again: fetch, compare, keep. Many sites at once, the URLs of one site one after another."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from orbweaver.config import Config
from orbweaver.crawl.errors import TRANSIENT
from orbweaver.crawl.fetch import Fetcher
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.recheck.models import Observation
from orbweaver.recheck.rules import THERE, Event, Judgement, as_kept, combine
from orbweaver.recheck.seeing import Eye, Wanted
from orbweaver.recheck.selectors import pictures_instead
from orbweaver.recheck.services import Due, Seen, give_back, lease_due, record_observations, renew

BATCH = 64
"""URLs that are leased and looked at together."""

STOP_POLL_S = 0.2
"""Seconds after which a request to stop is heard at the latest."""

Clock = Callable[[], dt.datetime]


class Checker:
    """Checks what is due. Use as a context manager; decoder processes start with the first body that needs them."""

    def __init__(self, config: Config, read_clock: Clock, stop: Callable[[], bool] = lambda: False) -> None:
        self._config = config
        self._read_clock = read_clock
        self._stop = stop
        self._pool: DecoderPool | None = None
        self._held: list[Due] = []
        self._instead: Mapping[str, Mapping[bytes, frozenset[int]]] = {}
        self._direct = Eye(self._decode, config.crawl_host_delay_s)
        self._proxied = Eye(self._decode, config.crawl_host_delay_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close()

    def check_due(self, limit: int = BATCH) -> list[Event | None]:
        """Check up to ``limit`` URLs that are due now; what each check changed, None where it changed nothing."""
        due = lease_due(self._read_clock(), limit)
        if not due:
            return []
        self._held = due
        self._instead = pictures_instead(each.site for each in due)
        checked: list[Seen] = []
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

    async def _check_sites(self, due: Sequence[Due], checked: list[Seen]) -> None:
        """Fill ``checked``; what is under way when the stop is asked for is left out and given back."""
        sites: dict[str, list[Due]] = {}
        for each in due:
            sites.setdefault(each.site, []).append(each)
        async with AsyncExitStack() as stack:
            direct = await stack.enter_async_context(Fetcher.from_config(self._config))
            proxy = self._config.recheck_proxy
            proxied = await stack.enter_async_context(Fetcher.from_config(self._config, proxy=proxy)) if proxy else None
            visits = {asyncio.create_task(self._check_site(direct, proxied, urls, checked)) for urls in sites.values()}
            while visits:
                done, visits = await asyncio.wait(visits, timeout=STOP_POLL_S)
                for visit in done:
                    visit.result()
                if self._stop():
                    for visit in visits:
                        visit.cancel()
                    await asyncio.gather(*visits, return_exceptions=True)
                    return

    async def _check_site(
        self, direct: Fetcher, proxied: Fetcher | None, urls: Sequence[Due], checked: list[Seen]
    ) -> None:
        """One URL after another, with the pause that politeness asks for; the rest is left when the host is away."""
        for number, due in enumerate(urls):
            if number:
                await asyncio.sleep(self._config.crawl_host_delay_s)
            look = await self._direct.look(direct, self._wanted(due), self._read_clock())
            judgement = look.judgement
            views: list[tuple[Observation.Vantage, Judgement, int | None]] = []
            if proxied is not None and judgement.outcome not in THERE:
                second = await self._proxied.look(proxied, self._wanted(due), self._read_clock())
                judgement = combine(judgement, second.judgement)
                views.append((Observation.Vantage.PROXY, as_kept(second.judgement, judgement), second.status))
            views.insert(0, (Observation.Vantage.DIRECT, as_kept(look.judgement, judgement), look.status))
            checked.append(Seen(due, judgement, self._read_clock(), views, look.instead, look.not_before))
            if look.error in TRANSIENT or look.not_before is not None:
                return

    def _wanted(self, due: Due) -> Wanted:
        of_site = self._instead.get(due.site, {})
        return Wanted(
            due.url, due.sha256, due.pdq, lambda sha256: len(of_site.get(sha256, frozenset()) - {due.target_id})
        )

    def _decode(self, body: bytes) -> Future[Fingerprints]:
        if self._pool is None:
            self._pool = DecoderPool(
                workers=1, memory_mb=self._config.decode_memory_mb, timeout_s=self._config.decode_timeout_s
            )
        return self._pool.submit(body)
