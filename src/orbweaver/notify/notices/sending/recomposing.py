"""Drafts: messages composed before the hotline had said who it is. They are composed anew just before they leave."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from orbweaver.errors import Message
from orbweaver.notify.notices.letters.answer import compose_answer
from orbweaver.notify.notices.letters.compose import compose
from orbweaver.notify.notices.messages import PLACEHOLDERS_LEFT
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.routing.drafting import letter_for
from orbweaver.notify.notices.routing.steps import live_rows
from orbweaver.notify.notices.rules import WAITING
from orbweaver.people.settings import HotlineSettings


def not_leaving() -> Message | None:
    """Why no letter leaves now; None when they do."""
    gaps = HotlineSettings.current().letter_gaps
    if not gaps:
        return None
    return PLACEHOLDERS_LEFT.of(settings=", ".join(gaps))


@transaction.atomic
def compose_anew(message: OutboxMessage, now: dt.datetime) -> None:
    """Put the bytes of a claimed draft right, in place; the occasion stays the same."""
    if not message.is_draft:
        return
    if message.push_back is not None and message.contact is not None:
        message.raw = compose_answer(message.push_back, message.contact, message.occasion, now)
        message.message_id = f"<{message.occasion}@{HotlineSettings.current().hotline_domain}>"
    else:
        notice = Notice.objects.select_related("provider", "parent__provider").get(pk=message.notice_id)
        notice.contact, notice.occasions = message.contact, message.number
        letter = letter_for(notice, live_rows(notice), now)
        message.raw, message.message_id = compose(letter).raw, letter.message_id
    message.is_draft = False
    OutboxMessage.objects.filter(pk=message.pk, lease=message.lease, state__in=WAITING).update(
        raw=message.raw, message_id=message.message_id, is_draft=False
    )
