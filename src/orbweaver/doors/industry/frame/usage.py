"""What each key asks, counted here and written to the database every few seconds: numbers, never what was sent."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from django.db import Error

from orbweaver.doors.industry.frame.clients import KEY_PREFIX
from orbweaver.doors.industry.frame.database import Database
from orbweaver.people.accounts.keys import Used, count_usage
from orbweaver.platform.clock import now

log = logging.getLogger(__name__)

WRITTEN_S = 10.0
"""So much of the counts may be lost by a kill."""


class Usage:
    """The counts since they were written last. Make it within a running event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: dict[str, Used] = {}
        self._background = asyncio.create_task(self._write_often())

    def add(self, client: str, *, scans: int = 0, refused: int = 0) -> None:
        """Count for a key; who asks without one, from a trusted network, has no page to see it on."""
        if client.startswith(KEY_PREFIX):
            prefix = client.removeprefix(KEY_PREFIX)
            before = self._counts.get(prefix, Used())
            self._counts[prefix] = Used(before.scans + scans, before.refused + refused)

    async def write(self) -> None:
        """Write what was counted; what could not be written is kept for the next time."""
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            await self._database(count_usage, counts, now().date())
        except Error as error:
            log.warning("The use of keys could not be written: %s", type(error).__name__)
            for prefix, used in counts.items():
                self.add(KEY_PREFIX + prefix, scans=used.scans, refused=used.refused)

    async def close(self) -> None:
        """Write the rest."""
        self._background.cancel()
        with suppress(asyncio.CancelledError):
            await self._background
        await self.write()

    async def _write_often(self) -> None:
        while True:
            await asyncio.sleep(WRITTEN_S)
            await asyncio.shield(self.write())
