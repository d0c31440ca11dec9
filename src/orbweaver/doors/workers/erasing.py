"""Erasing what is due of the archive, but for what open notices are about: the one knows nothing of the other.

Whether the clock can be right is judged once for it and for all other data that are past their time
(``doors.retention``): a sweep of the archive that had nothing to erase would else tell the others that all is well.
"""

from __future__ import annotations

import datetime as dt

from orbweaver.assess.linking import retention
from orbweaver.detect.held.holding import forget
from orbweaver.doors.retention import due_after_pause
from orbweaver.notify.notices.selectors import evidence_in_use
from orbweaver.notify.police.orders import hold_what_came_since


def erase_due(now: dt.datetime) -> int:
    """Erase what is due, and with it what is held to find its copies; how many. What orders name is held before.

    Raises ErasureHalted when the database, the folder or the clock may be wrong.
    """
    hold_what_came_since(now)
    count = retention.erase_due(now, evidence_in_use(), due_after_pause(now))
    if count:
        forget()
    return count


def finish_erasures(now: dt.datetime) -> int:
    """Remove what a crash left of objects that are erased; how many files. Raises ErasureHalted as ``erase_due``."""
    return retention.finish_erasures(now, evidence_in_use(), due_after_pause(now))
