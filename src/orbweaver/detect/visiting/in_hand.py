"""What keeps the crawler's flow even: a bound on bytes in memory, and a cheap way back from the decoders' threads."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future

from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.pool import DecoderPool


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


class DecoderDesk:
    """Fingerprints awaited in the event loop. Results that come close together wake the loop once, not each."""

    def __init__(self, pool: DecoderPool) -> None:
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._done: deque[tuple[asyncio.Future[Fingerprints], Future[Fingerprints]]] = deque()
        self._woken = False

    async def decode(self, body: bytes) -> Fingerprints:
        """All fingerprints of a body; see ``DecoderPool.submit``."""
        answer: asyncio.Future[Fingerprints] = self._loop.create_future()
        self._pool.submit(body).add_done_callback(lambda made: self._hand_over(answer, made))
        return await answer

    def _hand_over(self, answer: asyncio.Future[Fingerprints], made: Future[Fingerprints]) -> None:
        """In a decoder's thread. Added before the flag is looked at, so that no result is left without a wake-up."""
        self._done.append((answer, made))
        if not self._woken:
            self._woken = True
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._woken = False  # first, so that whatever is added from now on wakes the loop again
        while self._done:
            answer, made = self._done.popleft()
            if answer.done():
                continue
            error = made.exception()
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(made.result())
