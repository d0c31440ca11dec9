"""Reading and checking the audit log."""

from __future__ import annotations

import datetime as dt

from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import FIRST_HASH, event_hash


def first_broken_event() -> Event | None:
    """The first sealed event that does not follow from the one before (changed, or one is missing); None: it holds."""
    previous = FIRST_HASH
    sealed = Event.objects.filter(position__isnull=False).order_by("position").iterator(chunk_size=2000)
    for position, event in enumerate(sealed, start=1):
        if event.position != position or bytes(event.hash or b"") != event_hash(previous, event):
            return event
        previous = bytes(event.hash or b"")
    return None


def count_since(kind: str, subject: str, since: dt.datetime, now: dt.datetime) -> int:
    """Events of this kind about this subject after ``since`` and until ``now``."""
    return Event.objects.filter(kind=kind, subject=subject, at__gt=since, at__lte=now).count()


def count_all_since(kind: str, since: dt.datetime, now: dt.datetime, *, most: int) -> int:
    """The same about anything; ``most``, where there are more."""
    return Event.objects.filter(kind=kind, at__gt=since, at__lte=now)[:most].count()


def last_time_of(kind: str, subject: str) -> dt.datetime | None:
    """When an event of this kind was last recorded about this subject; None where there is none."""
    return Event.objects.filter(kind=kind, subject=subject).order_by("-at").values_list("at", flat=True).first()
