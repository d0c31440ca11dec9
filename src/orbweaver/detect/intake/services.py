"""Taking in reports: each becomes a lead of the crawler in the same transaction."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F

from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.services import add_lead, bring_forward
from orbweaver.detect.intake.errors import TooManyReports
from orbweaver.detect.intake.messages import TOO_MANY_REPORTS
from orbweaver.detect.intake.models import Report, SenderCount
from orbweaver.detect.intake.rules import hour_of, sender_key
from orbweaver.detect.intake.settings import IntakeSettings
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.network.urls import parse
from orbweaver.platform.runtime.secrets import django_secret_key
from orbweaver.platform.settings import PlatformSettings

SAME_REPORT = dt.timedelta(days=1)
"""A URL reported again within this time, and not assessed yet, is the same report."""

COMMENT_LIMIT = 4_000
COUNTS_KEPT = dt.timedelta(days=1)


@transaction.atomic
def count_sender(address: str, now: dt.datetime) -> None:
    """Count a public report for the network that it comes from. Raises TooManyReports past the hour's limit.

    A flood must not drown what others report, nor fill the disk. The address itself is not kept.
    """
    if not IntakeSettings.current().public_reports_per_hour:
        return
    hour = hour_of(now)
    SenderCount.objects.filter(hour__lt=now - COUNTS_KEPT).delete()
    row, _ = SenderCount.objects.get_or_create(
        key=sender_key(address, hour, django_secret_key(PlatformSettings.current().keys_path)),
        defaults={"hour": hour, "count": 0},
    )
    counted = SenderCount.objects.filter(pk=row.pk, count__lt=IntakeSettings.current().public_reports_per_hour)
    if not counted.update(count=F("count") + 1):
        raise TooManyReports(
            TOO_MANY_REPORTS.of(
                time=f"{hour + dt.timedelta(hours=1):%H:%M}", contact=HotlineSettings.current().hotline_contact
            )
        )


@transaction.atomic
def submit_report(url: str, *, source: Report.Source, comment: str = "", now: dt.datetime) -> Report:
    """Take in a URL to be assessed. Raises InvalidUrl for what is no web address. Idempotent for a day."""
    parsed = parse(url)
    known = (
        Report.objects.filter(url_key=parsed.key, created_at__gt=now - SAME_REPORT)
        .exclude(state=Report.State.ASSESSED)
        .order_by("-pk")
        .first()
    )
    if known:
        bring_forward([parsed.key])  # who reports it again may have seen it a moment ago
        return known
    report = Report.objects.create(
        url=url.strip(),
        url_key=parsed.key,
        source=source,
        comment=comment.replace("\x00", " ").strip()[:COMMENT_LIMIT],
        created_at=now,
    )
    add_lead(url, source=Lead.Source.REPORT, now=now, report_id=report.pk)
    record("report.received", report.public_id, details={"source": source}, at=now)
    return report
