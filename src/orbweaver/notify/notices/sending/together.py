"""What goes together: all that waits for the same contact leaves as one mail (R48), carried by one row of the outbox.

Each notice keeps its occasion, and what becomes of the mail becomes of each. The first notice to a contact leaves at
once; further first ones wait for one another while a message left for it not long ago, and take with them what else
waits. What belongs to something that the contact was just told of waits a shorter time (``routing.ranking``): so a
neighbour named at a verdict follows the first picture of its page within minutes, and a provider has a mail every few
minutes at the most. Reminders come to a contact once in the shortest interval (``reminders``).
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from orbweaver.notify.notices.letters.letter import Letter
from orbweaver.notify.notices.models import OutboxMessage
from orbweaver.notify.notices.rules import LEFT, MAX_URLS, WAITING, Rank
from orbweaver.notify.notices.sending import once
from orbweaver.notify.notices.sending.channels import CHANNELS
from orbweaver.notify.notices.sending.recomposing import compose_for_all, letter_of
from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.platform.shared_clock import shared_now

logger = logging.getLogger(__name__)

LEASE_S = 15.0
"""Real seconds after which a worker that has not renewed its lease is taken for dead."""


def lease_until() -> dt.datetime:
    """The end of a lease that is taken or renewed now, by the clock that machines share."""
    return shared_now() + dt.timedelta(seconds=LEASE_S)


def joining_channels() -> list[str]:
    """Channels whose messages go together; none where the settings want a mail for each notice."""
    if not NoticeSettings.current().notice_together:
        return []
    return [name for name, kind in CHANNELS.items() if kind.joins]


def waiting() -> QuerySet[OutboxMessage]:
    """What nobody has and may be tried now."""
    return OutboxMessage.objects.filter(once.free(), state__in=WAITING)


def may_go(rows: QuerySet[OutboxMessage], now: dt.datetime) -> QuerySet[OutboxMessage]:
    """Without first notices to contacts that were written to within the time in which they wait for one another."""
    settings, names = NoticeSettings.current(), joining_channels()
    minutes = settings.notice_gather_minutes
    if not names or not minutes:
        return rows
    waits = {Rank.FIRST: minutes, Rank.RELATED: min(minutes, settings.notice_gather_related_minutes)}
    for rank, each in waits.items():
        just_told = OutboxMessage.objects.filter(
            contact=OuterRef("contact"), left_at__gt=now - dt.timedelta(minutes=each), state__in=LEFT, push_back=None
        )
        rows = rows.exclude(Exists(just_told), channel__in=names, number=0, push_back=None, rank=rank)
    return rows


@transaction.atomic(durable=True)
def take_along(message: OutboxMessage) -> list[OutboxMessage]:
    """Claim what else waits for the contact of a claimed message, up to the addresses that one mail takes."""
    if message.channel not in joining_channels() or message.contact_id is None or message.push_back_id is not None:
        return []
    rows = waiting().filter(channel=message.channel, contact=message.contact_id, address=message.address)
    rows = rows.filter(push_back=None).exclude(pk=message.pk).exclude(notice=message.notice_id)
    # what must be looked up before it leaves would hold news back (R74)
    rows = rows.filter(rank=Rank.NEWS) if message.rank == Rank.NEWS else rows.exclude(rank=Rank.NEWS)
    found = list(
        rows.select_for_update(skip_locked=True, of=("self",))
        .select_related("contact")
        .order_by("rank", "pk")[:MAX_URLS]
    )
    taken, free = [], MAX_URLS - message.notice.urls.count()
    for row in found:
        count = row.notice.urls.count()
        if count <= free:
            taken.append(row)
            free -= count
    OutboxMessage.objects.filter(pk__in=[row.pk for row in taken]).update(
        lease=message.lease, lease_until=lease_until()
    )
    for row in taken:
        row.lease = message.lease
    return taken


def join(message: OutboxMessage, others: Sequence[OutboxMessage], now: dt.datetime) -> list[OutboxMessage]:
    """Make one mail of claimed messages, carried by the first; returns those that go with it.

    Where that fails each goes alone, later: it never keeps the first one back.
    """
    try:
        first = letter_of(message, now)
        letters = [(row, letter_of(row, now)) for row in others]
        fitting = [(row, letter) for row, letter in letters if _goes_with(first, letter)]
        fit = [row for row, _ in fitting]
        compose_for_all(message, fit, [first, *(letter for _, letter in fitting)])
    except Exception as error:
        logger.warning("Message number %d leaves alone: %s", message.pk, type(error).__name__)
        fit = []
    release([row for row in others if row not in fit])
    return fit


def _goes_with(first: Letter, other: Letter) -> bool:
    """Whether two letters are for the same reader; one without addresses has nothing to say any more."""
    same_reader = (first.to_address, first.language, first.reduced) == (other.to_address, other.language, other.reduced)
    return same_reader and bool(first.urls) and bool(other.urls)


def release(rows: Sequence[OutboxMessage]) -> None:
    """Give back what was claimed and does not go."""
    for row in rows:
        OutboxMessage.objects.filter(pk=row.pk, lease=row.lease, state__in=WAITING).update(
            lease_until=None, carried_by=None
        )
