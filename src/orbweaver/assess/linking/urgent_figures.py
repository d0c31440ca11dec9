"""How often a child was said to be at risk, and how soon police had it (R11, R21, R56). For the hotline's own eyes: a
public count that grows by one would tell whoever posted the picture. The yearly report counts a year that is over.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Final

from orbweaver.assess.linking.marking import URGENT
from orbweaver.assess.linking.models import Marker, UrgentReferral

REQUEST: Final = "survivor_request"
"""In the place of a marker: a survivor's request says it."""
MONTH: Final = dt.timedelta(days=30)
YEAR: Final = dt.timedelta(days=365)
KINDS: Final = tuple(each.value for each in Marker.Kind if each in URGENT)


@dataclass(frozen=True)
class UrgentRow:
    """Urgent referrals of one kind. The spans (median, seconds) are of those made within a year; None: of none."""

    kind: str
    in_month: int
    in_year: int
    waiting: int
    oldest_since: dt.datetime | None
    taken_s: float | None
    handed_over_s: float | None


def urgent_rows(now: dt.datetime) -> list[UrgentRow]:
    """A row for each urgent marker and one for survivors' requests, as of now. Waiting: police do not have it yet."""
    made = UrgentReferral.objects.order_by("made_at").values_list(
        "marker__kind", "state", "made_at", "taken_at", "handed_over_at"
    )
    of_kind: dict[str, list[tuple[str, dt.datetime, dt.datetime | None, dt.datetime | None]]] = {}
    for kind, state, made_at, taken_at, handed_over_at in made:
        of_kind.setdefault(kind or REQUEST, []).append((state, made_at, taken_at, handed_over_at))
    rows = []
    for kind in (*KINDS, REQUEST):
        found = of_kind.get(kind, [])
        recent = [each for each in found if each[1] > now - YEAR]
        waiting = [each[1] for each in found if each[0] != UrgentReferral.State.HANDED_OVER]
        rows.append(
            UrgentRow(
                kind,
                in_month=sum(each[1] > now - MONTH for each in recent),
                in_year=len(recent),
                waiting=len(waiting),
                oldest_since=min(waiting, default=None),
                taken_s=_half([(each[1], each[2]) for each in recent]),
                handed_over_s=_half([(each[1], each[3]) for each in recent]),
            )
        )
    return rows


def _half(spans: list[tuple[dt.datetime, dt.datetime | None]]) -> float | None:
    known = [(end - start).total_seconds() for start, end in spans if end is not None]
    return statistics.median(known) if known else None


def urgent_markers_of(year: int) -> Counter[str]:
    """How many referrals each urgent marker made in a calendar year (UTC), later withdrawn ones as well."""
    start, end = dt.datetime(year, 1, 1, tzinfo=dt.UTC), dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC)
    made = UrgentReferral.objects.filter(made_at__gte=start, made_at__lt=end, marker__isnull=False)
    return Counter(made.order_by().values_list("marker__kind", flat=True))
