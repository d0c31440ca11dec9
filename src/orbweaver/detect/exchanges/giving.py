"""What we say to suppliers of their entries: queued in the transaction in which somebody here says so, sent once.

A dispute or withdrawal by a person here disputes all hashes of the entry; that it stands again, and a verdict to remove
on the very bytes, confirms. One row a hash: what was said last. It waits a while, as answers are taken back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from django.db import transaction

from orbweaver.detect.exchanges.agreed import under_agreement
from orbweaver.detect.exchanges.credentials import unsealed
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.models import Exchange, Feedback
from orbweaver.detect.exchanges.protocols import protocol_named
from orbweaver.detect.exchanges.protocols.protocol import About
from orbweaver.detect.exchanges.settings import ExchangeSettings
from orbweaver.detect.hashlists.handovers import EntryStateSet
from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.people.audit.services import record

if TYPE_CHECKING:
    from orbweaver.detect.exchanges.calls import Calls

LONGEST_WAIT: Final = dt.timedelta(hours=12)
_LASTING: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.METHOD_NOT_ALLOWED}
)
"""Answers that will be the same tomorrow."""
_CONFIRMS: Final = {
    HashListEntry.State.DISPUTED.value: False,
    HashListEntry.State.WITHDRAWN.value: False,
    HashListEntry.State.ACTIVE.value: True,
}


def hear_of_states(changed: EntryStateSet) -> None:
    """Queue what we said of entries of exchanges. What their supplier said itself it knows."""
    confirms = _CONFIRMS.get(changed.state)
    if changed.said_by or confirms is None:
        return
    hashes = EntryHash.objects.filter(entry__in=list(changed.entries), withdrawn=False)
    queue(hashes, confirms=confirms, reason=changed.reason, now=changed.now)


def confirm(digests: Iterable[tuple[str, bytes]], now: dt.datetime) -> None:
    """A verdict to remove these very bytes: entries of exchanges that have one of these digests, by kind, are right."""
    for kind, value in digests:
        queue(EntryHash.objects.filter(kind=kind, value=value, withdrawn=False), confirms=True, reason="", now=now)


def take_back(digests: Iterable[tuple[str, bytes]]) -> None:
    """The verdict is gone: what it confirmed and has not left yet stays here."""
    for kind, value in digests:
        waiting = Feedback.objects.filter(confirms=True, reason="", state=Feedback.State.WAITING, sent_at=None)
        waiting.filter(kind=kind, entry__hashes__kind=kind, entry__hashes__value=value).delete()


@transaction.atomic
def queue(hashes: Iterable[EntryHash], *, confirms: bool, reason: str, now: dt.datetime) -> int:
    """Queue the same word on hashes, of those that are of exchanges; what was said before is not said again."""
    of_exchanges = EntryHash.objects.filter(
        pk__in=[each.pk for each in hashes], entry__hash_list__exchange__isnull=False, time_s=None
    )
    due = now + dt.timedelta(minutes=ExchangeSettings.current().exchange_feedback_delay_minutes)
    count = 0
    for each in of_exchanges.select_related("entry__hash_list__exchange"):
        exchange = each.entry.hash_list.exchange
        if each.kind in protocol_named(exchange.protocol).feedback_kinds:
            count += _queue(exchange, each, confirms, reason, due)
    return count


def _queue(exchange: Exchange, each: EntryHash, confirms: bool, reason: str, due: dt.datetime) -> int:
    found, is_new = Feedback.objects.get_or_create(
        entry=each.entry,
        kind=each.kind,
        defaults={"exchange": exchange, "confirms": confirms, "reason": reason, "next_at": due},
    )
    if is_new or found.confirms == confirms:
        return int(is_new)
    if found.state == Feedback.State.WAITING and found.sent_at is None and found.tries == 0:
        found.delete()  # nothing left yet: what was said and taken back is nothing
        return 0
    found.confirms, found.reason, found.next_at = confirms, reason, due
    found.state, found.tries, found.problem = Feedback.State.WAITING, 0, None
    found.save()
    return 1


def send_due(now: dt.datetime) -> int:
    """Send what waits, exchange by exchange; returns how many left."""
    waiting = Feedback.objects.filter(state=Feedback.State.WAITING, next_at__lte=now, exchange__paused=False)
    return sum(send_feedback(each, now) for each in under_agreement(now).filter(feedback__in=waiting).distinct())


def send_feedback(exchange: Exchange, now: dt.datetime) -> int:
    """Send what waits for one exchange; returns how many left. What fails is tried again, later each time."""
    from orbweaver.detect.exchanges.calls import calls  # what speaks HTTP is loaded by whoever sends

    sent = 0
    with calls(exchange.address) as open_calls:
        while (found := _next(exchange, now)) is not None:
            sent += _send(exchange, found, open_calls, now)
    return sent


def _next(exchange: Exchange, now: dt.datetime) -> Feedback | None:
    waiting = exchange.feedback.filter(state=Feedback.State.WAITING, next_at__lte=now)
    return waiting.select_related("entry").order_by("next_at", "pk").first()


@transaction.atomic
def _send(exchange: Exchange, waiting: Feedback, open_calls: Calls, now: dt.datetime) -> int:
    """Send one, held so that no other worker does. A kill behind the answer sends it again, which changes nothing."""
    found = Feedback.objects.select_for_update(skip_locked=True).filter(pk=waiting.pk, state="waiting").first()
    if found is None:
        return 0
    try:
        for about in _about(exchange, found):
            secrets = unsealed(exchange.credentials, exchange.address)
            protocol_named(exchange.protocol).give(open_calls, secrets, about)
    except ExchangeFailed as error:
        found.tries += 1
        found.problem = error.message
        found.next_at = now + min(dt.timedelta(minutes=2**found.tries), LONGEST_WAIT)
        found.state = Feedback.State.REFUSED if error.status in _LASTING else Feedback.State.WAITING
        found.save()
        return 0
    found.state, found.sent_at, found.problem = Feedback.State.SENT, now, None
    found.save()
    details = {"exchange": exchange.public_id, "confirms": found.confirms}
    record("entry.feedback_sent", found.entry.public_id, details=details, at=now)
    return 1


def _about(exchange: Exchange, found: Feedback) -> Sequence[About]:
    """What is said, for each of the entry's hashes of this kind."""
    entry = found.entry
    hashes = entry.hashes.filter(kind=found.kind, withdrawn=False, time_s=None).order_by("pk")
    reason = exchange.dispute_reason or found.reason
    return [
        About(entry.supplier_id, entry.member, each.kind, bytes(each.value), found.confirms, reason) for each in hashes
    ]


def send_again(exchange: Exchange, now: dt.datetime) -> int:
    """What the exchange refused is tried again, as when its reason for disputes is set."""
    refused = exchange.feedback.filter(state=Feedback.State.REFUSED)
    return refused.update(state=Feedback.State.WAITING, next_at=now, problem=None)
