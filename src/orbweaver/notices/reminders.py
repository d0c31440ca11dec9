"""Reminders until removal (R48): one at a time, a whole interval after the last message that left."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction

from orbweaver.audit.services import record
from orbweaver.notices.issuing import queue_message
from orbweaver.notices.models import Notice
from orbweaver.notices.outbox import is_paused
from orbweaver.notices.reaching import next_contact
from orbweaver.notices.rules import DONE_WITH, NoticeState

logger = logging.getLogger(__name__)


def queue_reminders(now: dt.datetime, limit: int = 200) -> int:
    """Queue the reminders that are due; returns how many. None while sending is paused."""
    if is_paused():
        return 0
    due = Notice.objects.filter(state=NoticeState.OPEN, remind_at__lte=now).order_by("remind_at")
    due = due.exclude(route=Notice.Route.REFERRAL)  # a hotline has a deadline instead (R42)
    queued = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            queued += _remind(pk, now)
        except Exception as error:  # this one is put off; the others go on
            logger.warning("The reminder of notice number %d failed: %s", pk, type(error).__name__)
            Notice.objects.filter(pk=pk).update(remind_at=now + dt.timedelta(hours=1))
    return queued


@transaction.atomic
def _remind(pk: int, now: dt.datetime) -> int:
    due = Notice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("provider")
    notice = due.filter(pk=pk, state=NoticeState.OPEN, remind_at__lte=now).first()
    if notice is None:
        return 0
    urls = list(notice.urls.exclude(state__in=DONE_WITH).select_related("verdict", "media").order_by("pk"))
    notice.contact = next_contact(notice)
    if notice.contact is None:
        notice.become(NoticeState.HELD, Notice.HeldReason.NO_CONTACT)
        notice.remind_at = None
        notice.save(update_fields=["contact", "state", "held_reason", "remind_at"])
        record("notice.held", notice.public_id, at=now)
        return 0
    queue_message(notice, urls, now)
    record("notice.reminder_queued", notice.public_id, details={"number": notice.occasions - 1}, at=now)
    return 1
