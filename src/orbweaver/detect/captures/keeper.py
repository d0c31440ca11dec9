"""The crawler's way to its captures: a thread of its own and a bounded queue before it.

What a batch found is on its way when its captures begin, and the next batch does not wait for them: not for a slow or
hanging disk, not for WARC files of films (R62). What finds no place in the queue is dropped, counted, and said.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from django.db import DatabaseError, connection

from orbweaver.detect.captures.keeping import Wire, keep_one, note_lost, size_of
from orbweaver.detect.captures.models import LostCapture
from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.matching.models import Sighting

QUEUE_BYTES: Final = 64 * 2**20
"""Bytes of what waits to be captured; one that is larger by itself still finds its place when nothing else waits."""
CLOSING_S: Final = 20.0
"""Seconds that what waits may still take when the crawler ends."""

logger = logging.getLogger(__name__)


class Keeper:
    """Takes what went over the wire and captures it, one after the other. Used by one thread."""

    def __init__(self, queue_bytes: int = QUEUE_BYTES) -> None:
        self._most = queue_bytes
        self._waiting: deque[tuple[Wire, dt.datetime]] = deque()
        self._dropped: deque[tuple[Sighting, dt.datetime]] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._closing = False
        self._busy = False
        self._thread: threading.Thread | None = None

    def put(self, wires: Iterable[Wire], now: dt.datetime) -> None:
        """Have these captured; returns at once. Without the archive nothing is captured."""
        if not archive_is_on():
            return
        with self._changed:
            for wire in wires:
                if not wire.medium:
                    continue
                size = size_of(wire)
                if self._waiting and self._bytes + size > self._most:
                    self._dropped.append((wire.sighting, now))
                else:
                    self._waiting.append((wire, now))
                    self._bytes += size
            if self._thread is None and (self._waiting or self._dropped):
                self._thread = threading.Thread(target=self._run, name="captures", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self, patience_s: float = CLOSING_S) -> None:
        """Let what waits be captured, so long at most; what is left then is lost, and the log says how much."""
        until = time.monotonic() + patience_s
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            while self._thread is not None and (left_s := until - time.monotonic()) > 0:
                self._changed.wait(left_s)
            left = len(self._waiting) + len(self._dropped) + self._busy
        if left:
            logger.error("%d captures were not made before the crawler ended.", left)

    def _run(self) -> None:
        try:
            while self._step():
                pass
        finally:
            connection.close()
            with self._changed:
                self._thread = None
                self._changed.notify_all()

    def _step(self) -> bool:
        """Capture one, or note what was dropped; False at the end."""
        with self._changed:
            while not (self._waiting or self._dropped or self._closing):
                self._changed.wait()
            dropped = list(self._dropped)
            self._dropped.clear()
            wire, at = self._waiting.popleft() if self._waiting else (None, None)
            if wire is not None:
                self._bytes -= size_of(wire)
            self._busy = bool(wire or dropped)
            if not self._busy:
                return False
        try:
            if wire is not None and at is not None:
                keep_one(wire, at)
            for sighting, when in dropped:
                note_lost(sighting, LostCapture.Why.QUEUE, when)
        except DatabaseError as error:
            logger.error("A capture that was lost could not be noted: %s", type(error).__name__)
            connection.close()
        except Exception:  # hostile bytes may find a fault in what writes them: the next capture goes on
            logger.exception("A capture failed")
        self._busy = False
        return True
