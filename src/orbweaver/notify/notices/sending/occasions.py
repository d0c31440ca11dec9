"""The end of an occasion: what is written down when its message was sent, refused, or is in doubt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Min

from orbweaver.notify.notices.models import Notice, OutboxMessage, SubmittedReport
from orbweaver.notify.notices.repeating import next_reminder_at, reminder_policy
from orbweaver.notify.notices.rules import NoticeState, OutboxState
from orbweaver.notify.notices.sending.channels.protocol import Taken
from orbweaver.people.audit.services import record
from orbweaver.platform.shared_clock import shared_now


def tell_notice(message: OutboxMessage, state: OutboxState, now: dt.datetime) -> None:
    """The occasion is over, well or not: the next reminder is due a whole interval later (R48).

    What turns out to have been sent, when a doubt about it is concluded, was sent when it left.
    """
    if message.push_back_id is not None:
        record(f"answer.{state}", message.occasion, at=now)
        return
    notice = Notice.objects.select_for_update().get(pk=message.notice_id)
    if state is OutboxState.SENT:
        sent_at = message.sent_at or now
        notice.first_sent_at = min(notice.first_sent_at or sent_at, sent_at)
        notice.last_sent_at = max(notice.last_sent_at or sent_at, sent_at)
        notice.reached_at, notice.unreached = reached_at(notice), ""
    if notice.state == NoticeState.OPEN:
        notice.cadence_version = reminder_policy().version
        notice.remind_at = next_reminder_at(
            notice.told_of_it_since(), (message.sent_at if state is OutboxState.SENT else None) or now
        )
    notice.save(
        update_fields=["first_sent_at", "last_sent_at", "reached_at", "unreached", "remind_at", "cadence_version"]
    )
    record(f"notice.{state}", notice.public_id, details={"occasion": message.number}, at=now)


def reached_at(notice: Notice) -> dt.datetime | None:
    """When the first of its messages left that is not known to have come back."""
    arrived = notice.messages.filter(push_back=None, state=OutboxState.SENT)
    first: dt.datetime | None = arrived.aggregate(first=Min("sent_at"))["first"]
    return first


def keep_taken(message: OutboxMessage, taken: Iterable[Taken]) -> None:
    """Keep the numbers that the other side gave, to ask what became of them."""
    SubmittedReport.objects.bulk_create(
        [
            SubmittedReport(message=message, key=each.key, remote_id=each.remote_id, ask_at=shared_now())
            for each in taken
            if each.remote_id
        ],
        ignore_conflicts=True,
    )
