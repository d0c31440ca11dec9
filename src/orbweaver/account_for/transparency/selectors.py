"""The headline figures. What each counts: docs/domain/figures.md."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from orbweaver.account_for.transparency.folding import bring_up_to_date
from orbweaver.account_for.transparency.messages import UNDERCOUNT
from orbweaver.account_for.transparency.recount import recount
from orbweaver.account_for.transparency.rules import per_month, share
from orbweaver.account_for.transparency.tallies import HEADLINE, Counts, Tallies, counts_of
from orbweaver.assess.series.selectors import counts as series_counts
from orbweaver.detect.crawl.selectors import totals
from orbweaver.platform.clock import get_clock

PRESENT_S = 60.0
"""Real seconds within which an instant is the present, which the summaries show; older ones are counted anew."""


@dataclass(frozen=True)
class Figures:
    """What the installation has done so far; what each counts is said in ``headline``. Shares are 0 to 1; a figure
    without anything to count is None."""

    at: dt.datetime
    images_processed: int
    suspected: int
    verified: int
    notices_sent: int
    reminders_sent: int
    notified_urls: int
    removed: int
    open_urls: int
    offline: int
    median_removal_s: float | None
    share_unidentified: float | None
    looks: int
    looks_per_notified_url: float | None
    series: int
    reports: int
    reports_per_month: float | None

    def as_json(self) -> dict[str, object]:
        """The same, with the instant in ISO 8601, and that all of it is an undercount (R3)."""
        return {**asdict(self), "at": self.at.isoformat(), "undercount": str(UNDERCOUNT)}


def figures(now: dt.datetime) -> Figures:
    """All figures as they stand at ``now``: from the summaries for the present, counted anew for an earlier moment.

    Raises FiguresNotReady while large summaries are being built.
    """
    clock = get_clock()
    if now < clock.now() - dt.timedelta(seconds=PRESENT_S * clock.speed):
        return _figures(recount(now), now)
    while bring_up_to_date():
        pass
    return _figures(counts_of(Tallies(*HEADLINE), now.timestamp()), now)


def present_figures(now: dt.datetime) -> Figures:
    """The figures for a page: as the worker left them, with at most one batch of what has changed since."""
    bring_up_to_date(limit=PAGE_BATCH)
    return _figures(counts_of(Tallies(*HEADLINE), now.timestamp()), now)


PAGE_BATCH = 200
"""Changes that a page works in by itself; with a worker running there are never that many."""


def _figures(counts: Counts, now: dt.datetime) -> Figures:
    return Figures(
        at=now,
        images_processed=totals(last_day=now.date()).images,
        suspected=counts.suspected,
        verified=counts.verified,
        notices_sent=counts.notices,
        reminders_sent=counts.reminders,
        notified_urls=counts.notified,
        removed=counts.removed,
        open_urls=counts.still_there,
        offline=counts.offline,
        median_removal_s=counts.median_s,
        share_unidentified=share(counts.unidentified, counts.notices),
        looks=counts.looks,
        looks_per_notified_url=share(counts.looks, counts.notified),
        series=series_counts(now).known,
        reports=sum(counts.reports.values()),
        reports_per_month=per_month(counts.reports, now.date()),
    )
