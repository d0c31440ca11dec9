"""What providers answer. Nothing here pauses a notice (R58); a push-back goes to a person (``push_backs.py``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

from django.db import transaction
from django.db.models import Q

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.notices.errors import BadToken
from orbweaver.notify.notices.handovers import RecheckWanted, recheck_wanted
from orbweaver.notify.notices.letters.tokens import read_token
from orbweaver.notify.notices.messages import ANSWER_MISSING, ANSWERED_TOO_OFTEN, LINK_ENDED, NOTICE_CLOSED, TEST_LINK
from orbweaver.notify.notices.models import Notice, OutboxMessage, PushBack, Reply, ToLookUp, Via
from orbweaver.notify.notices.rules import (
    DONE_WITH,
    Action,
    NoticeState,
    PushBackOutcome,
    PushBackReason,
    push_back_reason,
)
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.objections import answer_by
from orbweaver.platform.clock import now as present

LINK_ENDS_AFTER: Final = dt.timedelta(days=90)
"""How long after a notice was closed its link still shows what was answered."""
ANSWERS_AN_HOUR: Final = 20
"""By the link of one notice: more is no person's, and its words would fill the desk and the disk."""
CHECK_EVERY: Final = dt.timedelta(hours=1)
"""How often the word that something is gone brings the next check forward: a link is no way to make us call a host."""
COMMENT_LIMIT = 2_000
"""Characters kept of a provider's own words."""


def read_answer_token(token: str) -> Notice:
    """The notice that a link answers. Raises BadToken, also for the link of a test message."""
    notice = Notice.objects.select_related("provider").filter(public_id=read_token(token)).first()
    if notice is None:
        raise BadToken(TEST_LINK)
    if notice.closed_at is not None and present() - notice.closed_at > LINK_ENDS_AFTER:
        raise BadToken(LINK_ENDED)
    return notice


def told_together(notice: Notice) -> list[Notice]:
    """The notice, and those of its provider not closed that stood in a mail with it: one answer may be for all."""
    left = notice.messages.filter(push_back=None, left_at__isnull=False)
    mails = {carrier or pk for pk, carrier in left.values_list("pk", "carried_by")}
    rows = OutboxMessage.objects.filter(Q(pk__in=mails) | Q(carried_by__in=mails), push_back=None)
    others = Notice.objects.filter(pk__in=rows.values("notice"), provider=notice.provider_id)
    return [notice, *others.exclude(pk=notice.pk).exclude(state=NoticeState.CLOSED).order_by("pk")]


@transaction.atomic
def answer(
    token: str, action: str, reason: str, now: dt.datetime, comment: str = "", notices: Collection[str] = ()
) -> Reply:
    """Keep what a provider answers by the link in its notice: see ``answer_notice``.

    ``notices`` are the references of those told together with it that the answer is for; itself alone without any.
    Returns the reply to the first. Raises BadToken, or InvalidInput, also for a notice of another mail; Conflict for
    one that is closed, and beyond what a link may be used.
    """
    notice = read_answer_token(token)
    if notice.state == NoticeState.CLOSED:
        raise Conflict(NOTICE_CLOSED)
    if notice.replies.filter(via=Via.LINK, at__gt=now - dt.timedelta(hours=1)).count() >= ANSWERS_AN_HOUR:
        raise Conflict(ANSWERED_TOO_OFTEN)
    wanted = [each for each in told_together(notice) if each.public_id in notices] if notices else [notice]
    if len(wanted) < len(set(notices)):
        raise InvalidInput(ANSWER_MISSING)
    replies = [answer_notice(each.pk, action, reason, now, comment=comment) for each in wanted]
    return replies[0]


@transaction.atomic
def answer_notice(
    pk: int,
    action: str,
    reason: str,
    now: dt.datetime,
    *,
    comment: str = "",
    via: str = Via.LINK,
    by: User | None = None,
) -> Reply:
    """Keep a provider's answer: ``removed``, ``not_ours`` or ``push_back`` with a reason of R51.

    "Removed" and "already gone" bring the next check forward; a push-back waits on the desk for a person. The same
    answer twice is kept once. Raises InvalidInput for an action or reason that does not exist.
    """
    notice = Notice.objects.select_for_update().get(pk=pk)
    try:
        wanted = Action(action)
        objection = push_back_reason(wanted, reason)
    except ValueError:
        raise InvalidInput(ANSWER_MISSING) from None
    comment = comment.replace("\x00", "").strip()[:COMMENT_LIMIT]
    same = notice.replies.filter(action=wanted, comment=comment, at__gt=now - dt.timedelta(hours=1)).first()
    if same is not None and (objection is None or notice.push_backs.filter(reason=objection, outcome="open").exists()):
        return same
    if notice.unreached:  # it came back, it seemed: whoever answers has it
        notice.unreached = ""
        notice.save(update_fields=["unreached"])
    was_checked = _has_brought_a_check(notice, now)
    reply = Reply.objects.create(notice=notice, action=wanted, comment=comment, at=now, via=via, by=by)
    details = {"action": wanted.value, "reason": objection.value if objection else "", "via": str(via)}
    record("notice.answered", notice.public_id, actor=by, label="provider", details=details, at=now)
    if objection is not None:
        _push_back(notice, objection, comment, now)
    if objection in (None, PushBackReason.ALREADY_GONE) and not was_checked:
        urls = list(notice.urls.exclude(state__in=DONE_WITH))
        recheck_wanted.announce(RecheckWanted(urls, now))
    return reply


def _has_brought_a_check(notice: Notice, now: dt.datetime) -> bool:
    """Whether the same word brought one within the last hour."""
    lately = now - CHECK_EVERY
    gone = notice.push_backs.filter(reason=PushBackReason.ALREADY_GONE, made_at__gt=lately)
    return notice.replies.filter(action=Action.REMOVED, at__gt=lately).exists() or gone.exists()


def _push_back(notice: Notice, reason: PushBackReason, comment: str, now: dt.datetime) -> None:
    row, created = PushBack.objects.get_or_create(
        notice=notice,
        reason=reason,
        outcome=PushBackOutcome.OPEN,
        defaults={"made_at": now, "comment": comment, "answer_by": answer_by(now)},
    )
    if created and reason == PushBackReason.NOT_OURS:
        ToLookUp.objects.create(push_back=row)
    if not created and comment and comment not in row.comment:
        row.comment = f"{row.comment}\n\n{comment}".strip()[: 4 * COMMENT_LIMIT]
        row.save(update_fields=["comment"])
