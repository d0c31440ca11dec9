"""What became of reports that a provider's own system took over (AWS Abuse Signal API): asked until it is completed.

Its reason codes are answers like those of people: acted on, not theirs, already gone, or a refusal that a person reads.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from django.db import transaction

from orbweaver.notify.notices.answers.replies import answer_notice
from orbweaver.notify.notices.errors import ChannelFailed
from orbweaver.notify.notices.models import SubmittedReport, Via
from orbweaver.notify.notices.rules import Action, PushBackReason
from orbweaver.notify.notices.sending.channels.abuse_signal import AbuseSignalChannel, AbuseSignalSession
from orbweaver.notify.providers.models import Contact
from orbweaver.platform.clock import real_now
from orbweaver.platform.config import get_config

logger = logging.getLogger(__name__)

ASK_EVERY = dt.timedelta(minutes=10)
COMPLETED: Final = "COMPLETED"

ANSWERS: Final[dict[str, tuple[Action, str]]] = {
    "ACTIONED": (Action.REMOVED, ""),
    "NOT_RESOLVABLE_TO_AWS": (Action.NOT_OURS, ""),
    "CONTENT_DOWN_OR_INACCESSIBLE": (Action.PUSH_BACK, PushBackReason.ALREADY_GONE.value),
    "REVIEWED_NO_AWS_ACTION": (Action.PUSH_BACK, PushBackReason.NOT_ILLEGAL.value),
}
"""Answers by reason code. ``NEED_MORE_INFORMATION`` is none: the desk shows it, and a person writes."""


def ask_about_reports(now: dt.datetime, limit: int = 100) -> int:
    """Ask about the reports that are due; returns how many were completed."""
    due = SubmittedReport.objects.filter(ask_at__lte=real_now(), message__channel=Contact.Channel.ABUSE_SIGNAL)
    rows = list(due.select_related("message").order_by("ask_at")[:limit])
    channel = AbuseSignalChannel(get_config())
    if not rows or channel.why_not():
        return 0
    with channel.session() as session:
        return sum(_ask(row, session, now) for row in rows)


def _ask(row: SubmittedReport, session: AbuseSignalSession, now: dt.datetime) -> int:
    try:
        status, reason = session.status(row.message.address, row.remote_id)
    except ChannelFailed as error:
        logger.warning("A report could not be asked about: %s", error.reason)
        SubmittedReport.objects.filter(pk=row.pk).update(ask_at=real_now() + ASK_EVERY)
        return 0
    return _keep(row, status[:20], reason[:40], now)


@transaction.atomic
def _keep(row: SubmittedReport, status: str, reason: str, now: dt.datetime) -> int:
    completed = status == COMPLETED
    row.status, row.reason = status, reason
    row.ask_at = None if completed else real_now() + ASK_EVERY
    row.save(update_fields=["status", "reason", "ask_at"])
    if completed and reason in ANSWERS:
        action, why = ANSWERS[reason]
        answer_notice(row.message.notice_id, action, why, now, comment=reason, via=Via.CHANNEL)
    return int(completed)
