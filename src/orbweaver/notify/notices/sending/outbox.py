"""The outbox: each message leaves once for its occasion, however often anything crashes (ADR 0005).

A message goes ``queued → sending → sent``; ``queued → by_hand → sent`` where a person hands it over (``hand``).
``sending`` is committed just before the channel's point of no return, so a worker that dies earlier leaves ``queued``
(the other side has nothing; it is sent again) and one that dies later leaves ``sending`` until its lease runs out. What
then happens is the channel's ``Doubt``: where the other side knows a message again by its key it is sent once more,
under the same key; where a copy comes back or the other side can be asked it is ``uncertain`` until that concludes it
(``doubts``); else it stays ``uncertain``, is never sent again for this occasion, the desk shows it, and the next
reminder, an occasion of its own, covers it.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.errors import Message, message_of
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed
from orbweaver.notify.notices.messages import CHANNEL_DOWN, PAUSED
from orbweaver.notify.notices.models import NoticeUrl, OutboxMessage, SendingSwitch
from orbweaver.notify.notices.routing.rerouting import may_leave
from orbweaver.notify.notices.routing.settings import RoutingSettings
from orbweaver.notify.notices.rules import DONE_WITH, WAITING, Fate, OutboxState, Rank, fate_of_failure
from orbweaver.notify.notices.sending import once
from orbweaver.notify.notices.sending.channels import CHANNELS, Channel, Doubt, Outgoing, Session, Taken
from orbweaver.notify.notices.sending.occasions import keep_taken, tell_notice
from orbweaver.notify.notices.sending.recomposing import compose_anew, not_leaving
from orbweaver.notify.notices.sending.settings import SendingSettings
from orbweaver.notify.notices.sending.together import join, lease_until, may_go, take_along, waiting
from orbweaver.notify.notices.sending.uncertain import conclude_at, conclude_doubts, expire_sending
from orbweaver.notify.notices.sending.undelivered import take_refusal
from orbweaver.platform.shared_clock import shared_now
from orbweaver.platform.steps import about

logger = logging.getLogger(__name__)

TRIES_AT_LEAST = 5
"""Tries before a message that is put off again and again counts as refused: a pause of ours is not held against it."""

HEARTBEAT_S = 3.0
"""Real seconds between renewals by a living worker."""


Mail: TypeAlias = list[OutboxMessage]
"""What leaves at once: the message that has the bytes, then those that it carries."""


@dataclass
class Sent:
    """What one round did: messages by what became of them; ``waiting_for`` says why what waits could not leave."""

    sent: int = 0
    failed: int = 0
    refused: int = 0
    uncertain: int = 0
    waiting_for: list[Message] = field(default_factory=list)


def is_paused() -> bool:
    """Whether the site-wide pause is on."""
    return SendingSwitch.objects.filter(paused=True).exists()


def send_due(read_clock: Callable[[], dt.datetime], limit: int = 100) -> Sent:
    """Send what waits, once. See ``Sender``, which a worker keeps so that it can renew its leases meanwhile."""
    return Sender(read_clock).send_due(limit)


class Sender:
    """Sends one message after another. ``read_clock`` gives domain time at each sending; ``stop`` is asked between.

    ``ranks``: what it sends; a worker has one for news (R74) that never waits for what the other has in hand.
    """

    def __init__(
        self,
        read_clock: Callable[[], dt.datetime],
        stop: Callable[[], bool] = lambda: False,
        ranks: Collection[Rank] = tuple(Rank),
    ) -> None:
        self._read_clock = read_clock
        self._stop = stop
        self._ranks = ranks
        self._held: OutboxMessage | None = None

    def send_due(self, limit: int = 100) -> Sent:
        """Send what waits, up to ``limit`` messages a channel, first notices before reminders.

        Must run outside any transaction: each step commits by itself.
        """
        result = Sent()
        if Rank.FIRST in self._ranks:  # one of the two is enough
            result.uncertain += expire_sending(self._read_clock())
            conclude_doubts(self._read_clock())
        reason = PAUSED if is_paused() else not_leaving()
        if reason:
            result.waiting_for.append(reason)
            return result
        if not self._waiting().exists():
            return result
        if Rank.NEWS in self._ranks:
            self._look_briefly()
        for name, kind in CHANNELS.items():
            if not self._waiting().filter(channel=name).exists():
                continue
            channel = kind()
            missing = channel.why_not()
            if missing:
                result.waiting_for.append(message_of(missing))
            else:
                self._send_over(name, channel, limit, result)
        return result

    def renew(self) -> None:
        """Say that the message in hand is still ours. Called from another thread, every ``HEARTBEAT_S``."""
        held = self._held
        if held is not None:
            leased = OutboxMessage.objects.filter(lease=held.lease, lease_until__isnull=False)
            leased.update(lease_until=lease_until())

    def _waiting(self) -> QuerySet[OutboxMessage]:
        return waiting().filter(rank__in=self._ranks)

    def _look_briefly(self) -> None:
        from orbweaver.notify.notices.routing.lookup import look_briefly  # loads HTTP clients

        news = waiting().filter(rank=Rank.NEWS).values("notice")
        rows = NoticeUrl.objects.filter(notice__in=news).exclude(state__in=DONE_WITH)
        look_briefly(rows.values_list("host", flat=True).distinct(), self._read_clock())

    def _send_over(self, name: str, channel: Channel, limit: int, result: Sent) -> None:
        with channel.session() as session:
            for _ in range(limit):
                self._held = None if self._stop() or is_paused() else _claim(self._waiting(), name, self._read_clock())
                if self._held is None:
                    return
                try:
                    if not may_leave(self._held, self._read_clock()):
                        continue
                    with about(partial(_notice_of, self._held)):
                        mail = self._joined(self._held)
                        _deliver(mail, channel.doubt, session, self._read_clock, result)
                except ChannelDown as error:
                    result.waiting_for.append(CHANNEL_DOWN.of(name=name, reason=error.reason))
                    return
                finally:
                    self._held = None

    def _joined(self, message: OutboxMessage) -> Mail:
        """A claimed message with what goes with it, as one mail; its bytes are right when it leaves."""
        others = [row for row in take_along(message) if may_leave(row, self._read_clock())]
        fit = join(message, others, self._read_clock()) if others else []
        if not fit:
            compose_anew(message, self._read_clock())
        return [message, *fit]


@transaction.atomic(durable=True)
def _claim(rows: QuerySet[OutboxMessage], channel: str, now: dt.datetime) -> OutboxMessage | None:
    """Take the next message: what brings news (R74), then first notices, then reminders in the order they came."""
    free = may_go(rows.filter(channel=channel), now).order_by("rank", "pk")
    return once.claim(free, lease_until())


def _notice_of(message: OutboxMessage) -> str:
    return message.occasion.partition(".")[0]


def _outgoing(message: OutboxMessage) -> Outgoing:
    return once.outgoing(message, message.occasion, message.contact.public_id if message.contact else "")


def _deliver(mail: Mail, doubt: Doubt, session: Session, read_clock: Callable[[], dt.datetime], result: Sent) -> None:
    message = mail[0]
    left_before = message.left_at
    became = once.hand_over(session, _outgoing(message), lambda: _commit_sending(mail, doubt, read_clock()))
    if became is None:
        return
    error, state, now = became.failure, became.state, read_clock()
    if error is not None and doubt is Doubt.REPEAT:
        message.left_at = left_before  # this time the other side did not take it; an earlier time it may have
    if error is not None and _is_put_off_too_long(message, error, now):
        state = OutboxState.REFUSED
    if state is OutboxState.UNCERTAIN and doubt is Doubt.REPEAT:
        state = OutboxState.FAILED  # it is sent once more, under the same key
    refusal = error if state is OutboxState.REFUSED else None
    changed = _record_result(mail, state, became.reason, now, became.taken, refusal)
    _count(result, state, changed)
    if isinstance(error, ChannelDown):
        raise error


def _count(result: Sent, state: OutboxState, changed: int) -> None:
    result.sent += changed if state is OutboxState.SENT else 0
    result.failed += changed if state is OutboxState.FAILED else 0
    result.refused += changed if state is OutboxState.REFUSED else 0
    result.uncertain += changed if state is OutboxState.UNCERTAIN else 0


def _is_put_off_too_long(message: OutboxMessage, error: ChannelFailed, now: dt.datetime) -> bool:
    """Whether the mail server has put this message off for its recipient (4xx) for so long that it is as refused."""
    longest = dt.timedelta(hours=SendingSettings.current().put_off_hours)
    tried = message.attempts + 1 >= TRIES_AT_LEAST
    return 400 <= error.answered < 500 and tried and now - message.created_at >= longest


def _next_try(state: OutboxState, attempts: int) -> dt.datetime:
    """In real time. What a person has to send is only looked at again: its host may have moved meanwhile."""
    if state is OutboxState.BY_HAND:
        return shared_now() + dt.timedelta(minutes=RoutingSettings.current().host_lookup_minutes)
    return once.again_at(attempts)


@transaction.atomic(durable=True)
def _commit_sending(mail: Mail, doubt: Doubt, now: dt.datetime) -> None:
    """The commit before the point of no return. Raises LeaseOver when a message is another's by now, or not to be sent.

    What may have arrived already and is sent again under its key left when it first did.
    """
    message = mail[0]
    rows = OutboxMessage.objects.filter(pk__in=[row.pk for row in mail])
    left = (message.left_at if doubt is Doubt.REPEAT else None) or now
    facts = {"left_at": left, "conclude_at": conclude_at(doubt)}
    once.set_sending(rows, message.lease, len(mail), lease_until(), **facts)
    for row in mail:
        row.left_at = left


@transaction.atomic(durable=True)
def _record_result(
    mail: Mail,
    state: OutboxState,
    reason: Message | None,
    now: dt.datetime,
    taken: Sequence[Taken] = (),
    refusal: ChannelFailed | None = None,
) -> int:
    """Write down what became of a mail, for each message in it; 1 if it was still ours to say, else 0."""
    changed = [_record_one(row, state, reason, now, refusal) for row in mail]
    if changed[0]:
        keep_taken(mail[0], taken)
    return changed[0]


def _record_one(
    message: OutboxMessage,
    state: OutboxState,
    reason: Message | None,
    now: dt.datetime,
    refusal: ChannelFailed | None,
) -> int:
    """The same for one message.

    What was sent was sent when it left, not when the other side's answer was read: a provider may act in between, and
    a check may see that, and the removal must not seem older than the notice.
    """
    attempts = message.attempts + 1
    waits = state in WAITING
    message.sent_at = (message.left_at or now) if state is OutboxState.SENT else None
    facts = {"reason": reason, "left_at": message.left_at, "sent_at": message.sent_at}
    retry_at = _next_try(state, attempts) if waits else None
    changed = once.conclude(OutboxMessage.objects.all(), message, state, retry_at, **facts)
    if changed and not waits:
        tell_notice(message, state, now)
        if refusal is not None and refusal.answered:
            fate = fate_of_failure(refusal.status, refusal.answered) if refusal.permanent else Fate.HARD
            take_refusal(message, refusal.status, fate, now)
    return changed
