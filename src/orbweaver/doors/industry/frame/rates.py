"""How fast and how much each client may ask: so many scans in a short window, a day and a month; said in the header
that clients read.

``RateLimit: "scan";r=…;t=…`` (draft-ietf-httpapi-ratelimit-headers): what is left, and the seconds until there is more.
Windows are short because clients wait ten to thirty seconds at most. All is counted in the database, for every process
together: of a window each sets a part aside and uses that up before it asks again; days and months to within what is
asked in ``usage.WRITTEN_S``.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from http import HTTPStatus

from orbweaver.doors.industry.frame.asked import Asked, Refusal
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.database import Database
from orbweaver.doors.industry.frame.usage import Usage
from orbweaver.doors.industry.messages import QUOTA_USED, TOO_FAST
from orbweaver.errors import Message
from orbweaver.people.accounts.keys import Quota, Used, set_aside
from orbweaver.platform.clock import now

WINDOW_S = 10
PARTS = 20
"""A process sets a twentieth of a window aside at once: so much of the rest another process may not have to give."""
HASHES_A_SCAN = 100
"""Hashes that are looked up for what one file costs: some 40 microseconds against 4 milliseconds."""


@dataclass(slots=True)
class _Window:
    """A client's window in this process: what it set aside and did not use, and what is left for all beside that; None
    where the database was not asked yet."""

    ends: float
    mine: int = 0
    others: int | None = None
    question: asyncio.Task[None] | None = None


class Rates:
    """What each client has left in its present window, and of its quotas."""

    def __init__(self, scans_per_minute: int, usage: Usage, database: Database) -> None:
        self._usual, self._usage, self._database = scans_per_minute, usage, database
        self._windows: dict[str, _Window] = {}

    async def take(self, client: Client, scans: int, asked: Asked) -> None:
        """Count so many scans, and say in the answer what is left. Raises Refusal when there is not enough.

        More than a whole window's worth at once is let through when the window is untouched.
        """
        most = self._most(client)
        policies = [f'"scan";q={most};w={WINDOW_S}', *(f'"{each.name}";q={each.most}' for each in client.quotas)]
        asked.told["RateLimit-Policy"] = ", ".join(policies)
        quota = self._used_up(client, scans)
        if quota is not None:
            seconds = max(1, math.ceil((quota.ends - now()).total_seconds()))
            asked.told["RateLimit"] = f'"{quota.name}";r=0;t={seconds}'
            self._refuse(asked, QUOTA_USED.of(most=f"{quota.most:,}", period=quota.name, seconds=seconds), seconds)
        window, wanted = self._window(client), min(scans, most)
        if window.mine < wanted:
            await self._set_aside(client, window, wanted, most)
        enough = window.mine >= wanted
        if enough:
            window.mine -= wanted
            self._usage.add(client.name, asked.count.door, Used(scans=scans))
        seconds = max(1, math.ceil(window.ends - time.monotonic()))
        asked.told["RateLimit"] = f'"scan";r={window.mine + (window.others or 0)};t={seconds}'
        if not enough:
            self._refuse(asked, TOO_FAST.of(seconds=seconds), seconds)

    async def _set_aside(self, client: Client, window: _Window, wanted: int, most: int) -> None:
        """Ask for a part of the window, one question of a client at a time: a thousand that wait need one part, and all
        go on together once it is there."""
        while window.mine < wanted and window.others != 0:
            if window.question is None:
                part = max(wanted - window.mine, most // PARTS)
                window.question = asyncio.create_task(self._ask(client, window, part, most))
            await asyncio.shield(window.question)

    async def _ask(self, client: Client, window: _Window, part: int, most: int) -> None:
        try:
            found = await self._database(set_aside, client.name, part, most, WINDOW_S)
        finally:
            window.question = None
        window.mine, window.others = window.mine + found.granted, found.left
        window.ends = time.monotonic() + found.ends_in_s

    def _refuse(self, asked: Asked, message: Message, seconds: int) -> None:
        asked.count.used.refused += 1
        raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, message, retry_after=seconds)

    def _used_up(self, client: Client, scans: int) -> Quota | None:
        """The quota that has not enough left, the one that is closed the longest."""
        if not client.quotas:
            return None
        more = self._usage.scans_of(client) + scans
        closed = [each for each in client.quotas if each.used + more > each.most]
        return max(closed, key=lambda each: each.ends, default=None)

    def _window(self, client: Client) -> _Window:
        moment = time.monotonic()
        window = self._windows.get(client.name)
        if window is None or window.ends <= moment:
            self._windows = {name: each for name, each in self._windows.items() if each.ends > moment}
            window = self._windows[client.name] = _Window(moment + WINDOW_S)
        return window

    def _most(self, client: Client) -> int:
        return max(1, (client.scans_per_minute or self._usual) * WINDOW_S // 60)


def cost_of(hashes: int) -> int:
    """Scans that so many look-ups of hashes count as."""
    return math.ceil(hashes / HASHES_A_SCAN)
