"""``orbweaver up``: run an installation until somebody asks it to stop."""

from __future__ import annotations

import select
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.heap import give_back
from orbweaver.platform.runtime.installation import EventSink, Installation
from orbweaver.platform.runtime.messages import NOBODY_WATCHES

LOOP_S = 0.1
STEADY_LOOP_S = 1.0
"""Seconds between looks until everything is ready, and after that; a request to stop is heard at once."""


class StopRequests:
    """Counts SIGINT, SIGTERM and SIGHUP: the first asks for an orderly stop, the second for a quick one.

    While ``interrupting`` (nothing is up yet), and from the third on, a request raises KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.count = 0
        self.interrupting = True
        self._wakes, self._asks = socket.socketpair()
        self._asks.setblocking(False)

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        self.count += 1
        with suppress(BlockingIOError):
            self._asks.send(b".")
        if self.interrupting or self.count > 2:
            raise KeyboardInterrupt

    def wait(self, seconds: float) -> None:
        """Wait so long, or until the next request."""
        if select.select([self._wakes], [], [], seconds)[0]:
            self._wakes.recv(64)

    @contextmanager
    def installed(self) -> Iterator[StopRequests]:
        """Handle the signals within the block; those before are put back after it."""
        kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {kind: signal.signal(kind, self) for kind in kinds}
        try:
            yield self
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)
            self._wakes.close()
            self._asks.close()


def run_until_stopped(installation: Installation, on_event: EventSink) -> None:
    """Start the installation, say when it is ready, and stop it in order at the first signal. Main thread only."""
    with StopRequests().installed() as requests:
        try:
            with installation:
                requests.interrupting = False
                _watch(installation, requests, on_event)
                on_event({"event": "stopping"})
                _stop_children(installation, requests)
        except KeyboardInterrupt:
            requests.interrupting = False
        on_event({"event": "stopped"})


def _watch(installation: Installation, requests: StopRequests, on_event: EventSink) -> None:
    announced = False
    while not requests.count:
        if installation.supervisor is None or not installation.supervisor.is_alive():
            raise Unavailable(NOBODY_WATCHES)
        if not announced and installation.is_ready():
            announced = True
            on_event({"event": "ready", "address": installation.address, "api_address": installation.api_address})
            give_back()
        installation.tick()
        requests.wait(STEADY_LOOP_S if announced else LOOP_S)


def _stop_children(installation: Installation, requests: StopRequests) -> None:
    supervisor = installation.supervisor
    if supervisor is None:
        return
    supervisor.begin_stop()
    while supervisor.is_alive():
        if requests.count > 1:
            supervisor.hurry()
        time.sleep(LOOP_S)
