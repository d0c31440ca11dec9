"""How long each kind of data is kept, in one table, and the removal of what is past its time.

Evidence has rules of its own (``detect.evidence.erasing``). What has no time is kept as long as the installation: the
record of what was found, decided, asked and done, by which hotline, provider and public are held to account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet

from orbweaver.detect.evidence.erasing import expired
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.detect.held.models import EarlierPicture, WaitingPicture
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.settings import IntakeSettings
from orbweaver.detect.matching.flood import USUAL_DAYS
from orbweaver.detect.matching.models import ScanHits
from orbweaver.notify.notices.models import IncomingAnswer
from orbweaver.notify.notices.selectors import evidence_in_use
from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.people.accounts.models import PasswordLink
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import real_now

AT_ONCE: Final = 500
LINKS_KEPT_DAYS: Final = 30
SCANS_KEPT_DAYS: Final = USUAL_DAYS + 2
WAITING_KEPT_DAYS: Final = 3
EARLIER_KEPT_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data. ``days`` None: for as long as the installation. ``past`` finds what is past its time;
    ``remove`` ends it where no other duty does, and says how many."""

    name: str
    where: str
    why: str
    days: Callable[[], int | None] = lambda: None
    past: Callable[[dt.datetime], QuerySet[Any]] | None = None
    remove: Callable[[QuerySet[Any]], int] | None = None


def _words_of_reports(now: dt.datetime) -> QuerySet[Report]:
    before = now - dt.timedelta(days=IntakeSettings.current().report_comment_days)
    done = (Report.State.ASSESSED, Report.State.UNREACHABLE)
    return Report.objects.filter(created_at__lt=before, state__in=done).exclude(comment="")


def _read_mails(now: dt.datetime) -> QuerySet[IncomingAnswer]:
    before = now - dt.timedelta(days=NoticeSettings.current().incoming_mail_days)
    closed = Q(notice__isnull=True) | Q(notice__closed_at__isnull=False)
    return IncomingAnswer.objects.filter(closed, raw__isnull=False, read_at__isnull=False, came_at__lt=before)


KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        "evidence",
        "evidence folder, evidence.EvidenceObject",
        "what the legal authority allows; not while on legal hold or under an open notice",
        lambda: EvidenceSettings.current().retention_days,
        lambda now: expired(now, evidence_in_use()),
    ),
    Kind(
        "words of reports",
        "intake.Report.comment",
        "they may name people; the analysts have read them",
        lambda: IntakeSettings.current().report_comment_days,
        _words_of_reports,
        lambda rows: rows.update(comment=""),
    ),
    Kind(
        "mails as they came",
        "notices.IncomingAnswer.raw",
        "what they say is kept apart; the bytes prove it until the notice is closed, and a while after",
        lambda: NoticeSettings.current().incoming_mail_days,
        _read_mails,
        lambda rows: rows.update(raw=None),
    ),
    Kind(
        "sessions",
        "django_session",
        "a sign-in that has ended",
        lambda: 0,
        lambda _now: Session.objects.filter(expire_date__lt=real_now()),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        "links for passwords",
        "accounts.PasswordLink",
        "spent or past their time",
        lambda: LINKS_KEPT_DAYS,
        lambda now: PasswordLink.objects.filter(expires_at__lt=now - dt.timedelta(days=LINKS_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        "how often scans found an entry",
        "matching.ScanHits",
        "numbers by the hour, of which a month says what is usual",
        lambda: SCANS_KEPT_DAYS,
        lambda now: ScanHits.objects.filter(hour__lt=now - dt.timedelta(days=SCANS_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        "pictures that wait to be compared",
        "held.WaitingPicture",
        "they matched nothing; without a worker that compares them they would stay",
        lambda: WAITING_KEPT_DAYS,
        lambda now: WaitingPicture.objects.filter(queued_at__lt=now - dt.timedelta(days=WAITING_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        "pictures that were compared",
        "held.EarlierPicture",
        "they matched nothing then; a verdict may come that says what they show",
        lambda: EARLIER_KEPT_DAYS,
        lambda now: EarlierPicture.objects.filter(seen_at__lt=now - dt.timedelta(days=EARLIER_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
    ),
    Kind("held pictures", "held.HeldPicture", "as long as their own entry stands and their evidence is kept"),
    Kind("use of API keys", "accounts.KeyUsage", "numbers by the day, by which a company and the hotline reckon"),
    Kind("who sent reports", "intake.SenderCount", "a keyed digest for limits, gone within a day", lambda: 1),
    Kind("hashes of lists", "hashlists.HashListEntry", "as their suppliers say: withdrawn, expired or kept"),
    Kind(
        "addresses seen and fingerprints",
        "matching.Sighting, captures.Capture, media.Media",
        "what notices and rechecks rest on",
    ),
    Kind("assessments, verdicts, notices, answers", "review, notices, recheck", "the record of what was done"),
    Kind("the audit log", "audit.Event", "the record of who did it; nothing is removed from it"),
)


def remove_due(now: dt.datetime) -> int:
    """Remove what is past its time, some of each kind; how many rows. The audit log says how many of what."""
    return sum(_remove(kind, now) for kind in KINDS)


@transaction.atomic
def _remove(kind: Kind, now: dt.datetime) -> int:
    if kind.past is None or kind.remove is None:
        return 0
    rows = kind.past(now)
    some = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    if not some:
        return 0
    count = kind.remove(rows.model._default_manager.filter(pk__in=some))
    record("retention.removed", "retention", details={"kind": kind.name, "rows": len(some)}, at=now)
    return count
