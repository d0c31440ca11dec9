"""The inbox for industry: what a provider's organisation may read and answer. It sees its own notices, no others.

A notice is there once its first message has gone out, by whatever channel; in the channel ``inbox`` that is all there
is to sending. Exact addresses stand in the machine-readable part alone.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from orbweaver.errors import InvalidInput, Message, NotAllowed
from orbweaver.notify.notices.answers.replies import answer_notice
from orbweaver.notify.notices.letters.parts import Parts, parts_of
from orbweaver.notify.notices.messages import (
    ANSWERED_NOT_GONE,
    FOUND_GONE,
    HOST_OFFLINE,
    MAY_NOT_ANSWER,
    NOT_IN_INBOX,
    NOT_READ,
    NOT_WITH_YOU,
    READ_NOT_ANSWERED,
)
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, Reply, Via
from orbweaver.notify.notices.rules import Action, OutboxState, PushBackOutcome, PushBackReason, UrlState
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Permission

_REPORT_ID = re.compile(r"notice([a-z0-9]{16})u(\d{1,18})")


def inbox_of(organisation: Organisation) -> QuerySet[Notice]:
    """The notices that an organisation may see, newest first, with ``url_count`` and ``gone_count``."""
    gone = Count("urls", filter=Q(urls__state=UrlState.REMOVED), distinct=True)
    rows = notices_of(organisation).select_related("provider")
    return rows.annotate(url_count=Count("urls", distinct=True), gone_count=gone)


def notices_of(organisation: Organisation | int | None) -> QuerySet[Notice]:
    """The same without the counts; the organisation may be named by its number."""
    rows = Notice.objects.filter(provider__organisations__organisation=organisation, first_sent_at__isnull=False)
    return rows.order_by("-first_sent_at", "-pk")


def open_in_inbox(organisation: Organisation, public_id: str, now: dt.datetime) -> Notice:
    """One notice of the organisation's own, noted as read. Raises InvalidInput for every other one."""
    notice = inbox_of(organisation).filter(public_id=public_id).first()
    if notice is None:
        raise InvalidInput(NOT_IN_INBOX)
    if notice.read_at is None:
        Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=now)
        notice.read_at = now
    return notice


def latest_message(notice: Notice) -> OutboxMessage | None:
    """The newest message that the provider has."""
    return notice.messages.filter(push_back=None, state=OutboxState.SENT).order_by("-number").first()


def letter_of(notice: Notice) -> Parts | None:
    """What that message says."""
    message = latest_message(notice)
    return parts_of(bytes(message.raw)) if message else None


@transaction.atomic
def answer_in_inbox(
    organisation: Organisation,
    public_id: str,
    action: str,
    reason: str,
    now: dt.datetime,
    *,
    comment: str = "",
    by: User | None = None,
) -> Reply:
    """Keep an answer of a person (``by``) or of a key. Raises NotAllowed or InvalidInput."""
    if by is not None and not by.may(Permission.NOTICE_ANSWER):
        raise NotAllowed(MAY_NOT_ANSWER)
    notice = open_in_inbox(organisation, public_id, now)
    via = Via.INBOX if by is not None else Via.API
    return answer_notice(notice.pk, action, reason, now, comment=comment, via=via, by=by)


@dataclass(frozen=True)
class ReportStatus:
    """One address of a notice as the calls of the AWS Abuse Signal API show it."""

    report_id: str
    correlation_id: str
    status: str
    reason: str
    description: Message
    submitted_at: dt.datetime
    updated_at: dt.datetime


def report_id_of(url: NoticeUrl) -> str:
    """A number of letters and digits that names an address of a notice."""
    return f"notice{url.notice.public_id.removeprefix('ntc_')}u{url.pk}"


def statuses(organisation: Organisation, correlation_id: str = "") -> QuerySet[NoticeUrl]:
    """The addresses of the organisation's notices (or of one: its reference), oldest first."""
    notices = inbox_of(organisation).order_by()
    if correlation_id:
        notices = notices.filter(public_id=correlation_id)
    rows = NoticeUrl.objects.filter(notice__in=notices.values("pk"))
    return rows.select_related("notice").order_by("pk")


def status_by_id(organisation: Organisation, report_id: str) -> NoticeUrl | None:
    """The address that a number names, if it is the organisation's."""
    found = _REPORT_ID.fullmatch(report_id)
    if found is None:
        return None
    return statuses(organisation, f"ntc_{found[1]}").filter(pk=int(found[2])).first()


def status_of(url: NoticeUrl) -> ReportStatus:
    """Where an address stands: unread, in work, or done and how."""
    notice = url.notice
    replies = list(notice.replies.order_by("at"))
    refused = notice.push_backs.filter(outcome=PushBackOutcome.CONCEDED, reason=PushBackReason.NOT_OURS).exists()
    first = notice.first_sent_at or notice.created_at
    updated = max([first, *(each.at for each in replies), *([url.removed_at] if url.removed_at else [])])
    if url.state == UrlState.REMOVED:
        removed = any(each.action == Action.REMOVED for each in replies)
        code = "ACTIONED" if removed else "CONTENT_DOWN_OR_INACCESSIBLE"
        status, reason, words = "COMPLETED", code, FOUND_GONE
    elif url.state == UrlState.OFFLINE:
        status, reason, words = "PROCESSING", "", HOST_OFFLINE
    elif refused:
        status, reason, words = "COMPLETED", "NOT_RESOLVABLE_TO_AWS", NOT_WITH_YOU
    elif replies:
        status, reason, words = "PROCESSING", "", ANSWERED_NOT_GONE
    elif notice.read_at:
        status, reason, words = "PROCESSING", "", READ_NOT_ANSWERED
    else:
        status, reason, words = "QUEUED", "", NOT_READ
    return ReportStatus(report_id_of(url), notice.public_id, status, reason, words, first, updated)


def notice_as_json(notice: Notice) -> dict[str, Any]:
    """A notice for a program: what it says, its reports in XARF with exact addresses, and what was answered."""
    letter = letter_of(notice)
    return {
        "id": notice.public_id,
        "provider": notice.provider.name if notice.provider else "",
        "notice_type": notice.notice_type,
        "sub_type": notice.sub_type,
        "state": notice.state,
        "first_sent_at": notice.first_sent_at,
        "subject": letter.subject if letter else "",
        "text": letter.text if letter else "",
        "reports": letter.reports if letter else [],
        "addresses": [{"report_id": report_id_of(url), "state": url.state} for url in notice.urls.order_by("pk")],
        "answers": [
            {"action": each.action, "comment": each.comment, "at": each.at} for each in notice.replies.order_by("at")
        ],
        "objections": [
            {"reason": each.reason, "outcome": each.outcome, "words": each.words, "at": each.made_at}
            for each in notice.push_backs.order_by("made_at")
        ],
    }
