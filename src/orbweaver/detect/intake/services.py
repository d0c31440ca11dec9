"""Taking in reports: each becomes a lead of the crawler in the same transaction."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.db.models import F

from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.services import add_lead, bring_forward
from orbweaver.detect.intake.errors import TooManyReports
from orbweaver.detect.intake.messages import TOO_MANY_REPORTS
from orbweaver.detect.intake.models import AskedHash, Report, SenderCount, VisitedReport
from orbweaver.detect.intake.rules import AskedFor, hour_of, minutes_left, sender_key
from orbweaver.detect.intake.settings import IntakeSettings
from orbweaver.people.accounts.models import Organisation
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.network.urls import parse
from orbweaver.platform.runtime.secrets import django_secret_key
from orbweaver.platform.settings import PlatformSettings

SAME_REPORT = dt.timedelta(days=1)
"""A URL that an organisation, or operators, report again within this time, and that is not assessed yet, is the same
report."""
_SHARED = (Report.Source.PARTNER, Report.Source.OPERATOR)
"""Who shares a report with their own. What others and the public are told must not say whether anybody came before
them."""

ASKED_LOCK = 0x6F726173
"""Advisory lock of hashes that survivors bring ("oras")."""

COMMENT_LIMIT = 4_000
CONTACT_LIMIT = 200
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
            TOO_MANY_REPORTS.of(n=minutes_left(now), contact=HotlineSettings.current().hotline_contact)
        )


@transaction.atomic
def submit_report(
    url: str,
    *,
    source: Report.Source,
    comment: str = "",
    contact: str = "",
    organisation: Organisation | None = None,
    now: dt.datetime,
) -> Report:
    """Take in a URL to be assessed. Raises InvalidUrl for what is no web address.

    ``contact``: how whoever reports may be asked, if they wish. ``organisation``: whose key it came by.

    Idempotent for a day within an organisation and among operators; of the public each report is one of its own.
    """
    parsed = parse(url)
    known = _known(parsed.key, organisation, now) if source in _SHARED else None
    if known:
        bring_forward([parsed.key])  # who reports it again may have seen it a moment ago
        return known
    report = _create(url.strip(), parsed.key, source, now, comment, contact, organisation)
    send_to_crawler(report, now)
    return report


def _known(url_key: bytes, organisation: Organisation | None, now: dt.datetime) -> Report | None:
    recent = Report.objects.filter(url_key=url_key, created_at__gt=now - SAME_REPORT, source__in=_SHARED)
    own = recent.filter(organisation=organisation)
    return own.exclude(state=Report.State.ASSESSED).order_by("-pk").first()


def _create(
    url: str,
    url_key: bytes,
    source: Report.Source,
    now: dt.datetime,
    comment: str = "",
    contact: str = "",
    organisation: Organisation | None = None,
) -> Report:
    report = Report.objects.create(
        url=url,
        url_key=url_key,
        source=source,
        organisation=organisation,
        comment=comment.replace("\x00", " ").strip()[:COMMENT_LIMIT],
        contact=contact.replace("\x00", " ").strip()[:CONTACT_LIMIT],
        created_at=now,
    )
    if source != Report.Source.SURVIVOR:  # the log has their request, and no number that would tie an address to it
        record("report.received", report.public_id, details={"source": source}, at=now)
    return report


def send_to_crawler(report: Report, now: dt.datetime) -> None:
    """Let the crawler open the URL of a report, first and whatever it knows of it. In the caller's transaction."""
    add_lead(report.url, source=Lead.Source.REPORT, now=now, report_id=report.pk)


def ask_for_url(url: str, now: dt.datetime) -> Report:
    """The report of one URL of a survivor's request, in the caller's transaction. Raises InvalidUrl.

    Nothing is looked up and nothing sent to the crawler here, so that the answer to whoever asks takes the same time
    whether anybody asked before.
    """
    return _create(url.strip(), parse(url).key, Report.Source.SURVIVOR, now)


def ask_for_hashes(hashes: Iterable[AskedFor], now: dt.datetime) -> Report:
    """The report of all hashes of a survivor's request, in the caller's transaction."""
    report = _create("", secrets.token_bytes(32), Report.Source.SURVIVOR, now)  # a key that no address has
    add_hashes(report, hashes)
    return report


def add_hashes(report: Report, hashes: Iterable[AskedFor]) -> int:
    """Further hashes of a request, in the caller's transaction; how many were new to it."""
    known = {(kind, bytes(value)) for kind, value in report.asked_hashes.values_list("kind", "value")}
    new: dict[tuple[str, bytes], AskedFor] = {}
    for each in hashes:
        if (each.kind, each.value) not in known:
            new.setdefault((each.kind, each.value), each)
    if not new:
        return 0
    with connection.cursor() as cursor:  # whoever follows their numbers sees them in their order
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ASKED_LOCK])
    AskedHash.objects.bulk_create(
        (AskedHash(report=report, **vars(each)) for each in new.values()),
        ignore_conflicts=True,
    )
    return len(new)


def look_on(reports: Iterable[Report]) -> int:
    """A person has looked: hashes of these reports that were put aside are looked for wherever they are; how many."""
    paused = AskedHash.objects.filter(report__in=list(reports)).exclude(paused_at=None)
    return paused.update(paused_at=None, goes_on=True)


def withdraw_reports(reports: Iterable[Report], now: dt.datetime) -> int:
    """Nothing is looked for or put first for these reports of a survivor any more; how many hashes were forgotten."""
    numbers = [report.pk for report in reports]
    Report.objects.filter(pk__in=numbers, withdrawn_at=None).update(withdrawn_at=now)
    asked = AskedHash.objects.filter(report__in=numbers)
    list(asked.select_for_update().order_by("pk").values_list("pk"))  # what a crawler just found is awaited
    count, _ = asked.delete()
    return count


def note_visits(reports: Collection[int]) -> None:
    """Visits for these reports were recorded: have the worker look whether they are answered. In the caller's
    transaction."""
    known = Report.objects.filter(pk__in=reports).order_by("pk").values_list("pk", flat=True)
    VisitedReport.objects.bulk_create([VisitedReport(report_id=each) for each in known])
