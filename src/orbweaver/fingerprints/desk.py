"""Fingerprints for an event loop: a cheap way back from the threads of the decoders."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future

from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.fingerprints.result import Fingerprints


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
