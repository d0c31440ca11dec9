"""How much time has really passed while changes wait for their day: a clock that is set makes no day pass.

The moments are by the machine's clock, which somebody may set, or a server of time, or a battery that is empty. Beside
it stands how long the machine has run, which nobody sets (``clock.running``). What the one shows more than the other is
put on top of what is left to wait. So is the time in which no machine ran: nobody can tell how long that was.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from orbweaver.people.audit.services import record
from orbweaver.people.changes.models import Change, Tick
from orbweaver.people.changes.rules import CLOCK_JUMPED
from orbweaver.platform.clock import get_clock, real_now, running

logger = logging.getLogger(__name__)
NOTED_EVERY: Final = dt.timedelta(seconds=50)
"""Nothing is written at rest, and little while changes wait."""
ELSEWHERE: Final = dt.timedelta(minutes=3)
"""After so long without a note by another machine, this one notes."""
JUMP: Final = dt.timedelta(minutes=1)
"""A clock that is further off than this between two notes was set, and everybody hears of it."""


@transaction.atomic
def follow_clock() -> None:
    """Note the moment while changes wait, and have them wait longer by what the clock was set ahead since the last
    (or less, where it was set back). After a jump everybody is told anew, and from then on it takes a day.
    """
    waiting = Change.objects.filter(state=Change.State.WAITING, due_at__isnull=False)
    if get_clock().is_simulated or not waiting.exists():
        if Tick.objects.exists():
            Tick.objects.all().delete()
        return
    at, (run, running_s) = real_now(), running()
    tick = Tick.objects.select_for_update().order_by("pk").first()
    if tick is None:
        Tick.objects.create(at=at, run=run, running_s=running_s)
        return
    passed = at - tick.at
    if tick.run == run:
        really = dt.timedelta(seconds=running_s - tick.running_s)
        if abs(passed - really) <= JUMP and really < NOTED_EVERY:
            return
        _wait_longer(waiting, passed - really, at)
    elif dt.timedelta(0) <= passed < ELSEWHERE:
        return
    else:
        waiting.update(due_at=F("due_at") + passed)
    tick.at, tick.run, tick.running_s = at, run, running_s
    tick.save()


def _wait_longer(waiting: QuerySet[Change], by: dt.timedelta, at: dt.datetime) -> None:
    """As much as the clock was set ahead."""
    if abs(by) <= JUMP:
        waiting.update(due_at=F("due_at") + by)
        return
    count = waiting.update(due_at=F("due_at") + by, told_at=None)
    details = {"seconds": round(by.total_seconds()), "waiting": count}
    record(CLOCK_JUMPED, "changes", details=details, at=at)
    logger.warning(
        "The clock was set by %.0f s while %d changes wait: their day begins anew.", by.total_seconds(), count
    )
