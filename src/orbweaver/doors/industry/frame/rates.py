"""How fast each client may ask: so many scans in a short window, said in the header that clients read.

``RateLimit: "scan";r=…;t=…`` (draft-ietf-httpapi-ratelimit-headers): what is left, and the seconds until there is more.
Windows are short because clients wait ten to thirty seconds at most.
"""

from __future__ import annotations

import math
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from http import HTTPStatus

from orbweaver.doors.industry.frame.asked import Refusal
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.usage import Usage
from orbweaver.doors.industry.messages import TOO_FAST

WINDOW_S = 10
HASHES_A_SCAN = 100
"""Hashes that are looked up for what one file costs: some 40 microseconds against 4 milliseconds."""


@dataclass(slots=True)
class _Window:
    ends: float
    left: int


class Rates:
    """What each client has left in its present window. Counted in this process alone."""

    def __init__(self, scans_per_minute: int, usage: Usage) -> None:
        self._usual, self._usage = scans_per_minute, usage
        self._windows: dict[str, _Window] = {}

    def take(self, client: Client, scans: int, told: MutableMapping[str, str]) -> None:
        """Count so many scans, and say in ``told`` what is left. Raises Refusal when there is not enough.

        More than a whole window's worth at once is let through when the window is untouched.
        """
        moment = time.monotonic()
        most = self._most(client)
        window = self._windows.get(client.name)
        if window is None or window.ends <= moment:
            self._windows = {name: each for name, each in self._windows.items() if each.ends > moment}
            window = self._windows[client.name] = _Window(moment + WINDOW_S, most)
        enough = window.left >= min(scans, most)
        if enough:
            window.left = max(window.left - scans, 0)
        seconds = max(1, math.ceil(window.ends - moment))
        told["RateLimit"] = f'"scan";r={window.left};t={seconds}'
        told["RateLimit-Policy"] = f'"scan";q={most};w={WINDOW_S}'
        self._usage.add(client.name, scans=scans if enough else 0, refused=not enough)
        if not enough:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, TOO_FAST.of(seconds=seconds), retry_after=seconds)

    def _most(self, client: Client) -> int:
        return max(1, (client.scans_per_minute or self._usual) * WINDOW_S // 60)


def cost_of(hashes: int) -> int:
    """Scans that so many look-ups of hashes count as."""
    return math.ceil(hashes / HASHES_A_SCAN)
