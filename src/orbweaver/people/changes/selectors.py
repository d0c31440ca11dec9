"""Changes to be shown."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import SHOWN_FOR

State = Change.State


def waiting() -> QuerySet[Change]:
    """What waits, the oldest first."""
    return Change.objects.filter(state=State.WAITING).select_related("asked_by").order_by("asked_at", "pk")


def decided(most: int = 50) -> list[Change]:
    """What was decided last, the newest first."""
    rows = Change.objects.exclude(state=State.WAITING).select_related("asked_by", "decided_by")
    return list(rows.order_by("-decided_at", "-pk")[:most])


def counts(now: dt.datetime) -> tuple[int, int]:
    """How many wait, and how many somebody carried out alone of late: every page says so."""
    shown = Change.objects.filter(Q(state=State.WAITING) | Q(decided_at__gt=now - SHOWN_FOR))
    rows = shown.exclude(~Q(state=State.WAITING), forced_because="").values_list("state", flat=True)
    states = list(rows)
    return states.count(State.WAITING), len(states) - states.count(State.WAITING)
