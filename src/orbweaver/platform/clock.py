"""The one clock. Domain code takes ``now`` as a parameter; entry points ask this module for it.

A year can be simulated: with ``ORBWEAVER_CLOCK_SPEED`` above 1, domain time runs that many times faster than real time
from ``ORBWEAVER_CLOCK_EPOCH`` on, the same in every process; at speed 0 it stands there, to be set forward by steps.
Leases, queues and time-outs use real time, always; where machines must agree on it, the database's (``shared_clock``).
"""

from __future__ import annotations

import datetime as dt
import math
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orbweaver.platform.settings import PlatformSettings

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_RUN_OF_PROCESS: Final = secrets.token_hex(16)


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


def running() -> tuple[str, float]:
    """Which run of the machine this is, and for how many seconds it has lasted, asleep or awake, by a clock that nobody
    sets. Where the system names no runs, it is that of this process.
    """
    try:
        return BOOT_ID.read_text().strip(), time.clock_gettime(time.CLOCK_BOOTTIME)
    except (OSError, AttributeError):
        return _RUN_OF_PROCESS, time.monotonic()


def get_clock() -> Clock:
    """The clock that the settings describe."""
    settings = PlatformSettings.current()
    return Clock(epoch=settings.clock_epoch or real_now(), speed=settings.clock_speed)


def now() -> dt.datetime:
    """Domain time now, for entry points."""
    return get_clock().now()
