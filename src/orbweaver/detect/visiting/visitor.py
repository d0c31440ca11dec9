"""The way of one leased URL to its outcome: its turn, permission, the fetch, what came, a browser where needed."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Final

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.drawing.browser import PageBrowser
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.fetching.fetch import Fetcher
from orbweaver.detect.visiting.drawn import draw_if_needed
from orbweaver.detect.visiting.in_hand import ByteBudget
from orbweaver.detect.visiting.outcome import Outcome
from orbweaver.detect.visiting.permission import RobotsDesk
from orbweaver.detect.visiting.turns import Turns
from orbweaver.detect.visiting.visit import Decode, fetch, look, without_fetch

logger = logging.getLogger(__name__)

BYTES_IN_HAND: Final = 192 * 2**20
"""Bytes of bodies between their fetch and their record."""


class Visitor:
    """Visits leased URLs, ``at_once`` of them being fetched at any moment. Of one event loop."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        robots: RobotsDesk,
        reader: PageReader,
        decode: Decode,
        browser: PageBrowser | None,
        at_once: int,
    ) -> None:
        self.turns = Turns()
        self._fetcher = fetcher
        self._robots = robots
        self._reader = reader
        self._decode = decode
        self._browser = browser
        self._fetching = asyncio.Semaphore(at_once)
        self._budget = ByteBudget(BYTES_IN_HAND)

    async def visit(self, leased: Leased, turn: float) -> Outcome | None:
        """What came, or None when nothing was asked for: the turn was missed or spent on robots.txt. ``turn`` is when
        it was to be (monotonic seconds)."""
        try:
            return await self._outcome(leased, turn)
        except Exception as error:
            # A fault of ours must not stop the crawl, nor come back for ever with the same page. The message of the
            # error may hold an address, so it is not logged.
            where = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("A visit failed: %s in %s:%s", type(error).__name__, where.name, where.lineno)
            return without_fetch(leased, "crawler_fault")

    async def _outcome(self, leased: Leased, turn: float) -> Outcome | None:
        if leased.attempts > rules.POISON_ATTEMPTS:
            return without_fetch(leased, "gave_up")
        async with self._fetching:
            if not self.turns.take(leased, turn):
                return None
            permission = await self._robots.permission(leased)
            if permission.asked and leased.delay_s > 0:
                return None
            if permission.error is not None:
                return without_fetch(leased, permission.error, permission.patience_s)
            outcome = await fetch(leased, self._fetcher, lambda target: permission.allows(target.normal))
            size = len(outcome.result.body)
            await self._budget.take(size)
            outcome.place.callback(self._budget.give, size)
        try:
            await look(outcome, self._reader, self._decode)
            if self._browser is not None:
                await draw_if_needed(outcome, self._browser, self._reader, self._decode, permission.allows)
        except BaseException:
            outcome.place.close()
            raise
        return outcome
