"""The headline figures. What each counts: docs/domain/figures.md."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from orbweaver.account_for.transparency.folding import bring_up_to_date
from orbweaver.account_for.transparency.recount import recount
from orbweaver.account_for.transparency.rules import per_month, share
from orbweaver.account_for.transparency.tallies import HEADLINE, Counts, Tallies, headline_counts
from orbweaver.assess.series.selectors import counts as series_counts
from orbweaver.detect.crawl.selectors import totals
from orbweaver.platform.clock import get_clock

PRESENT_S = 60.0
"""Real seconds within which an instant is the present, which the summaries show; older ones are counted anew."""


@dataclass(frozen=True)
class Figures:
    """What the installation has done so far. Shares are 0 to 1; a figure without anything to count is None.

    - ``images_processed``: pictures and videos whose fingerprints the crawler compared with the lists, each fetch once.
    - ``suspected``: distinct sightings (a medium at an address on a page) that match an entry of a list.
    - ``verified``: distinct media with a verdict of removal.
    - ``notices_sent``: notices whose first message left, steps of escalation apart; reminders count apart, in
      ``reminders_sent``.
    - ``notified_urls``: distinct addresses in them. ``removed`` of these were found gone after the first message by two
      checks, apart in time; ``open_urls`` were not, or are back. (What was gone before the message left is neither.)
    - ``median_removal_s``: domain seconds from the first message to the first of these two checks, half of the removed
      ones took no longer. Open ones are not in it, so it is read beside ``open_urls``.
    - ``share_unidentified``: share of the notices sent in which a child is not known to be identified (R73).
    - ``looks_per_notified_url``: pictures revealed to people, all of them, for each address notified.
    - ``series``: victim series known to police; ``reports``: all reports, ``reports_per_month`` over the last twelve
      calendar months, this one too, or over as many as have passed since the first report.
    """

    at: dt.datetime
    images_processed: int
    suspected: int
    verified: int
    notices_sent: int
    reminders_sent: int
    notified_urls: int
    removed: int
    open_urls: int
    median_removal_s: float | None
    share_unidentified: float | None
    looks: int
    looks_per_notified_url: float | None
    series: int
    reports: int
    reports_per_month: float | None

    def as_json(self) -> dict[str, object]:
        """The same, with the instant in ISO 8601."""
        return {**asdict(self), "at": self.at.isoformat()}


def figures(now: dt.datetime) -> Figures:
    """All figures as they stand at ``now``: from the summaries for the present, counted anew for an earlier moment.

    Raises FiguresNotReady while large summaries are being built.
    """
    clock = get_clock()
    if now < clock.now() - dt.timedelta(seconds=PRESENT_S * clock.speed):
        return _figures(recount(now), now)
    while bring_up_to_date():
        pass
    return _figures(headline_counts(Tallies(*HEADLINE)), now)


def present_figures(now: dt.datetime) -> Figures:
    """The figures for a page: as the worker left them, with at most one batch of what has changed since."""
    bring_up_to_date(limit=PAGE_BATCH)
    return _figures(headline_counts(Tallies(*HEADLINE)), now)


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
        median_removal_s=counts.median_s,
        share_unidentified=share(counts.unidentified, counts.notices),
        looks=counts.looks,
        looks_per_notified_url=share(counts.looks, counts.notified),
        series=series_counts(now).known,
        reports=sum(counts.reports.values()),
        reports_per_month=per_month(counts.reports, now.date()),
    )
