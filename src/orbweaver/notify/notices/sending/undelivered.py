"""A message reached nobody: it came back, or the server would not take it for its recipient. What follows from that.

For good: the contact comes after the others, and the next one is written to at once; where none is left, others who
host the places are. What may pass, a full mailbox or a filter, is tried again twice with the same contact first.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from orbweaver.notify.notices.models import Bounce, Notice, OutboxMessage
from orbweaver.notify.notices.routing.reaching import is_anybody_left, tell_past
from orbweaver.notify.notices.rules import DONE_WITH, SOFT_PAUSES, Fate, NoticeState
from orbweaver.notify.notices.sending.occasions import reached_at
from orbweaver.notify.providers.models import Contact
from orbweaver.people.audit.services import record


def weighed(row: OutboxMessage, fate: Fate) -> Fate:
    """What may pass counts as lasting once the same contact has been tried often enough with this notice."""
    if fate is Fate.SOFT and _soft_before(row).count() >= len(SOFT_PAUSES):
        return Fate.HARD
    return fate


def _soft_before(row: OutboxMessage) -> QuerySet[Bounce]:
    return Bounce.objects.filter(
        message__notice=row.notice_id,
        message__contact=row.contact_id,
        message__push_back=None,
        message__number__lt=row.number,
        kind=Bounce.Kind.SOFT,
        doubt="",
    )


def take_refusal(row: OutboxMessage, status: str, fate: Fate, now: dt.datetime) -> None:
    """The mail server would not take it for its recipient: known at once, and nobody else can have said so.

    In the caller's transaction.
    """
    notice = Notice.objects.select_for_update().get(pk=row.notice_id)
    fate = weighed(row, fate)
    Bounce.objects.get_or_create(message=row, kind=fate.value, status=status[:12], doubt="", defaults={"at": now})
    go_on(notice, row, fate, now)


def go_on(notice: Notice, row: OutboxMessage, fate: Fate, now: dt.datetime) -> None:
    """Whom the notice goes to next, and when. In the caller's transaction, with the notice locked."""
    is_hard = fate is Fate.HARD
    if is_hard:
        _mark(row, now)
    if row.push_back_id is not None:
        return
    nobody_left = is_hard and not is_anybody_left(notice)
    notice.reached_at = reached_at(notice)
    if notice.reached_at is None:
        notice.unreached = (Notice.Unreached.NOBODY if nobody_left else Notice.Unreached.NEXT).value
    is_newest = not notice.messages.filter(push_back=None, number__gt=row.number).exists()
    if notice.state == NoticeState.OPEN and is_newest and not nobody_left:
        notice.remind_at = now if is_hard else now + SOFT_PAUSES[min(_soft_before(row).count(), len(SOFT_PAUSES) - 1)]
    notice.save(update_fields=["reached_at", "unreached", "remind_at"])
    if nobody_left and notice.state == NoticeState.OPEN and notice.urls.exclude(state__in=DONE_WITH).exists():
        tell_past(notice, now)


def _mark(row: OutboxMessage, now: dt.datetime) -> None:
    """The contact comes after the others from now on; the registry shows why."""
    if row.contact is None:
        return
    if Contact.objects.filter(pk=row.contact.pk, bounced_at=None).update(bounced_at=now):
        record("provider.contact_bounced", row.contact.public_id, label="mail server", at=now)
