"""Which bounces are believed, and what follows from one that is.

Whoever was sent a message can write a bounce of it: the signed address that reports come to is its sender. So one
counts only for the recipient it was sent to, within the days in which mail servers give up, and never where the
provider is known to have the notice. It moves no clock and holds nothing: the notice that came back goes to the next
contact, and where none is left past the provider. What is not believed is kept, shown, and does nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import transaction
from django.db.models import Q

from orbweaver.notify.notices.answers.delivery_reports import Delivery
from orbweaver.notify.notices.messages import CAME_BACK, CAME_BACK_WITHOUT_CODE
from orbweaver.notify.notices.models import Bounce, Notice, OutboxMessage
from orbweaver.notify.notices.rules import Fate, OutboxState
from orbweaver.notify.notices.sending.undelivered import go_on, weighed
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import real_now

BOUNCE_WITHIN = dt.timedelta(days=6)
"""How long after it left a message can come back: servers give up after four to five days (RFC 5321, 4.5.4.1), and a
report of that takes its own way back."""


def take_report(
    row: OutboxMessage, reports: list[Delivery], returned_id: str, came_at: dt.datetime, now: dt.datetime
) -> tuple[Fate, bool]:
    """Take in a delivery report that came to the signed address of a message, ``came_at`` in domain time.

    Returns what it says of the recipient and whether that counts.
    """
    ours = [each for each in reports if row.address.lower() in each.recipients]
    report = (ours or reports)[0]
    if report.fate is Fate.PASSED_ON:
        return report.fate, False
    if report.fate is Fate.DELIVERED:
        return report.fate, bool(ours) and acknowledge(row, now)
    with transaction.atomic():
        notice = Notice.objects.select_for_update().get(pk=row.notice_id)
        report = replace(report, fate=weighed(row, report.fate))
        doubt = _doubt(row, notice, is_ours=bool(ours), returned_id=returned_id, came_at=came_at)
        if keep(row, report, doubt, now) and not doubt and report.fate is not Fate.DELAYED:
            _believe(notice, row, report, now)
    return report.fate, not doubt


def acknowledge(row: OutboxMessage, now: dt.datetime) -> bool:
    """Its recipient has it: it cannot come back any more. Always true."""
    OutboxMessage.objects.filter(pk=row.pk, acknowledged_at=None).update(acknowledged_at=now)
    return True


def keep(row: OutboxMessage, report: Delivery, doubt: str, now: dt.datetime) -> bool:
    """Keep it, once a kind and doubt whatever codes it comes with, so that nobody fills the table; False if known."""
    if row.bounces.filter(kind=report.fate, doubt=doubt).exists():
        return False
    Bounce.objects.create(message=row, kind=report.fate.value, status=report.status, doubt=doubt, at=now)
    if doubt:
        details = {"occasion": row.number, "status": report.status, "doubt": str(doubt)}
        record("notice.bounce_not_believed", row.notice.public_id, label="mail server", details=details, at=now)
    return True


def _doubt(row: OutboxMessage, notice: Notice, *, is_ours: bool, returned_id: str, came_at: dt.datetime) -> str:
    """Why a report is not believed; "" where it is."""
    left_at = row.left_at or row.sent_at
    if returned_id and OutboxMessage.objects.exclude(pk=row.mail.pk).filter(message_id=returned_id).exists():
        return Bounce.Doubt.OTHER_MESSAGE
    if not is_ours:
        return Bounce.Doubt.OTHER_RECIPIENT
    if left_at is None:
        return Bounce.Doubt.NEVER_LEFT
    if came_at > left_at + BOUNCE_WITHIN:
        return Bounce.Doubt.TOO_LATE
    return Bounce.Doubt.ACCEPTED if _is_accepted(row, notice, left_at) else ""


def _is_accepted(row: OutboxMessage, notice: Notice, left_at: dt.datetime) -> bool:
    """Whether anything since it left shows that the provider has the notice. A copy for our journal shows nothing."""
    reacted = Q(replies__at__gte=left_at) | Q(urls__removed_at__gte=left_at) | Q(read_at__gte=left_at)
    together = row.together()
    if any(each.acknowledged_at for each in together):
        return True
    return Notice.objects.filter(reacted, pk__in={notice.pk, *(each.notice_id for each in together)}).exists()


def _believe(notice: Notice, row: OutboxMessage, report: Delivery, now: dt.datetime) -> None:
    details = {"occasion": row.number, "status": report.status}
    record(f"notice.bounced_{report.fate}", notice.public_id, label="mail server", details=details, at=now)
    OutboxMessage.objects.filter(pk=row.pk).update(
        state=OutboxState.BOUNCED,
        reason=CAME_BACK.of(status=report.status) if report.status else CAME_BACK_WITHOUT_CODE,
        journalled_at=real_now(),
    )
    go_on(notice, row, report.fate, now)
