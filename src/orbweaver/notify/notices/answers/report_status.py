"""What became of reports that a provider's own system took over : asked until it is completed (AWS Abuse Signal API).

Its reason codes are answers like those of people: acted on, not theirs, already gone, or a refusal that a person reads.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Final

from django.db import transaction

from orbweaver.notify.notices.answers.replies import answer_notice
from orbweaver.notify.notices.errors import ChannelFailed
from orbweaver.notify.notices.models import SubmittedReport, Via
from orbweaver.notify.notices.rules import Action
from orbweaver.notify.notices.sending.channels import CHANNELS, Channel, StatusSession
from orbweaver.platform.shared_clock import shared_now

logger = logging.getLogger(__name__)

ASK_EVERY = dt.timedelta(minutes=10)
COMPLETED: Final = "COMPLETED"
Answers = Mapping[str, tuple[Action, str]]


def ask_about_reports(now: dt.datetime, limit: int = 100) -> int:
    """Ask about the reports that are due; returns how many were completed."""
    found = ((name, kind()) for name, kind in CHANNELS.items() if kind.report_answers)
    return sum(_ask_channel(name, channel, now, limit) for name, channel in found)


def _ask_channel(name: str, channel: Channel, now: dt.datetime, limit: int) -> int:
    due = SubmittedReport.objects.filter(ask_at__lte=shared_now(), message__channel=name)
    rows = list(due.select_related("message").order_by("ask_at")[:limit])
    if not rows or channel.why_not():
        return 0
    with channel.session() as session:
        assert isinstance(session, StatusSession)
        return sum(_ask(row, session, channel.report_answers, now) for row in rows)


def _ask(row: SubmittedReport, session: StatusSession, answers: Answers, now: dt.datetime) -> int:
    try:
        status, reason = session.status(row.message.address, row.remote_id)
    except ChannelFailed as error:
        logger.warning("A report could not be asked about: %s", error.reason)
        SubmittedReport.objects.filter(pk=row.pk).update(ask_at=shared_now() + ASK_EVERY)
        return 0
    return _keep(row, status[:20], reason[:40], answers, now)


@transaction.atomic
def _keep(row: SubmittedReport, status: str, reason: str, answers: Answers, now: dt.datetime) -> int:
    completed = status == COMPLETED
    row.status, row.reason = status, reason
    row.ask_at = None if completed else shared_now() + ASK_EVERY
    row.save(update_fields=["status", "reason", "ask_at"])
    if completed and reason in answers:
        action, why = answers[reason]
        answer_notice(row.message.notice_id, action, why, now, comment=reason, via=Via.CHANNEL)
    return int(completed)
