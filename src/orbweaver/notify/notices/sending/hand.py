"""What a person sends: by a provider's web form, telephone, fax or chat. Nothing is told before they say that it was.

A message that waits here was looked over like any other before it leaves. It goes from ``by_hand`` to ``sent``, at the
time that the person gives, or to ``refused`` where the form or number takes nothing: then the next contact is tried.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.messages import MAY_NOT_DECIDE, NOT_BY_HAND, NOT_TAKEN_BY_HAND, SENT_WHEN
from orbweaver.notify.notices.models import OutboxMessage, SubmittedReport
from orbweaver.notify.notices.routing.steps import live_rows
from orbweaver.notify.notices.rules import Fate, OutboxState
from orbweaver.notify.notices.sending.occasions import tell_notice
from orbweaver.notify.notices.sending.recomposing import write_anew
from orbweaver.notify.notices.sending.undelivered import take_refusal
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record

MINUTE = dt.timedelta(minutes=1)
"""Times are given by the minute."""
REFERENCE_LIMIT = 80


@dataclass(frozen=True)
class Words:
    """What is filled into a form, each field apart. ``body`` holds the exact addresses as well, at its end."""

    subject: str
    urls: tuple[str, ...]
    body: str


def to_send_by_hand() -> QuerySet[OutboxMessage]:
    """What waits for a person, the oldest first."""
    rows = OutboxMessage.objects.filter(state=OutboxState.BY_HAND)
    return rows.select_related("notice__provider", "contact").order_by("created_at", "pk")


def words_of(message: OutboxMessage) -> Words:
    """The words of a message, as they are filled in."""
    parts = parts_of(bytes(message.raw))
    urls = tuple(dict.fromkeys(str(each["url"]) for each in parts.reports))
    body = "\n".join([parts.text.strip(), *urls])
    return Words(parts.subject, urls, f"{body}\n")


@transaction.atomic
def words_now(occasion: str, now: dt.datetime) -> Words:
    """The words of what waits, written anew for whoever fills them in now, and kept: the time by which they ask to act
    lies ahead however long it waited, and what is gone meanwhile is not named.

    Raises InvalidInput for what does not wait any more.
    """
    rows = OutboxMessage.objects.select_for_update(of=("self",)).select_related("notice", "contact", "push_back")
    message = rows.filter(occasion=occasion, state=OutboxState.BY_HAND).first()
    if message is None:
        raise InvalidInput(NOT_BY_HAND)
    if message.push_back is not None or live_rows(message.notice):
        write_anew(message, now)
        message.save(update_fields=["raw", "message_id"])
    return words_of(message)


@transaction.atomic
def say_sent(
    occasion: str, by: User, now: dt.datetime, *, at: dt.datetime | None = None, reference: str = ""
) -> OutboxMessage:
    """It was sent by hand, ``at`` that time (now, if none is given), and they gave this reference: the clock starts.

    Raises NotAllowed, or InvalidInput for what does not wait any more and for a time that cannot be.
    """
    message = _waiting(occasion, by)
    sent_at = at or now
    if not message.created_at - MINUTE <= sent_at <= now + MINUTE:
        raise InvalidInput(SENT_WHEN)
    message.sent_at = message.left_at = min(max(sent_at, message.created_at), now)
    message.sent_by, message.reason = by, None
    _close(message, OutboxState.SENT)
    reference = reference.strip()[:REFERENCE_LIMIT]
    if reference:
        SubmittedReport.objects.get_or_create(
            key=message.occasion, defaults={"message": message, "remote_id": reference}
        )
    tell_notice(message, OutboxState.SENT, now)
    details = {"occasion": message.number, "channel": message.channel, "sent_at": message.sent_at.isoformat()}
    record("notice.sent_by_hand", message.notice.public_id, actor=by, details=details, at=now)
    return message


@transaction.atomic
def say_not_taken(occasion: str, by: User, now: dt.datetime) -> OutboxMessage:
    """It could not be sent this way: the form is gone, nobody picks up. The next contact is tried, at once.

    Raises NotAllowed, or InvalidInput for what does not wait any more.
    """
    message = _waiting(occasion, by)
    message.reason = NOT_TAKEN_BY_HAND
    _close(message, OutboxState.REFUSED)
    tell_notice(message, OutboxState.REFUSED, now)
    take_refusal(message, "", Fate.HARD, now)
    details = {"occasion": message.number, "channel": message.channel}
    record("notice.not_taken_by_hand", message.notice.public_id, actor=by, details=details, at=now)
    return message


def _waiting(occasion: str, by: User) -> OutboxMessage:
    if not by.may(Permission.NOTICE_CONTROL):
        raise NotAllowed(MAY_NOT_DECIDE)
    rows = OutboxMessage.objects.select_for_update(of=("self",)).select_related("notice", "contact")
    message = rows.filter(occasion=occasion, state=OutboxState.BY_HAND).first()
    if message is None:
        raise InvalidInput(NOT_BY_HAND)
    return message


def _close(message: OutboxMessage, state: OutboxState) -> None:
    message.state, message.retry_at, message.lease_until = state.value, None, None
    message.save(update_fields=["state", "reason", "sent_at", "left_at", "sent_by", "retry_at", "lease_until"])
