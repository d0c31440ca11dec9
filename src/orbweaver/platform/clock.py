"""The one clock. Domain code takes ``now`` as a parameter; entry points ask this module for it.

A year can be simulated: with ``ORBWEAVER_CLOCK_SPEED`` above 1, domain time runs that many times faster than real time
from ``ORBWEAVER_CLOCK_EPOCH`` on, the same in every process; at speed 0 it stands there, to be set forward by steps.
Leases, queues and time-outs use real time, always; where machines must agree on it, the database's (``shared_clock``).
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from orbweaver.platform.settings import PlatformSettings


@dataclass(frozen=True)
class Clock:
    """Domain time: ``now = epoch + (real - epoch) * speed``; equal to real time at speed 1."""

    epoch: dt.datetime
    speed: float = 1.0

    def now(self) -> dt.datetime:
        """The instant, in UTC, that domain code takes as now."""
        real = real_now()
        if not self.is_simulated:
            return real
        return self.epoch + (real - self.epoch) * self.speed

    @property
    def is_simulated(self) -> bool:
        """Whether domain time is another than real time, as in demonstrations."""
        return self.speed != 1.0

    def real_seconds(self, span: dt.timedelta) -> float:
        """How many real seconds a span of domain time lasts; without end when the clock stands."""
        return span.total_seconds() / self.speed if self.speed else math.inf


def real_now() -> dt.datetime:
    """Real time in UTC, for leases and the queue."""
    return dt.datetime.now(dt.UTC)


def get_clock() -> Clock:
    """The clock that the settings describe."""
    settings = PlatformSettings.current()
    return Clock(epoch=settings.clock_epoch or real_now(), speed=settings.clock_speed)


def now() -> dt.datetime:
    """Domain time now, for entry points."""
    return get_clock().now()
