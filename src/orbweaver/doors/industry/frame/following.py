"""The index of this machine, followed in the background: a look-up waits for no change of a list."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from orbweaver.detect.matching.index import FRESH_S, ListIndex, index_dir
from orbweaver.detect.matching.rules import Hit
from orbweaver.doors.industry.frame.database import Database
from orbweaver.fingerprints import Fingerprints

log = logging.getLogger(__name__)

BUSY_S = 2.0
"""So long after a look-up the lists are followed as closely as they are for the crawler."""
IDLE_S = 5.0
"""How often they are followed when nobody asks."""
STALE_S = 0.7
"""A look-up after a pause waits until the lists have been followed, unless that was so long ago at most …"""
PATIENCE_S = 1.0
"""… but no longer than until that has lasted so long: a large import goes in by parts, is followed for minutes, and
nobody waits for it."""


class FollowedIndex(ListIndex):
    """The index; whoever holds it says when it follows the lists."""

    def sync_if_stale(self) -> None:
        """Not within a look-up."""


class Following:
    """Look-ups in small batches: those that come while one runs go into the next one together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = FollowedIndex(index_dir())
        self._pictures = ThreadPoolExecutor(1, thread_name_prefix="look-ups")
        self._hashes = ThreadPoolExecutor(1, thread_name_prefix="hashes")
        self._waiting: list[tuple[Fingerprints, asyncio.Future[list[Hit]]]] = []
        self._running: asyncio.Task[None] | None = None
        self._asked_at = self._followed_at = self._begun_at = float("-inf")
        self._sync: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._background = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Stop following; look-ups that run are finished."""
        self._background.cancel()
        await asyncio.gather(self._background, return_exceptions=True)
        if self._sync is not None:
            await asyncio.gather(self._sync, return_exceptions=True)
        for threads in (self._pictures, self._hashes):
            threads.shutdown(wait=True)
        self._index.close()

    async def warm_up(self) -> None:
        """Until the first look-ups cost what the others do, with what is on this machine; who cannot, serves slowly."""
        try:
            await asyncio.to_thread(self._index.warm)
        except Exception as error:
            log.warning("The lists could not be made ready for look-ups: %s", type(error).__name__)

    async def follow(self) -> None:
        """Follow the lists now."""
        if self._sync is not None:
            await asyncio.gather(self._sync, return_exceptions=True)
        await self._begun()

    @property
    def age_s(self) -> float:
        """Seconds since the lists were followed; without end before the first time."""
        return time.monotonic() - self._followed_at

    async def sizes(self) -> dict[str, int]:
        """How many entries there are to be found, by kind."""
        return await asyncio.to_thread(self._index.sizes)

    async def find(self, prints: Fingerprints) -> list[Hit]:
        """Every entry that a file hits."""
        await self._be_fresh()
        answer: asyncio.Future[list[Hit]] = asyncio.get_running_loop().create_future()
        self._waiting.append((prints, answer))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._look_up())
        return await answer

    async def find_values(self, kind: str, values: Sequence[bytes]) -> dict[int, list[Hit]]:
        """Every entry that hashes of a kind hit, by the position of the hash."""
        await self._be_fresh()
        return await asyncio.get_running_loop().run_in_executor(self._hashes, self._index.find, kind, values)

    async def _look_up(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                found = await loop.run_in_executor(self._pictures, self._look_up_all, [prints for prints, _ in batch])
            except Exception as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for (_, answer), hits in zip(batch, found, strict=True):
                if not answer.done():
                    answer.set_result(hits)

    def _look_up_all(self, prints: Sequence[Fingerprints]) -> list[list[Hit]]:
        """In a thread. One searches: for the few pictures of a batch, waking others costs more than they save."""
        return self._index.lookup(prints, threads=1)

    async def _be_fresh(self) -> None:
        self._asked_at = time.monotonic()
        if self._asked_at - self._followed_at <= STALE_S:
            return
        self._wake.set()
        following = self._begun()
        left = self._begun_at + PATIENCE_S - self._asked_at
        if left > 0:
            await asyncio.wait([following], timeout=left)

    def _begun(self) -> asyncio.Task[None]:
        if self._sync is None or self._sync.done():
            self._begun_at = time.monotonic()
            self._sync = asyncio.create_task(self._sync_once())
        return self._sync

    async def _sync_once(self) -> None:
        try:
            changed = await self._database(self._index.sync)
            self._followed_at = time.monotonic()
            if changed:
                await asyncio.to_thread(self._index.merge)
                await self.warm_up()
        except Exception as error:  # the lists are followed again in a moment; look-ups go on with what is there
            log.warning("The lists could not be followed: %s", type(error).__name__)

    async def _follow(self) -> None:
        while True:
            self._wake.clear()
            await asyncio.shield(self._begun())
            is_busy = time.monotonic() - self._asked_at < BUSY_S
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), FRESH_S if is_busy else IDLE_S)
