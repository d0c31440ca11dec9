"""What we say to suppliers of their entries: queued in the transaction in which somebody here says so, sent once.

A dispute or withdrawal by a person here disputes all hashes of the entry; that it stands again, and a verdict to remove
on the very bytes, confirms. A verdict of no action on the very bytes disputes, where the other side can be told that it
is one. One row a hash: what was said last. It waits a while, as answers are taken back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q

from orbweaver.detect.exchanges.agreed import is_agreed, passing, under_agreement
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
    of_exchanges = EntryHash.objects.filter(entry__hash_list__exchange__isnull=False, withdrawn=False)
    hashes = of_exchanges.filter(entry__in=list(changed.entries))  # thousands may be of a list that no exchange fills
    queue(hashes, confirms=confirms, reason=changed.reason, now=changed.now)


def say_verdict(
    digests: Iterable[tuple[str, bytes]], verdict: Mapping[str, Any], now: dt.datetime, *, confirms: bool
) -> None:
    """A verdict on these very bytes: entries of exchanges that have one of these digests, by kind, are right, or not.

    That they are not is for those alone who can be told what was decided (``takes_verdicts``); of one hash of an entry,
    the strongest, as each is answered by a person there, and of those of which something else was said before.
    """
    named = [EntryHash.objects.filter(kind=kind, value=value, withdrawn=False) for kind, value in digests]
    hashes = [each for found in named for each in found]
    if not confirms:
        strongest = {each.entry_id: each.pk for each in reversed(hashes)}
        before = set(Feedback.objects.filter(entry__in=list(strongest)).values_list("entry", "kind"))
        hashes = [
            each for each in hashes if strongest[each.entry_id] == each.pk or (each.entry_id, each.kind) in before
        ]
    queue(hashes, confirms=confirms, reason="", now=now, verdict=verdict)


def take_back(digests: Iterable[tuple[str, bytes]]) -> None:
    """The verdict is gone: what it said and has not left yet stays here."""
    of_verdicts = Feedback.objects.filter(Q(confirms=True) | ~Q(verdict={}), reason="", sent_at=None)
    waiting = of_verdicts.filter(state=Feedback.State.WAITING)
    for kind, value in digests:
        waiting.filter(kind=kind, entry__hashes__kind=kind, entry__hashes__value=value).delete()


@transaction.atomic
def queue(
    hashes: Iterable[EntryHash],
    *,
    confirms: bool,
    reason: str,
    now: dt.datetime,
    verdict: Mapping[str, Any] | None = None,
) -> int:
    """Queue the same word on hashes, of those that are of exchanges; what was said before is not said again."""
    of_exchanges = EntryHash.objects.filter(
        pk__in=[each.pk for each in hashes], entry__hash_list__exchange__isnull=False, time_s=None
    )
    due = now + dt.timedelta(minutes=ExchangeSettings.current().exchange_feedback_delay_minutes)
    count = 0
    for each in of_exchanges.select_related("entry__hash_list__exchange"):
        exchange = each.entry.hash_list.exchange
        protocol = protocol_named(exchange.protocol)
        if each.kind in protocol.feedback_kinds and (verdict is None or confirms or protocol.takes_verdicts):
            said = dict(verdict or {}) if protocol.takes_verdicts else {}
            count += _queue(exchange, each, _Word(confirms, reason, said), due)
    return count


@dataclass(frozen=True, slots=True)
class _Word:
    """What is said of a hash; ``verdict`` of none where a person says so without one."""

    confirms: bool
    reason: str
    verdict: dict[str, Any]

    def is_said(self, by: Feedback) -> bool:
        """Whether a row says the same: decided by other criteria, or as something else, it is another word."""
        return by.confirms == self.confirms and (not self.verdict or _decision(by.verdict) == _decision(self.verdict))


def _decision(verdict: Mapping[str, Any]) -> list[Any]:
    return [verdict.get(name) for name in ("outcome", "category", "criteria")]


def _queue(exchange: Exchange, each: EntryHash, word: _Word, due: dt.datetime) -> int:
    said = {"confirms": word.confirms, "reason": word.reason, "verdict": word.verdict}
    found, is_new = Feedback.objects.get_or_create(
        entry=each.entry, kind=each.kind, defaults={"exchange": exchange, "next_at": due} | said
    )
    if is_new or word.is_said(found):
        return int(is_new)
    untouched = found.state == Feedback.State.WAITING and found.sent_at is None and found.tries == 0
    if untouched and not word.verdict:
        found.delete()  # nothing left yet: what was said and taken back is nothing
        return 0
    if word.reason or found.confirms != word.confirms:
        found.reason = word.reason  # else what a person wrote of it stands beside the verdict that says the same
    found.confirms, found.verdict, found.next_at = word.confirms, word.verdict, due
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

    sent, moment = 0, passing(now)
    with calls(exchange.address) as open_calls:
        while is_agreed(exchange, moment()) and (found := _next(exchange, now)) is not None:
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
        About(entry.supplier_id, entry.member, each.kind, bytes(each.value), found.confirms, reason, found.verdict)
        for each in hashes
    ]


def send_again(exchange: Exchange, now: dt.datetime) -> int:
    """What the exchange refused is tried again, as when its reason for disputes is set."""
    refused = exchange.feedback.filter(state=Feedback.State.REFUSED)
    return refused.update(state=Feedback.State.WAITING, next_at=now, problem=None)
