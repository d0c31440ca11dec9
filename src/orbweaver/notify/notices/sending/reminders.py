"""Reminders until removal (R48): one at a time, a whole interval after the last message that left.

One goes at once, to whoever was told, when police have identified a child of it (R74); the interval then starts anew.
A lane of the worker's own queues and sends it (``queue_news``), which waits for no name server and no other letter.
All that is due to the same contact is queued at once, so that it leaves as one mail, and a contact that had one within
the shortest interval has the next when that is over: so what was told at different hours comes together.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from orbweaver.notify.notices.messages import IDENTIFIED_MEANWHILE
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.repeating import shortest_interval
from orbweaver.notify.notices.routing.issuing import queue_message
from orbweaver.notify.notices.routing.reaching import next_contact
from orbweaver.notify.notices.rules import DONE_WITH, LEFT, WAITING, NoticeState, OutboxState, Rank
from orbweaver.notify.notices.sending.outbox import is_paused
from orbweaver.notify.notices.sending.together import joining_channels
from orbweaver.notify.providers.models import Contact
from orbweaver.people.audit.services import record
from orbweaver.platform.steps import about

logger = logging.getLogger(__name__)


def queue_reminders(now: dt.datetime, limit: int = 200) -> int:
    """Queue the reminders that are due, news first; returns how many. None while sending is paused."""
    return _queue(_due(now), now, limit)


def queue_news(now: dt.datetime, limit: int = 200) -> int:
    """Queue what says that a child was identified, and nothing else; returns how much."""
    return _queue(_due(now).filter(news_at__isnull=False), now, limit)


def _queue(notices: QuerySet[Notice], now: dt.datetime, limit: int) -> int:
    if is_paused():
        return 0
    due = list(notices.order_by("news_at", "remind_at", "pk").values_list("pk", "provider")[:limit])
    by_provider: dict[int | None, list[int]] = {}
    for pk, provider in due:
        by_provider.setdefault(provider, []).append(pk)
    return sum(_remind_provider(pks, now) for pks in by_provider.values())


def _remind_provider(pks: Sequence[int], now: dt.datetime) -> int:
    """What is due to one provider, in one transaction; one by one where that fails."""
    try:
        return _remind_together(pks, now)
    except Exception:  # whatever is wrong with one of them, it is found below
        logger.warning("Reminders to one provider could not be queued together; trying them one by one.")
    queued = 0
    for pk in pks:
        try:
            queued += _remind_together([pk], now)
        except Exception as error:  # this one is put off; the others go on
            with about(Notice.objects.values_list("public_id", flat=True).filter(pk=pk).get):
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
def _remind_together(pks: Sequence[int], now: dt.datetime) -> int:
    due = _due(now).select_for_update(skip_locked=True, of=("self",)).select_related("provider")
    slots: dict[int, dt.datetime | None] = {}  # read before any of these is queued
    return sum(_remind(notice, slots, now) for notice in due.filter(pk__in=pks).order_by("news_at", "remind_at", "pk"))


def _remind(notice: Notice, slots: dict[int, dt.datetime | None], now: dt.datetime) -> int:
    contact = notice.contact = next_contact(notice)
    if contact is None:
        notice.become(NoticeState.HELD, Notice.HeldReason.NO_CONTACT)
        notice.remind_at = None
        notice.save(update_fields=["contact", "state", "held_reason", "remind_at"])
        record("notice.held", notice.public_id, at=now)
        return 0
    if notice.news_at is not None:
        # What has not left yet says the opposite of this one.
        waiting = notice.messages.filter(state__in=WAITING, push_back=None)
        waiting.update(state=OutboxState.CANCELLED, reason=IDENTIFIED_MEANWHILE)
    elif notice.reached_at is not None and (slot := _slot(contact, slots, now)) is not None:
        notice.remind_at = slot
        notice.save(update_fields=["remind_at"])
        return 0
    urls = list(notice.urls.exclude(state__in=DONE_WITH).select_related("verdict", "media").order_by("pk"))
    queue_message(notice, urls, now)
    record("notice.reminder_queued", notice.public_id, details={"number": notice.occasions - 1}, at=now)
    return 1


def _slot(contact: Contact, slots: dict[int, dt.datetime | None], now: dt.datetime) -> dt.datetime | None:
    """When a contact has its next reminder that had one within the shortest interval; None where it may have it now."""
    if contact.channel not in joining_channels():
        return None
    if contact.pk not in slots:
        sent = OutboxMessage.objects.filter(contact=contact, rank=Rank.REMINDER, push_back=None, state__in=LEFT)
        last = sent.filter(left_at__gt=now - shortest_interval()).aggregate(last=Max("left_at"))["last"]
        slots[contact.pk] = last + shortest_interval() if last else None
    return slots[contact.pk]
