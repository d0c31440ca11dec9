"""Doubts: a worker died, or heard no answer, after the step by which the other side may have the message (ADR 0005).

What a channel can do about one is its ``Doubt``. By ``REPEAT`` it goes out once more under the same key. By ``JOURNAL``
and ``ASK`` it is concluded: what the other side has was sent, what it has not is sent again. That something is missing
is believed only of a source that shows that it works: a later copy came, or a message known to be there is found too.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.notify.notices.errors import ChannelFailed
from orbweaver.notify.notices.messages import NEVER_HAD, NOTHING_FOUND_THERE, WORKER_ENDED
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.rules import OutboxState
from orbweaver.notify.notices.sending import once
from orbweaver.notify.notices.sending.channels import CHANNELS, AskingSession, Channel, Doubt, Taken
from orbweaver.notify.notices.sending.occasions import keep_taken, tell_notice
from orbweaver.notify.notices.sending.settings import SendingSettings
from orbweaver.platform.shared_clock import shared_now

logger = logging.getLogger(__name__)

BATCH = 100
"""Doubts that one round looks at, by channel."""


def conclude_at(doubt: Doubt) -> dt.datetime | None:
    """Real time from which a message that now leaves may be taken for missing; None where that is never known."""
    wait = dt.timedelta(minutes=SendingSettings.current().journal_wait_minutes)
    return {Doubt.REPEAT: shared_now(), Doubt.JOURNAL: shared_now() + wait, Doubt.ASK: shared_now() + wait}.get(doubt)


def expire_sending(now: dt.datetime) -> int:
    """Conclude what a dead worker left in ``sending``: sent once more, or uncertain; returns how many are uncertain."""
    dead = once.left_behind(OutboxMessage.objects.all())
    return sum(_conclude_dead(message, now) for message in dead[:BATCH])


@transaction.atomic(durable=True)
def _conclude_dead(message: OutboxMessage, now: dt.datetime) -> int:
    repeated = message.channel in CHANNELS and CHANNELS[message.channel]().doubt is Doubt.REPEAT
    state = OutboxState.FAILED if repeated else OutboxState.UNCERTAIN
    changed = once.conclude_left_behind(OutboxMessage.objects.all(), message, state, reason=WORKER_ENDED)
    if changed and not repeated:
        tell_notice(message, OutboxState.UNCERTAIN, now)
    return 0 if repeated else changed


def conclude_doubts(now: dt.datetime) -> int:
    """Conclude what can be now; returns how many were. Must run outside any transaction: it may ask others."""
    concluded = 0
    for name, kind in CHANNELS.items():
        uncertain = OutboxMessage.objects.filter(channel=name, state=OutboxState.UNCERTAIN)
        if uncertain.exists():
            concluded += _conclude_channel(kind(), uncertain, now)
    return concluded


def _conclude_channel(channel: Channel, uncertain: QuerySet[OutboxMessage], now: dt.datetime) -> int:
    came = uncertain.filter(journalled_at__isnull=False)
    concluded = sum(conclude_by_copy(message.pk, now) for message in came.only("pk")[:BATCH])
    if channel.doubt is Doubt.JOURNAL:
        return concluded + _conclude_by_silence(uncertain.filter(conclude_at__lte=shared_now()))
    if channel.doubt is Doubt.ASK and not channel.why_not():
        return concluded + _conclude_by_asking(channel, uncertain.filter(conclude_at__lte=shared_now()), now)
    return concluded


def _conclude_by_silence(due: QuerySet[OutboxMessage]) -> int:
    """Missing is what no copy came of although that of a message which left later did: until then the journal may be
    broken. That of an earlier one shows nothing: after a pause copies are read one by one, in the order they came in.
    """
    if not due.exists():
        return 0
    came = OutboxMessage.objects.filter(journalled_at__isnull=False, conclude_at__isnull=False)
    newest = came.order_by("-conclude_at").first()
    if newest is None:
        return 0
    missing = due.filter(conclude_at__lt=newest.conclude_at).filter(conclude_at__lt=newest.journalled_at)
    return sum(_send_again(message) for message in missing[:BATCH])


def _conclude_by_asking(channel: Channel, due: QuerySet[OutboxMessage], now: dt.datetime) -> int:
    """Ask the other side for each message by its key; for an address where that fails, later again."""
    concluded = 0
    with channel.session() as session:
        assert isinstance(session, AskingSession)
        for address in list(due.values_list("address", flat=True).distinct()):
            there = due.filter(address=address)
            try:
                for message in list(there[:BATCH]):
                    concluded += _conclude_asked(session, message, now)
            except ChannelFailed as error:
                logger.warning("What became of reports in doubt could not be asked: %s", error.reason)
                there.update(conclude_at=conclude_at(Doubt.ASK))
    return concluded


def _conclude_asked(session: AskingSession, message: OutboxMessage, now: dt.datetime) -> int:
    """1 if it is concluded. Raises ChannelFailed when the other side's word cannot be relied on."""
    found = session.find(message.address, message.occasion)
    if found is not None:
        return _arrived(message.pk, now, (OutboxState.UNCERTAIN,), [found])
    known = (
        OutboxMessage.objects.filter(channel=message.channel, address=message.address, state=OutboxState.SENT)
        .order_by("-pk")
        .values_list("occasion", flat=True)
        .first()
    )
    if known is None or session.find(message.address, known) is None:
        raise ChannelFailed(NOTHING_FOUND_THERE)
    return _send_again(message)


@transaction.atomic(durable=True)
def _send_again(message: OutboxMessage) -> int:
    """The other side never had it. What a later message covers stays unsent."""
    covered = OutboxMessage.objects.filter(notice=message.notice_id, push_back=None, number__gt=message.number).exists()
    state = OutboxState.CANCELLED if covered and message.push_back_id is None else OutboxState.FAILED
    doubtful = OutboxMessage.objects.filter(
        pk=message.pk, state=OutboxState.UNCERTAIN, conclude_at=message.conclude_at, journalled_at=None
    )
    changed = doubtful.update(state=state, reason=NEVER_HAD, retry_at=None)
    if changed and state is OutboxState.FAILED and message.push_back_id is None:
        Notice.objects.filter(pk=message.notice_id).update(remind_at=None)
    return changed


def conclude_by_copy(pk: int, now: dt.datetime) -> int:
    """A copy of this message came, so the mail server has it; 1 if that was not known yet."""
    return _arrived(pk, now, (OutboxState.UNCERTAIN, OutboxState.FAILED, OutboxState.QUEUED))


@transaction.atomic
def _arrived(pk: int, now: dt.datetime, doubtful: Collection[OutboxState], taken: Sequence[Taken] = ()) -> int:
    message = OutboxMessage.objects.select_for_update().get(pk=pk)
    if message.state not in doubtful:
        return 0
    message.state, message.reason, message.lease_until = OutboxState.SENT.value, None, None
    message.sent_at = message.left_at or now
    message.save(update_fields=["state", "reason", "lease_until", "sent_at"])
    keep_taken(message, taken)
    tell_notice(message, OutboxState.SENT, now)
    return 1
