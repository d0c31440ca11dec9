"""When a report is assessed: once all that it led to is decided, whether by its own item or by one of before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.selectors import awaits_report
from orbweaver.detect.intake.models import Report, VisitedReport
from orbweaver.detect.matching.models import Sighting, ToTakeUp
from orbweaver.people.audit.services import record
from orbweaver.platform.network.urls import parse

AT_ONCE: Final = 200


def close_reports(item: ReviewItem, now: dt.datetime) -> None:
    """The reports that led to this item's sightings, as far as all else that they led to is decided, too."""
    for report in reports_of(item).filter(assessed_at=None).order_by("pk"):
        _close(report, now)


@transaction.atomic
def close_answered(now: dt.datetime) -> int:
    """Close reports that led to nothing but places that are decided already: nobody would look again. A duty, once
    their visits are recorded and what these saw is taken up; how many visits that were."""
    its = OuterRef("report")
    untold = ToTakeUp.objects.filter(Q(sighting__report=its) | Q(sighting__later_reports=its))
    rows = VisitedReport.objects.select_for_update(skip_locked=True).filter(~Exists(untold)).order_by("pk")
    visits = {each.pk: each.report_id for each in rows[:AT_ONCE]}
    for report in Report.objects.filter(pk__in=visits.values(), assessed_at=None, seen_again__isnull=False).distinct():
        if not awaits_report(report.pk):
            _close(report, now)
    VisitedReport.objects.filter(pk__in=visits).delete()
    return len(visits)


def _close(report: Report, now: dt.datetime) -> None:
    """A report is assessed once every sighting it led to is covered by a verdict, and with it those it overtook."""
    seen = Sighting.objects.filter(Q(report=report) | Q(later_reports=report))
    if seen.exclude(review_items__state=ReviewItem.State.DECIDED).exists():
        return
    for each in (report, *overtaken_by(report)):
        open_still = Report.objects.filter(pk=each.pk, assessed_at=None)
        closed = open_still.update(state=Report.State.ASSESSED, assessed_at=now)
        if closed and each.source != Report.Source.SURVIVOR:  # the log ties no verdict to who asked
            record("report.assessed", each.public_id, at=now)


def reports_of(item: ReviewItem) -> QuerySet[Report]:
    """The reports that led to the sightings of an item, the first of each and those that came later."""
    return Report.objects.filter(pk__in=reports_that_led_to(item.sightings.all()))


def reports_that_led_to(sightings: Iterable[Sighting]) -> set[int]:
    """Numbers of the reports that led to them, the first of each and those that came later.

    Asked one by one: a condition that holds on either of two joins makes the database read every report.
    """
    later = Sighting.later_reports.through.objects.filter(sighting__in=sightings)
    numbers = {*later.values_list("report", flat=True), *(each.report_id for each in sightings)}
    return {number for number in numbers if number is not None}


def overtaken_by(report: Report) -> QuerySet[Report]:
    """Earlier reports, without a sighting of their own, of the same address or of a picture that this one led to.

    What waits to be fetched may be reported again meanwhile, and a row of the frontier keeps the last report alone.
    """
    seen = [parse(url).key for url in report.sightings.values_list("url", flat=True)]
    earlier = Report.objects.filter(pk__lt=report.pk, url_key__in=[report.url_key, *seen]).order_by("pk")
    waiting = (Report.State.RECEIVED, Report.State.UNREACHABLE)
    led = Sighting.objects.filter(Q(report=OuterRef("pk")) | Q(later_reports=OuterRef("pk")))
    return earlier.exclude(state__in=waiting).filter(~Exists(led))
