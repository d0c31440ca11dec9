"""Whether a leased URL may be asked for at this moment: its host's turn, and the off switches.

The frontier hands out turns that lie far enough apart. Where a process falls behind, turns of one host would come
together: then the later one is given back. So is what is in hand when crawling is switched off; each process looks at
the switches every second.
"""

from __future__ import annotations

import time
from typing import Final

from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.selectors import Off

STALE_S: Final = 10.0
"""Seconds after which a turn that was not taken is given back: others were handed out since."""
NEAR: Final = 0.8
"""Of the delay between two requests of this process to one host: what must lie between them in fact."""
HOSTS: Final = 10_000
"""Hosts whose last request is remembered."""


class Turns:
    """The turns of one process."""

    def __init__(self) -> None:
        self.off = Off()
        """The switches as they were a moment ago."""
        self._last: dict[int, float] = {}

    def take(self, leased: Leased, turn: float) -> bool:
        """Whether a request to the host may start now; ``turn`` is when it was to (monotonic seconds)."""
        if self.off.everything or leased.site_id in self.off.sites:
            return False
        if leased.delay_s <= 0:
            return True
        now = time.monotonic()
        last = self._last.get(leased.site_id)
        if now - turn > STALE_S or (last is not None and now - last < NEAR * leased.delay_s):
            return False
        self._last.pop(leased.site_id, None)
        self._last[leased.site_id] = now
        if len(self._last) > HOSTS:
            del self._last[next(iter(self._last))]
        return True
