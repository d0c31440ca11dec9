"""What crawlers recorded is handed to those above by the worker: a crawler sees neither verdicts nor who decides.

A crawler appends a row for each sighting in the transaction that records it; a duty takes them up within a second.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import transaction

from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.detect.matching.models import Sighting, ToTakeUp

AT_ONCE: Final = 200


def leave(sightings: Iterable[Sighting], now: dt.datetime) -> None:
    """Leave what was recorded or seen again for ``take_up``, in the caller's transaction."""
    ToTakeUp.objects.bulk_create([ToTakeUp(sighting=each, recorded_at=now) for each in sightings])


@transaction.atomic
def take_up() -> int:
    """Let those above hear of what one batch recorded, at its time and in its order; how many rows that were.

    A duty of the worker; several take different rows.
    """
    rows = list(ToTakeUp.objects.select_for_update(skip_locked=True).order_by("pk")[:AT_ONCE])
    rows = [each for each in rows if each.recorded_at == rows[0].recorded_at]
    if rows:
        found = Sighting.objects.select_related("media").in_bulk({each.sighting_id for each in rows})
        numbers = dict.fromkeys(each.sighting_id for each in rows)
        sightings_recorded.announce(SightingsRecorded([found[number] for number in numbers], rows[0].recorded_at))
        ToTakeUp.objects.filter(pk__in=[each.pk for each in rows]).delete()
    return len(rows)
