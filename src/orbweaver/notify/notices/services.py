"""Verbs of notices, in one place for those who call them."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from orbweaver.errors import NotAllowed
from orbweaver.notify.notices.answers.hearing import record_by_hand, say_meaning
from orbweaver.notify.notices.answers.push_backs import ask_for_review, decide_push_back, path_of
from orbweaver.notify.notices.answers.replies import (
    answer,
    answer_notice,
    of_one_mail,
    read_answer_token,
    still_open,
    told_beside,
    told_together,
)
from orbweaver.notify.notices.messages import MAY_NOT_PAUSE
from orbweaver.notify.notices.models import SendingSwitch
from orbweaver.notify.notices.routing.holding import hold, lift, release_held
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.notices.routing.origins import note_origin
from orbweaver.notify.notices.routing.previews import (
    NoticePreview,
    Told,
    preview,
    preview_for_item,
    preview_in,
    preview_message,
    told_about_item,
)
from orbweaver.notify.notices.routing.referring import follow_up_referrals
from orbweaver.notify.notices.sending.channels.webhook import WebhookChannel, webhook_secret
from orbweaver.notify.notices.sending.hand import (
    say_not_taken,
    say_sent,
    to_send_by_hand,
    words_now,
    words_of,
)
from orbweaver.notify.notices.sending.outbox import is_paused, send_due
from orbweaver.notify.notices.sending.reminders import queue_reminders
from orbweaver.notify.notices.sending.uncertain import expire_sending
from orbweaver.notify.notices.url_states import (
    confirm_removal,
    mark_answering,
    mark_gone_once,
    mark_moved,
    mark_offline,
    mark_reappeared,
    mark_still_there,
)
from orbweaver.notify.providers.models import Contact, Provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record

__all__ = [
    "NoticePreview",
    "Told",
    "answer",
    "answer_notice",
    "ask_for_review",
    "confirm_removal",
    "decide_push_back",
    "expire_sending",
    "follow_up_referrals",
    "hold",
    "is_paused",
    "issue_notices",
    "lift",
    "mark_answering",
    "mark_gone_once",
    "mark_moved",
    "mark_offline",
    "mark_reappeared",
    "mark_still_there",
    "note_origin",
    "of_one_mail",
    "path_of",
    "preview",
    "preview_for_item",
    "preview_in",
    "preview_message",
    "queue_reminders",
    "read_answer_token",
    "record_by_hand",
    "release_held",
    "say_meaning",
    "say_not_taken",
    "say_sent",
    "send_due",
    "set_paused",
    "show_webhook_secrets",
    "still_open",
    "to_send_by_hand",
    "told_about_item",
    "told_beside",
    "told_together",
    "words_now",
    "words_of",
]


@transaction.atomic
def set_paused(paused: bool, reason: str, by: User | None, now: dt.datetime) -> None:
    """Stop or resume all sending. Notices are made all the same and wait; nothing is lost. Raises NotAllowed.

    ``by`` None is the operator at the machine's own command line.
    """
    if by is not None and not by.may(Permission.NOTICE_CONTROL):
        raise NotAllowed(MAY_NOT_PAUSE)
    SendingSwitch.objects.update_or_create(
        pk=1, defaults={"paused": paused, "reason": reason.strip()[:300], "changed_by": by, "changed_at": now}
    )
    record("notices.paused" if paused else "notices.resumed", "notices", actor=by, at=now)


@transaction.atomic
def show_webhook_secrets(provider: Provider, now: dt.datetime) -> list[tuple[Contact, str]]:
    """The active webhooks of a provider with their secrets, for the operator; that they were shown is kept."""
    rows = list(provider.contacts.filter(channel=WebhookChannel.name, active=True).order_by("pk"))
    for row in rows:
        record("provider.webhook_secret_shown", row.public_id, at=now)
    return [(row, webhook_secret(row.public_id)) for row in rows]
