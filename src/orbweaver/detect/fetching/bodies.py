"""Collecting the body of an answer within limits of bytes, pace and memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from contextlib import ExitStack
from typing import Final

from orbweaver.detect.fetching.errors import FetchFailed

SMALL_BODY: Final = 2 * 2**20
"""Bytes that every fetch may hold at once; larger bodies wait for one of ``LARGE_BODIES`` slots."""
LARGE_BODIES: Final = 4
PATIENCE_S: Final = 10.0
"""Seconds after which the pace of a body that has a slot is looked at again, and for which it may stand still."""
YIELD_EVERY: Final = 16
"""Pieces after which other fetches get their turn: one small chunk may decompress to a thousand pieces."""
PACKING: Final = 16
"""A packed body may be longer than what is in it by this part of the limit, far more than zlib adds to noise."""


class Body:
    """Collects a body up to its limit; past SMALL_BODY only with one of the slots for large ones.

    ``pace`` is bytes a second at which a body that has a slot must come, else it would keep large ones of all other
    hosts from arriving: slower, not even a small one would come in the time that a fetch may take.
    """

    def __init__(self, limit: int, announced: int, pace: float, slots: asyncio.Semaphore, hold: ExitStack) -> None:
        self._limit = limit
        self._announced = announced
        self._pace = pace
        self._slots = slots
        self._hold = hold
        self._pieces: list[bytes] = []
        self._size = 0
        self._sent = 0
        self._has_slot = False
        self._looked = (0.0, 0)
        """When its pace was last looked at, and how much had been sent by then."""

    async def kept_in_pace(self, coming: Awaitable[bytes]) -> bytes:
        """What comes next; b"" at the end, which may take its time. Raises FetchFailed (``deadline``) or TimeoutError
        when a large body comes too slowly."""
        if not self._has_slot:
            return await coming
        async with asyncio.timeout(PATIENCE_S):
            data = await coming
        seconds = time.monotonic() - self._looked[0]
        if data and seconds > PATIENCE_S:
            sent = self._sent + len(data)
            if sent - self._looked[1] < self._pace * seconds:
                raise FetchFailed("deadline")
            self._looked = time.monotonic(), sent
        return data

    async def add(self, piece: bytes) -> None:
        """Add what came. Raises FetchFailed (``too_large``)."""
        self._size += len(piece)
        if self._size > self._limit:
            raise FetchFailed("too_large")
        if not self._has_slot and max(self._size, self._announced) > SMALL_BODY:
            await self._slots.acquire()
            self._hold.callback(self._slots.release)
            self._has_slot = True
            self._looked = time.monotonic(), self._sent
        self._pieces.append(piece)
        if len(self._pieces) % YIELD_EVERY == 0:
            await asyncio.sleep(0)

    def add_until_full(self, piece: bytes) -> bool:
        """Add what there is room for; whether nothing more fits. For small limits: it takes no slot."""
        self._pieces.append(piece[: self._limit - self._size])
        self._size += len(self._pieces[-1])
        return self._size >= self._limit

    def is_too_long_as_sent(self, size: int) -> bool:
        """Whether more came over the wire than any body within the limit takes. Packed data may unpack to nothing, and
        what follows its end is ignored, so that the limit of what is unpacked would never be reached."""
        self._sent += size
        return self._sent > self._limit + self._limit // PACKING

    def joined(self) -> bytes:
        """The whole body; its pieces are copied together each time that one asks."""
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
