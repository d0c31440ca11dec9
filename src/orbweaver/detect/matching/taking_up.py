"""What crawlers recorded is handed to those above by the worker: a crawler sees neither verdicts nor who decides.

A crawler appends a row for each sighting in the transaction that records it; a duty takes them up within a second.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from typing import Final

from django.db import InterfaceError, OperationalError, transaction

from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.detect.matching.models import Sighting, ToTakeUp
from orbweaver.errors import kind_and_line
from orbweaver.platform.shared_clock import shared_now
from orbweaver.platform.steps import about

logger = logging.getLogger(__name__)

AT_ONCE: Final = 200
AGAIN_AFTER: Final = dt.timedelta(minutes=10)
"""Until then nothing is expected to have changed for what could not be taken up."""


def leave(sightings: Iterable[Sighting], now: dt.datetime) -> None:
    """Leave what was recorded or seen again for ``take_up``, in the caller's transaction."""
    ToTakeUp.objects.bulk_create([ToTakeUp(sighting=each, recorded_at=now) for each in sightings])


def take_up() -> int:
    """Let those above hear of what one batch recorded, at its time and in its order; how many rows that were.

    A duty of the worker; several take different rows. What cannot be taken up stays, is tried again later, and holds up
    nothing else.
    """
    with transaction.atomic():
        rows = _waiting()
        if _heard(rows):
            return len(rows)
        alone = rows if len(rows) == 1 else [row for row in rows if not _heard([row])]
        ToTakeUp.objects.filter(pk__in=[each.pk for each in alone]).update(not_before=shared_now() + AGAIN_AFTER)
    return len(rows)


def _waiting() -> list[ToTakeUp]:
    """Of one batch, the first that waits; what failed before comes last, and not at once."""
    rows = ToTakeUp.objects.select_for_update(skip_locked=True).filter(not_before__lte=shared_now())
    first = list(rows.order_by("not_before", "pk")[:AT_ONCE])
    return [each for each in first if each.recorded_at == first[0].recorded_at]


def _heard(rows: Sequence[ToTakeUp]) -> bool:
    """Whether all of these were taken up; if not, none of them was."""
    if not rows:
        return True
    try:
        with transaction.atomic():
            found = Sighting.objects.select_related("media").in_bulk({each.sighting_id for each in rows})
            numbers = dict.fromkeys(each.sighting_id for each in rows)
            sightings_recorded.announce(SightingsRecorded([found[number] for number in numbers], rows[0].recorded_at))
            ToTakeUp.objects.filter(pk__in=[each.pk for each in rows]).delete()
    except (OperationalError, InterfaceError):
        raise  # of the database, not of what was recorded
    except Exception as error:
        if len(rows) == 1:
            with about(lambda: rows[0].sighting.public_id):
                logger.error("%s cannot be taken up: %s", rows[0], kind_and_line(error))
        return False
    return True
