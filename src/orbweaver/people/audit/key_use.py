"""What was asked with each API key, for the audit log: hourly, in numbers, for each door. Nothing of what was sent."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from orbweaver.people.accounts.models import KeyUsage
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record

ASKED: Final = "key.asked"
_COUNTED: Final = ("requests", "scans", "matched", "refused", "failed")
_DAYS: Final = dt.timedelta(days=7)
"""How far back is looked: a worker may have been away."""


def note_key_use(now: dt.datetime) -> int:
    """Record what was asked since the last time; returns how many events that took."""
    rows = KeyUsage.objects.filter(day__gt=(now - _DAYS).date()).select_related("key__organisation").order_by("pk")
    return sum(_note(row, now) for row in rows)


@transaction.atomic
def _note(row: KeyUsage, now: dt.datetime) -> bool:
    """Each event says what the day's counts were then, from which the next one goes on."""
    day = row.day.isoformat()
    before = Event.objects.filter(kind=ASKED, subject=row.key.public_id, details__door=row.door, details__day=day)
    last = before.order_by("-pk").values_list("details", flat=True).first()
    counts = {name: getattr(row, name) for name in _COUNTED}
    known = dict(zip(_COUNTED, last["until_then"], strict=True)) if last else dict.fromkeys(_COUNTED, 0)
    more = {name: counts[name] - known[name] for name in _COUNTED}
    if not any(more.values()):
        return False
    details = {"door": row.door, "day": day, **{name: count for name, count in more.items() if count}}
    details["until_then"] = list(counts.values())
    record(ASKED, row.key.public_id, label=row.key.organisation.public_id, details=details, at=now)
    return True
