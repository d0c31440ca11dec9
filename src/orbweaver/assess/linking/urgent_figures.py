"""How often a child was said to be at risk, and how soon police had it (R11, R21, R56). For the hotline's own eyes: a
public count that grows by one would tell whoever posted the picture. The yearly report counts a year that is over.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Final

from django.db import connection

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


_ROWS: Final = """
SELECT coalesce(m.kind, %(request)s),
    count(*) FILTER (WHERE r.made_at > %(month)s), count(*) FILTER (WHERE r.made_at > %(year)s),
    count(*) FILTER (WHERE r.state <> %(over)s), min(r.made_at) FILTER (WHERE r.state <> %(over)s),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.taken_at - r.made_at))
        FILTER (WHERE r.made_at > %(year)s),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.handed_over_at - r.made_at))
        FILTER (WHERE r.made_at > %(year)s)
FROM linking_urgentreferral r LEFT JOIN linking_marker m ON m.id = r.marker_id
WHERE r.made_at > %(year)s OR r.state <> %(over)s
GROUP BY 1
"""
"""Computed where the rows are: a large hotline has thousands of a year, and two pages show these figures."""


def urgent_rows(now: dt.datetime) -> list[UrgentRow]:
    """A row for each urgent marker and one for survivors' requests, as of now. Waiting: police do not have it yet."""
    over = UrgentReferral.State.HANDED_OVER.value
    given: dict[str, str | dt.datetime] = {"request": REQUEST, "month": now - MONTH, "year": now - YEAR, "over": over}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, given)
        found = {row[0]: UrgentRow(*row) for row in cursor.fetchall()}
    return [found.get(kind, UrgentRow(kind, 0, 0, 0, None, None, None)) for kind in (*KINDS, REQUEST)]


def urgent_markers_of(year: int) -> Counter[str]:
    """How many referrals each urgent marker made in a calendar year (UTC), later withdrawn ones as well."""
    start, end = dt.datetime(year, 1, 1, tzinfo=dt.UTC), dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC)
    made = UrgentReferral.objects.filter(made_at__gte=start, made_at__lt=end, marker__isnull=False)
    return Counter(made.order_by().values_list("marker__kind", flat=True))
