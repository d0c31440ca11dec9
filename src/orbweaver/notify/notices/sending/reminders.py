"""Reminders until removal (R48): one at a time, a whole interval after the last message that left.

One goes at once, to whoever was told, when police have identified a child of it (R74); the interval then starts anew.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Q, QuerySet

from orbweaver.notify.notices.messages import IDENTIFIED_MEANWHILE
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.routing.issuing import queue_message
from orbweaver.notify.notices.routing.reaching import next_contact
from orbweaver.notify.notices.rules import DONE_WITH, WAITING, NoticeState, OutboxState
from orbweaver.notify.notices.sending.outbox import is_paused
from orbweaver.people.audit.services import record

logger = logging.getLogger(__name__)


def queue_reminders(now: dt.datetime, limit: int = 200) -> int:
    """Queue the reminders that are due; returns how many. None while sending is paused."""
    if is_paused():
        return 0
    queued = 0
    for pk in list(_due(now).order_by("news_at", "remind_at", "pk").values_list("pk", flat=True)[:limit]):
        try:
            queued += _remind(pk, now)
        except Exception as error:  # this one is put off; the others go on
            logger.warning("The reminder of notice number %d failed: %s", pk, type(error).__name__)
            later = now + dt.timedelta(hours=1)
            Notice.objects.filter(pk=pk, news_at__isnull=False).update(news_at=later)
            Notice.objects.filter(pk=pk, news_at=None).update(remind_at=later)
    return queued


def _due(now: dt.datetime) -> QuerySet[Notice]:
    # a hotline has a deadline instead of reminders (R42)
    by_time = Q(remind_at__lte=now, news_at=None) & ~Q(route=Notice.Route.REFERRAL)
    return Notice.objects.filter(by_time | Q(news_at__lte=now), state=NoticeState.OPEN)


@transaction.atomic
def _remind(pk: int, now: dt.datetime) -> int:
    due = _due(now).select_for_update(skip_locked=True, of=("self",)).select_related("provider")
    notice = due.filter(pk=pk).first()
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
    if notice.news_at is not None:
        # What has not left yet says the opposite of this one.
        waiting = notice.messages.filter(state__in=WAITING, push_back=None)
        waiting.update(state=OutboxState.CANCELLED, reason=IDENTIFIED_MEANWHILE)
    queue_message(notice, urls, now)
    record("notice.reminder_queued", notice.public_id, details={"number": notice.occasions - 1}, at=now)
    return 1
