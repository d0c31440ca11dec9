"""The headline figures counted from the domain's own tables: of an earlier moment, and to check summaries against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncMonth

from orbweaver.assess.review.models import Look, Verdict
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.rules import OutboxState, UrlState


@dataclass(frozen=True)
class Counts:
    """The plain counts behind the headline figures; ``median_s`` in seconds, None without removals."""

    suspected: int
    verified: int
    notices: int
    unidentified: int
    reminders: int
    notified: int
    still_there: int
    removed: int
    median_s: float | None
    looks: int
    reports: Mapping[str, int]
    """By month, such as 2026-11."""


PLACES = """
WITH places AS (
    SELECT min(n.told_at) AS sent_at, bool_and(u.state = %(removed)s) AS gone, max(u.removed_at) AS gone_at
    FROM notices_noticeurl u JOIN notices_notice n ON n.id = u.notice_id
    WHERE n.told_at <= %(now)s AND u.state <> %(withdrawn)s GROUP BY u.url_key
), removals AS (
    SELECT extract(epoch FROM gone_at - sent_at) AS seconds FROM places
    WHERE gone AND gone_at BETWEEN sent_at AND %(now)s
)
SELECT (SELECT count(*) FROM places), (SELECT count(*) FROM places WHERE NOT gone), count(*),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM removals
"""
"""Addresses, whatever number of verdicts and notices is about each: told, still there, removed, median in seconds."""


def recount(now: dt.datetime) -> Counts:
    """The counts as they stood at ``now``. Reads whole tables: not for a page."""
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"now": now, "removed": UrlState.REMOVED.value, "withdrawn": UrlState.WITHDRAWN.value})
        told, still_there, removed, median_s = cursor.fetchone()
    sent = Notice.objects.filter(told_at__lte=now, parent__isnull=True)
    notices = sent.aggregate(sent=Count("pk"), unidentified=Count("pk", filter=Q(identified=False)))
    matched = Exists(Match.objects.filter(sighting=OuterRef("pk"), found_at__lte=now))
    removals = Verdict.objects.filter(outcome=Verdict.Outcome.REMOVE, decided_at__lte=now)
    reminders = OutboxMessage.objects.filter(state=OutboxState.SENT, number__gt=0, sent_at__lte=now)
    months = TruncMonth("created_at", tzinfo=dt.UTC)
    reports = Report.objects.filter(created_at__lte=now).annotate(month=months).order_by().values("month")
    return Counts(
        suspected=Sighting.objects.filter(matched).count(),
        verified=removals.values("media").distinct().count(),
        notices=notices["sent"],
        unidentified=notices["unidentified"],
        reminders=reminders.count(),
        notified=told,
        still_there=still_there,
        removed=removed,
        median_s=float(median_s) if median_s is not None else None,
        looks=Look.objects.filter(at__lte=now).count(),
        reports={f"{month:%Y-%m}": n for month, n in reports.annotate(n=Count("pk")).values_list("month", "n")},
    )
