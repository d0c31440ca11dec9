"""What each key asks, and which entries are found, counted here and written to the database every few seconds: numbers,
never what was sent."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.db import Error, transaction

from orbweaver.detect.matching.flood import count_scans
from orbweaver.doors.industry.frame.clients import KEY_PREFIX, Client
from orbweaver.doors.industry.frame.database import Database
from orbweaver.people.accounts.keys import Used, count_usage
from orbweaver.platform.clock import now

log = logging.getLogger(__name__)

WRITTEN_S = 10.0
"""So much of the counts may be lost by a kill, and is not known yet to other processes, which keep the same quotas."""


LONGEST_REMEMBERED_S = 10.0
"""Nobody decides any more by what was known of a key so long ago."""


@dataclass(slots=True, eq=False)
class _Written:
    """Scans by the prefix of their key that were handed to the database; who read a key before they were there, at
    ``there_at``, does not know of them."""

    scans: Counter[str]
    there_at: float = float("inf")


class Usage:
    """The counts since they were written last. Make it within a running event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: dict[tuple[str, str], Used] = {}
        self._found: Counter[tuple[int, str]] = Counter()
        self._written: list[_Written] = []
        self._background = asyncio.create_task(self._write_often())

    def add(self, client: str, door: str, used: Used) -> None:
        """Count for a key; who asks without one, from a trusted network, has no page to see it on."""
        if client.startswith(KEY_PREFIX):
            name = client.removeprefix(KEY_PREFIX), door
            self._counts[name] = self._counts.get(name, Used()) + used

    def found(self, entries: Iterable[int], organisation: str) -> None:
        """Count the entries (by number) that an organisation's scan hit."""
        self._found.update((entry, organisation) for entry in entries)

    def scans_of(self, client: Client) -> int:
        """Scans of a client that were not counted in the database when its quotas were read there."""
        prefix = client.name.removeprefix(KEY_PREFIX)
        waiting = sum(used.scans for (name, _), used in self._counts.items() if name == prefix)
        return waiting + sum(each.scans[prefix] for each in self._written if each.there_at > client.read_at)

    async def write(self) -> None:
        """Write what was counted; what could not be written is kept for the next time."""
        counts, self._counts = self._counts, {}
        found, self._found = self._found, Counter()
        scans = Counter[str]()
        for (prefix, _), used in counts.items():
            scans[prefix] += used.scans
        old, written = time.monotonic() - LONGEST_REMEMBERED_S, _Written(scans)
        self._written = [*(each for each in self._written if each.there_at > old), written]
        try:
            await self._database(_write, counts, found)
            written.there_at = time.monotonic()
        except Error as error:
            log.warning("The use of keys could not be written: %s", type(error).__name__)
            self._written.remove(written)
            self._found.update(found)
            for (prefix, door), used in counts.items():
                self.add(KEY_PREFIX + prefix, door, used)

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


@transaction.atomic
def _write(counts: Mapping[tuple[str, str], Used], found: Mapping[tuple[int, str], int]) -> None:
    moment = now()
    if counts:
        count_usage(counts, moment.date())
    if found:
        count_scans(found, moment)
