"""What is composed anew before it leaves: drafts of before the hotline had said who it is, joined mails, tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from orbweaver.detect.evidence.archive import is_older
from orbweaver.errors import Message
from orbweaver.notify.notices.letters.answer import compose_answer
from orbweaver.notify.notices.letters.compose import compose
from orbweaver.notify.notices.letters.joining import compose_joined
from orbweaver.notify.notices.letters.letter import Letter
from orbweaver.notify.notices.messages import DATABASE_BROUGHT_BACK, PLACEHOLDERS_LEFT
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.routing.drafting import letter_for
from orbweaver.notify.notices.routing.steps import live_rows
from orbweaver.notify.notices.rules import WAITING, Rank
from orbweaver.people.settings import HotlineSettings


def not_leaving() -> Message | None:
    """Why no letter leaves now; None when they do."""
    if gaps := HotlineSettings.current().letter_gaps:
        return PLACEHOLDERS_LEFT.of(settings=", ".join(gaps))
    return DATABASE_BROUGHT_BACK if is_older() else None


@transaction.atomic
def compose_anew(message: OutboxMessage, now: dt.datetime) -> None:
    """Put the bytes of a claimed message right, in place; the occasion stays the same.

    A draft is one, and a mail that was to carry others which do not wait with it any more.
    """
    parted = OutboxMessage.objects.filter(carried_by=message.pk).update(carried_by=None)
    if not message.is_draft and not parted and message.carried_by_id is None:
        return
    write_anew(message, now)
    _keep(message)


def write_anew(message: OutboxMessage, now: dt.datetime) -> None:
    """The words of a message as they read now, in place; nothing is saved."""
    if message.push_back is not None and message.contact is not None:
        message.raw = compose_answer(message.push_back, message.contact, message.occasion, now)
        message.message_id = f"<{message.occasion}@{HotlineSettings.current().hotline_domain}>"
    else:
        letter = letter_of(message, now)
        message.raw, message.message_id = compose(letter).raw, letter.message_id
        message.duties_version, message.cadence_version = letter.duties_version, letter.cadence_version


@transaction.atomic
def compose_for_all(message: OutboxMessage, others: Sequence[OutboxMessage], letters: Sequence[Letter]) -> None:
    """Put the bytes of one mail into the message that carries the others; ``letters`` are theirs, its own first.

    Their own bytes stay as they were composed: what the mail says of their notice. Raises XarfInvalid.
    """
    if not others:
        return
    message.raw, message.message_id = compose_joined(letters).raw, letters[0].message_id
    _keep(message)
    OutboxMessage.objects.filter(carried_by=message.pk).update(carried_by=None)
    mine = OutboxMessage.objects.filter(pk__in=[row.pk for row in others], lease=message.lease, state__in=WAITING)
    mine.update(carried_by=message, is_draft=False)


def letter_of(message: OutboxMessage, now: dt.datetime) -> Letter:
    """The letter of a message as it reads now: about what is still there."""
    notice = Notice.objects.select_related("provider", "parent__provider").get(pk=message.notice_id)
    notice.contact, notice.occasions = message.contact, message.number
    brings_news = message.number > 0 and message.rank != Rank.REMINDER
    return replace(letter_for(notice, live_rows(notice), now), newly_identified=brings_news)


def _keep(message: OutboxMessage) -> None:
    message.is_draft, message.carried_by = False, None
    OutboxMessage.objects.filter(pk=message.pk, lease=message.lease, state__in=WAITING).update(
        raw=message.raw,
        message_id=message.message_id,
        duties_version=message.duties_version,
        cadence_version=message.cadence_version,
        is_draft=False,
        carried_by=None,
    )
