"""Stamps of time over captures, asked for by the worker: an authority that is away holds up nothing else."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q

from orbweaver.detect.captures.models import Capture, CaptureStamp
from orbweaver.platform.clock import real_now
from orbweaver.platform.stamps.authorities import ask, host_of
from orbweaver.platform.stamps.errors import NoStamp
from orbweaver.platform.stamps.settings import StampSettings

AT_ONCE: Final = 50
AT_MOST: Final = 2_000
ASKED_FOR: Final = dt.timedelta(days=7)
"""After so long without an answer of all authorities, what there is has to do."""

logger = logging.getLogger(__name__)


def stamp_captures() -> int:
    """Ask each authority about captures without its stamp, the oldest first; how many stamps came.

    An authority that fails is asked about nothing more in this round, and holds up no stamp of another.
    """
    authorities = StampSettings.current().authorities
    stamped = sum(_stamp(authority) for authority in authorities)
    if authorities:
        _finish({host_of(authority) for authority in authorities})
    return stamped


def _stamp(authority: str) -> int:
    mine = CaptureStamp.objects.filter(capture=OuterRef("pk"), authority=host_of(authority))
    waiting = Capture.objects.filter(~Exists(mine), stamped_at=None).order_by("pk")[:AT_ONCE]
    stamped = 0
    for capture in waiting:
        try:
            stamp = ask(authority, bytes(capture.sha256))
        except NoStamp as error:
            logger.warning("Captures got no stamp: %s.", error)
            break
        CaptureStamp.objects.get_or_create(
            capture=capture, authority=stamp.authority, defaults={"answer": stamp.answer, "at": stamp.at}
        )
        stamped += 1
    return stamped


def _finish(wanted: set[str]) -> None:
    """Ask no more about captures that all have stamped, nor about those that waited for too long."""
    at = real_now()
    there = Count("stamps", filter=Q(stamps__authority__in=wanted))
    done = Capture.objects.filter(stamped_at=None).annotate(there=there)
    over = done.filter(Q(there=len(wanted)) | Q(captured_at__lt=at - ASKED_FOR))
    Capture.objects.filter(pk__in=list(over.order_by("pk").values_list("pk", flat=True)[:AT_MOST])).update(
        stamped_at=at
    )
