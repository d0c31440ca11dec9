"""What ``orbweaver doctor`` says of captures: what was lost, and what waits for its stamp of time."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db.models import Count

from orbweaver.detect.captures.models import Capture, LostCapture
from orbweaver.platform.clock import real_now
from orbweaver.platform.runtime.checks import Check, Level
from orbweaver.platform.stamps.settings import StampSettings

LOOKED_BACK: Final = dt.timedelta(days=7)
STAMPED_WITHIN: Final = dt.timedelta(hours=1)


def capture_check(now: dt.datetime) -> Check:
    """How many captures the last week lost and why, or how many wait for a stamp for long. Asks the database."""
    lost = LostCapture.objects.filter(at__gt=now - LOOKED_BACK).order_by("why").values_list("why")
    if found := [f"{count:,} ({LostCapture.Why(why).label})" for why, count in lost.annotate(count=Count("pk"))]:
        advice = "Finds and notices went on. Look at the disk of the evidence folder; what is seen again is captured."
        return Check("captures", Level.WARN, f"lost within a week: {'; '.join(found)}", advice)
    if not StampSettings.current().authorities:
        return Check("captures", Level.OK, "none was lost within a week; no authority stamps them")
    late = Capture.objects.filter(stamped_at=None, captured_at__lt=real_now() - STAMPED_WITHIN).count()
    if late:
        return Check(
            "captures", Level.WARN, f"{late:,} wait for a stamp of time for over an hour", "Ask the authority."
        )
    return Check("captures", Level.OK, "none was lost within a week, and all are stamped")
