"""Stamps of time over captures, asked for by the worker: an authority that is away holds up nothing else."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from orbweaver.detect.captures.models import Capture, CaptureStamp
from orbweaver.platform.clock import real_now
from orbweaver.platform.stamps.authorities import ask, host_of
from orbweaver.platform.stamps.errors import NoStamp
from orbweaver.platform.stamps.settings import StampSettings

AT_ONCE: Final = 50
ASKED_FOR: Final = dt.timedelta(days=7)
"""After so long without an answer of all authorities, what there is has to do."""

logger = logging.getLogger(__name__)


def stamp_captures() -> int:
    """Ask each authority about captures without its stamp, the oldest first; how many stamps came.

    An authority that fails is asked about nothing more in this round.
    """
    authorities = StampSettings.current().authorities
    waiting = list(Capture.objects.filter(stamped_at=None).order_by("pk")[:AT_ONCE]) if authorities else []
    stamped = 0
    for authority in authorities:
        for capture in waiting:
            if CaptureStamp.objects.filter(capture=capture, authority=host_of(authority)).exists():
                continue
            try:
                stamp = ask(authority, bytes(capture.sha256))
            except NoStamp as error:
                logger.warning("Captures got no stamp: %s.", error)
                break
            CaptureStamp.objects.get_or_create(
                capture=capture, authority=stamp.authority, defaults={"answer": stamp.answer, "at": stamp.at}
            )
            stamped += 1
    _finish(waiting, {host_of(authority) for authority in authorities})
    return stamped


def _finish(waiting: list[Capture], wanted: set[str]) -> None:
    at = real_now()
    for capture in waiting:
        there = set(capture.stamps.values_list("authority", flat=True))
        if wanted <= there or at - capture.captured_at > ASKED_FOR:
            Capture.objects.filter(pk=capture.pk).update(stamped_at=at)
