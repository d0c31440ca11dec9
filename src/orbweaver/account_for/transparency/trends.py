"""What became of each month's notices, for an observer (R71): exact counts, so not public; no addresses.

An address belongs to the month of the first message about it. Times count what is still there until now and what went
offline until then (Kaplan and Meier, R50), as the headline does, so that a month is judged by all of its addresses.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from django.db import connection

from orbweaver.account_for.transparency.ignored import ignored_notices
from orbweaver.account_for.transparency.models import NotifiedAddress
from orbweaver.account_for.transparency.tallies import Tallies
from orbweaver.follow.conduct.survival import PER_DOUBLING, grid_s, kaplan_meier, time_until

MONTHS: Final = 24
REMOVED, OPEN, OFFLINE = (each.value for each in list(NotifiedAddress.Status)[:3])
_ADDRESSES: Final = """
SELECT width_bucket(sent_at, %(begins)s::timestamptz[]) - 1, status, floor(%(per)s * ln(greatest(
    CASE status WHEN 'open' THEN date_part('epoch', %(now)s::timestamptz) - date_part('epoch', sent_at)
        ELSE coalesce(removed_s, 0) END, 1
)) / ln(2::float8) + 1e-9)::int, count(*)
FROM transparency_notifiedaddress
WHERE sent_at >= (%(begins)s::timestamptz[])[1] AND sent_at <= %(now)s GROUP BY 1, 2, 3
"""
"""By place of the month in ``begins``: written out for each of all addresses, its name takes as long as all else."""

_IGNORED: Final = "SELECT to_char(told_at AT TIME ZONE 'UTC', 'YYYY-MM'), count(*) FROM ({rows}) found GROUP BY 1"


@dataclass(frozen=True)
class Month:
    """One month, such as ``2026-11``: what came in and left, and what became of its addresses.

    ``median_s`` and ``p90_s``: seconds within which half and 90 % were removed; None while it has not come to that.
    ``ignored``: of its notices, those that are ignored now.
    """

    month: str
    reports: int
    notices: int
    notified: int
    removed: int
    still_there: int
    offline: int
    median_s: int | None
    p90_s: int | None
    ignored: int

    @property
    def counted(self) -> bool:
        """Whether anything came in or left, or somebody was told of anything."""
        return any((self.reports, self.notices, self.notified))

    def as_json(self) -> dict[str, object]:
        """As JSON values."""
        return asdict(self)


def trends(now: dt.datetime) -> list[Month]:
    """The last 24 months, this one too, the oldest first."""
    last = now.year * 12 + now.month - 1
    names = [f"{number // 12}-{number % 12 + 1:02d}" for number in range(last - MONTHS + 1, last + 1)]
    begins = [dt.datetime.strptime(name, "%Y-%m").replace(tzinfo=dt.UTC) for name in names]
    found, ignored = _addresses(begins, now), _ignored(begins[0], now)
    addresses = {names[place]: spans for place, spans in found.items()}
    tallies = Tallies("notice", "report")
    reports, notices = _by_month(tallies["report"]), _by_month(tallies["notice"])
    return [_month(name, reports[name], notices[name], addresses.get(name, {}), ignored[name]) for name in names]


def _month(name: str, reports: int, notices: int, spans: Mapping[str, Counter[int]], ignored: int) -> Month:
    counts = {status: found.total() for status, found in spans.items()}
    removed = {grid_s(step): n for step, n in spans.get(REMOVED, Counter()).items()}
    followed = spans.get(OPEN, Counter()) + spans.get(OFFLINE, Counter())
    steps = kaplan_meier(removed, {grid_s(step): n for step, n in followed.items()})
    half, most = time_until(steps, 0.5), time_until(steps, 0.9)
    return Month(
        month=name,
        reports=reports,
        notices=notices,
        notified=sum(counts.values()),
        removed=counts.get(REMOVED, 0),
        still_there=counts.get(OPEN, 0),
        offline=counts.get(OFFLINE, 0),
        median_s=None if half is None else round(half),
        p90_s=None if most is None else round(most),
        ignored=ignored,
    )


def _addresses(begins: Sequence[dt.datetime], now: dt.datetime) -> Mapping[int, Mapping[str, Counter[int]]]:
    """By the place of their month and status, how many addresses by the step of ``survival.grid`` of their time."""
    found: dict[int, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSES, {"per": PER_DOUBLING, "now": now, "begins": list(begins)})
        for month, status, step, n in cursor.fetchall():
            found[month][status][step] += n
    return found


def _ignored(since: dt.datetime, now: dt.datetime) -> Counter[str]:
    """By month, how many are ignored."""
    rows, given = ignored_notices(now).filter(told_at__gte=since).order_by().values("told_at").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_IGNORED.format(rows=rows), given)
        return Counter(dict(cursor.fetchall()))


def _by_month(found: Counter[tuple[str, ...]]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for key, n in found.items():
        summed[key[0]] += n
    return summed
