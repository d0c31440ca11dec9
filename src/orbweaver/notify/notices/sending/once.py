"""How a message leaves exactly once, whatever table it stands in: claimed, on its way, and what became of it (ADR 5).

The outbox of notices and the letters that ask companies to keep something are such tables (``LeavesOnce``). A worker
claims a row under a lease; ``sending`` is committed just before the channel's point of no return (``hand_over`` calls
it); what became of the message is written while the lease is the worker's own. What a table does besides, in the same
transaction, is its own.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, Q, QuerySet

from orbweaver.errors import Message
from orbweaver.notify.notices.errors import ChannelFailed, DeliveryUncertain, ForAPerson, LeaseOver
from orbweaver.notify.notices.messages import LEASE_OVER
from orbweaver.notify.notices.models.leaving import LeavesOnce
from orbweaver.notify.notices.rules import WAITING, OutboxState, backoff_s
from orbweaver.notify.notices.sending.channels.protocol import Outgoing, Session, Taken
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.shared_clock import shared_now

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=LeavesOnce)


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a message that was handed over; ``failure`` and ``taken`` as the channel said them."""

    state: OutboxState
    reason: Message | None = None
    failure: ChannelFailed | None = None
    taken: Sequence[Taken] = ()


def free() -> Q:
    """What no living worker has, and whose pause is over."""
    real = shared_now()
    rested = Q(retry_at__isnull=True) | Q(retry_at__lte=real)
    return rested & (Q(lease_until__isnull=True) | Q(lease_until__lte=real))


def claim(rows: QuerySet[Row], until: dt.datetime) -> Row | None:
    """Take the first of these rows for this worker, in the caller's transaction; ``until``: the end of the lease."""
    found = rows.select_for_update(skip_locked=True, of=("self",)).select_related("contact").first()
    if found is None:
        return None
    found.lease, found.lease_until = uuid.uuid4(), until
    found.save(update_fields=["lease", "lease_until"])
    return found


def outgoing(row: LeavesOnce, key: str, contact: str) -> Outgoing:
    """The message as its channel takes it."""
    sender = HotlineSettings.current().hotline_contact
    return Outgoing(sender, row.address, row.message_id, bytes(row.raw), key, contact)


def hand_over(session: Session, message: Outgoing, before_commit: Callable[[], None]) -> Became | None:
    """Hand it to the channel; None where another worker has it by now, and nothing was sent.

    A worker that dies before ``before_commit`` has committed leaves a row that waits; one that dies later, ``sending``.
    """
    try:
        taken = session.deliver(message, before_commit)
    except LeaseOver:
        logger.warning("Another worker took over %s; nothing was sent twice.", message.key or message.message_id)
        return None
    except ForAPerson:
        return Became(OutboxState.BY_HAND)
    except DeliveryUncertain as error:
        return Became(OutboxState.UNCERTAIN, error.reason)
    except ChannelFailed as error:
        state = OutboxState.REFUSED if error.permanent else OutboxState.FAILED
        return Became(state, error.reason, error)
    return Became(OutboxState.SENT, taken=taken)


def set_sending(rows: QuerySet[Row], lease: uuid.UUID | None, count: int, until: dt.datetime, **facts: Any) -> None:
    """The change before the point of no return, which the caller commits. Raises LeaseOver where not all ``count`` of
    these rows are this worker's any more, or one of them is not to be sent."""
    mine = rows.filter(lease=lease, state__in=WAITING)
    if mine.update(state=OutboxState.SENDING, lease_until=until, **facts) != count:
        raise LeaseOver(LEASE_OVER)


def conclude(rows: QuerySet[Row], row: Row, state: str, retry_at: dt.datetime | None, **facts: Any) -> int:
    """Write down what became of a message, with ``facts`` of its table; 1 if it was still this worker's to say.

    A worker that was slow but alive may say what others took for uncertain meanwhile: its lease is its own.
    """
    sayable: Collection[OutboxState] = (*WAITING, OutboxState.SENDING, OutboxState.UNCERTAIN)
    ours = rows.filter(pk=row.pk, lease=row.lease, state__in=sayable)
    return ours.update(state=state, attempts=F("attempts") + 1, retry_at=retry_at, lease_until=None, **facts)


def again_at(attempts: int) -> dt.datetime:
    """When what failed so many times is tried again, in real time."""
    return shared_now() + dt.timedelta(seconds=backoff_s(attempts))


def left_behind(rows: QuerySet[Row]) -> QuerySet[Row]:
    """What was on its way when its worker died: the other side may have it."""
    return rows.filter(state=OutboxState.SENDING, lease_until__lte=shared_now())


def conclude_left_behind(rows: QuerySet[Row], row: Row, state: str, **facts: Any) -> int:
    """Say what a dead worker did not; 0 where it came back to life since the row was read."""
    dead = left_behind(rows).filter(pk=row.pk, lease=row.lease)
    return dead.update(state=state, attempts=F("attempts") + 1, retry_at=None, lease_until=None, **facts)
