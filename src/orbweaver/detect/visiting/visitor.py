"""The way of one leased URL to its outcome: fetched as its host allows, then read and fingerprinted."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import deque
from typing import Final

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.detect.visiting.polite_fetch import PoliteFetcher
from orbweaver.detect.visiting.reading import Reading, failed
from orbweaver.detect.visiting.stages import Fetched, Visited

logger = logging.getLogger(__name__)

BYTES_IN_HAND: Final = 192 * 2**20
"""Bytes of bodies between their fetch and their record."""


class Visitor:
    """Visits leased URLs, ``at_once`` of them being fetched at any moment. Of one event loop."""

    def __init__(self, fetcher: PoliteFetcher, reading: Reading, *, at_once: int) -> None:
        self._fetcher = fetcher
        self._reading = reading
        self._fetching = asyncio.Semaphore(at_once)
        self._budget = ByteBudget(BYTES_IN_HAND)

    async def visit(self, leased: Leased, turn: float) -> Visited | None:
        """What came, or None when nothing was asked for: the turn was missed or spent on robots.txt. ``turn`` is when
        it was to be (monotonic seconds)."""
        try:
            return await self._outcome(leased, turn)
        except Exception as error:
            # A fault of ours must not stop the crawl, nor come back for ever with the same page. The message of the
            # error may hold an address, so it is not logged.
            where = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("A visit failed: %s in %s:%s", type(error).__name__, where.name, where.lineno)
            return _not_fetched(leased, "crawler_fault")

    async def _outcome(self, leased: Leased, turn: float) -> Visited | None:
        if leased.attempts > rules.POISON_ATTEMPTS:
            return _not_fetched(leased, "gave_up")
        fetched = await self._fetched(leased, turn)
        if fetched is None:
            return None
        try:
            return await self._reading.outcome(fetched)
        except BaseException:
            fetched.held.close()
            raise

    async def _fetched(self, leased: Leased, turn: float) -> Fetched | None:
        """Its body counts as in hand until the outcome is recorded."""
        async with self._fetching:
            fetched = await self._fetcher.fetch(leased, turn)
            if fetched is not None and fetched.result.body:
                size = len(fetched.result.body)
                await self._budget.take(size)
                fetched.held.callback(self._budget.give, size)
            return fetched


def _not_fetched(leased: Leased, error: str) -> Visited:
    return failed(Fetched(leased, FetchResult(url=leased.url, error=error)), error)


class ByteBudget:
    """Bounds the bytes in memory. A body over the whole budget gets it alone. Of one event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def used(self) -> int:
        """Bytes that are taken."""
        return self._used

    async def take(self, size: int) -> None:
        """Wait until there is room, in the order of asking."""
        if not self._waiting and self._fits(size):
            self._used += size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(size)
            raise

    def give(self, size: int) -> None:
        """Room again, for those who wait first."""
        self._used -= size
        while self._waiting and (self._waiting[0][1].done() or self._fits(self._waiting[0][0])):
            size, turn = self._waiting.popleft()
            if not turn.done():
                self._used += size
                turn.set_result(None)

    def _fits(self, size: int) -> bool:
        return not self._used or self._used + size <= self._limit
