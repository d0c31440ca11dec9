"""The ``copies`` worker: holds pictures, and compares what waits with them, until it is asked to stop.

OpenCV and the decoders are loaded once there is something to hold or to compare: an installation without an archive
has none of it in memory.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, InterfaceError, connection

from orbweaver.detect.held.status import anything_to_do
from orbweaver.platform.clock import now
from orbweaver.platform.pulse import Pulse
from orbweaver.platform.runtime.status import BEATS

if TYPE_CHECKING:
    from orbweaver.detect.held.looking import Looker, Pause

logger = logging.getLogger(__name__)
REST_S: Final = 60.0
"""Seconds after which it looks although nothing was committed: what failed may work now."""
PAUSE_S: Final = 2.0
"""Seconds between rounds while much is committed, or the database does not answer."""


class CopiesWorker:
    """Runs rounds in the calling thread."""

    def __init__(self) -> None:
        self._pause: Pause = lambda _seconds: False
        self._stop = threading.Event()
        self._looker: Looker | None = None
        self._pulse = Pulse()
        self._looked_at = float("-inf")

    def stop(self) -> None:
        """End after the round in hand. May be called from a signal."""
        self._stop.set()

    def run(self) -> None:
        """Until stopped."""
        self._pause = self._stop.wait
        while not self._stop.is_set():
            BEATS.beat()
            rested = time.monotonic() - self._looked_at > REST_S
            if not (self._pulse.has_changed() or rested):
                self._stop.wait(2 * self._pulse.pause_s)
                continue
            self._looked_at = time.monotonic()
            done = self._patiently()
            self._stop.wait(0 if any(done.get(name) for name in ("compared", "held", "met")) else PAUSE_S)
        self.close()

    def run_once(self) -> dict[str, int]:
        """All that is due now; what was done, by name."""
        total: dict[str, int] = {}
        while done := {name: number for name, number in self.round().items() if number}:
            for name, number in done.items():
                total[name] = total.get(name, 0) + number
        self.close()
        return total

    def round(self) -> dict[str, int]:
        """One round; nothing is loaded while there is nothing to do."""
        if not anything_to_do():
            return {}
        if self._looker is None:
            from orbweaver.detect.copies.decoding import Decoders
            from orbweaver.detect.held.looking import Looker

            self._looker = Looker(Decoders(), self._pause)
        return self._looker.work(now())

    def close(self) -> None:
        """End the decoder processes."""
        BEATS.end()
        if self._looker is not None:
            self._looker.close()
            self._looker = None

    def _patiently(self) -> dict[str, int]:
        try:
            return self.round()
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            logger.warning("The database did not take this (%s); trying again.", type(error).__name__)
            return {}
        except OSError as error:  # a full disk, most likely: what waits is looked for again
            logger.warning("A file could not be written or read (%s); trying again.", error.strerror)
            return {}
