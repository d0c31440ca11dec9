"""Pulling exchanges: on a schedule, page by page, each written with the checkpoint behind it in one transaction.

A kill at any moment loses a page that was not written, which is asked for again. One that fails is taken up at its
checkpoint, later each time while it goes on failing.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from django.db import DatabaseError, connection, transaction

from orbweaver.detect.exchanges.agreed import passing, under_agreement
from orbweaver.detect.exchanges.calls import calls
from orbweaver.detect.exchanges.credentials import unsealed
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.handovers import AddressesReported, addresses_reported
from orbweaver.detect.exchanges.messages import BEING_PULLED, IN_A_CIRCLE
from orbweaver.detect.exchanges.models import Exchange, Pull
from orbweaver.detect.exchanges.protocols import protocol_named
from orbweaver.detect.exchanges.protocols.protocol import Page, Stated
from orbweaver.detect.exchanges.receiving import receive
from orbweaver.errors import Conflict, NotAllowed
from orbweaver.people.accounts.agreements import require_agreed
from orbweaver.people.accounts.rules import Scope
from orbweaver.platform.clock import get_clock, real_now

PULL_LOCK: Final = 0x6F72_7078
"""First half of the advisory locks of exchanges being pulled ("orpx"); the second is the exchange's number."""
STARTED: Final = dt.timedelta(minutes=1)
"""How soon a pull that was killed is taken up."""
TURN_S: Final = 30.0
"""Real seconds after which the next exchange has its turn."""
LONGEST_WAIT: Final = dt.timedelta(hours=6)
KEPT_PULLS: Final = 200
"""Pulls of each exchange that are kept."""


def pull_due(now: dt.datetime) -> int:
    """Pull every exchange whose time has come, each for a while, so that a long one holds up no other; returns how many
    pages came."""
    pages = 0
    for exchange in under_agreement(now).filter(paused=False, next_at__lte=now).order_by("next_at"):
        with suppress(Conflict, ExchangeFailed, NotAllowed):
            pages += pull(exchange, now, for_s=TURN_S).pages
    return pages


def seconds_to_next(now: dt.datetime) -> float | None:
    """Real seconds until the next one is due; None where none is."""
    soonest = under_agreement(now).filter(paused=False).order_by("next_at").values_list("next_at", flat=True).first()
    return None if soonest is None else max(0.0, get_clock().real_seconds(soonest - now))


def pull(exchange: Exchange, now: dt.datetime, *, for_s: float = math.inf) -> Pull:
    """Pull one exchange until now, or for so many real seconds: then it is due again at once and goes on there.

    Raises ExchangeFailed, with what came so far kept, Conflict where another process pulls it, and NotAllowed where its
    supplier's agreement has ended, or ends meanwhile: then nothing more is asked for, and nothing that comes is kept.
    """
    _require_agreed(exchange, now)
    with _held(exchange):
        exchange.refresh_from_db()
        exchange.next_at = now + STARTED  # whatever nobody foresaw holds up no other exchange
        exchange.save(update_fields=["next_at"])
        run = exchange.pulls.filter(ended_at=None).order_by("-pk").first()
        run = run or Pull.objects.create(exchange=exchange, started_at=now)
        try:
            is_whole = _pull(exchange, run, now, for_s)
        except ExchangeFailed as error:
            _fail(exchange, run, error, now)
            raise
        except NotAllowed as error:
            run.problem = error.message
            _end(run, now)
            raise
        if is_whole:
            _finish(exchange, run, now)
        else:
            exchange.next_at = now
            exchange.save(update_fields=["next_at"])
    return run


def _pull(exchange: Exchange, run: Pull, now: dt.datetime, for_s: float) -> bool:
    """Whether it came to its end within the time."""
    began, moment = time.monotonic(), passing(now)
    protocol, secrets = protocol_named(exchange.protocol), unsealed(exchange.credentials, exchange.address)
    came: set[str] = set()
    with calls(exchange.address) as open_calls:
        for page in protocol.pages(open_calls, secrets, exchange.checkpoint, real_now()):
            # by now: whoever asks us for what changed since a time would never see what is written later under it
            by_now = moment()
            _require_onward(page, came)
            _require_agreed(exchange, by_now)  # it may have ended while the page was on its way
            _write(exchange, run, page, by_now)
            if page.more and time.monotonic() - began >= for_s:
                return False
            if page.more:
                _require_agreed(exchange, moment())  # else the next one would be asked for
    return True


def _require_onward(page: Page, came: set[str]) -> None:
    """Add where a page leads to what came before. Raises ExchangeFailed where it has led there already: whoever follows
    would never come to an end, nor hear that."""
    if page.more:
        place = json.dumps({name: value for name, value in page.checkpoint.items() if name != "given"}, sort_keys=True)
        if place in came:
            raise ExchangeFailed(IN_A_CIRCLE)
        came.add(place)


def _require_agreed(exchange: Exchange, now: dt.datetime) -> None:
    require_agreed(exchange.hash_list.supplier, Scope.SHARE, now)


@transaction.atomic
def _write(exchange: Exchange, run: Pull, page: Page, now: dt.datetime) -> None:
    received = receive(exchange.hash_list, _of_members(exchange, page.stated), now)
    if page.reported:
        addresses_reported.announce(AddressesReported(exchange, page.reported, now))
    run.pages += 1
    run.taken += received.taken + len(page.reported)
    run.withdrawn += received.withdrawn
    run.refused += page.refused
    run.save()
    exchange.checkpoint = dict(page.checkpoint)
    exchange.save(update_fields=["checkpoint"])


def _of_members(exchange: Exchange, stated: Sequence[Stated]) -> Sequence[Stated]:
    """What is stated of entries of the members whose entries are taken; a withdrawal does not say whose it is."""
    if not exchange.only_members:
        return stated
    return [each for each in stated if each.row is None or each.row.member in exchange.only_members]


@transaction.atomic
def _finish(exchange: Exchange, run: Pull, now: dt.datetime) -> None:
    exchange.pulled_at, exchange.failures, exchange.problem = now, 0, None
    exchange.next_at = now + dt.timedelta(minutes=exchange.every_minutes)
    exchange.save(update_fields=["pulled_at", "failures", "problem", "next_at"])
    _end(run, now)


@transaction.atomic
def _fail(exchange: Exchange, run: Pull, error: ExchangeFailed, now: dt.datetime) -> None:
    exchange.failures, exchange.problem = exchange.failures + 1, error.message
    wait = min(dt.timedelta(minutes=2 ** min(exchange.failures, 10)), LONGEST_WAIT)
    exchange.next_at = now + max(wait, dt.timedelta(seconds=error.wait_s or 0))
    exchange.save(update_fields=["failures", "problem", "next_at"])
    run.problem = error.message
    _end(run, now)


def _end(run: Pull, now: dt.datetime) -> None:
    """Keep a run that brought something or failed; one that found nothing new is only the exchange's last time."""
    run.ended_at = now
    run.save()
    if not run.brought and run.problem is None:
        Pull.objects.filter(pk=run.pk).delete()
    kept = run.exchange.pulls.order_by("-pk").values_list("pk", flat=True)[:KEPT_PULLS]
    run.exchange.pulls.exclude(pk__in=list(kept)).delete()


@contextmanager
def _held(exchange: Exchange) -> Iterator[None]:
    """Nobody else pulls it meanwhile. Raises Conflict where somebody does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [PULL_LOCK, exchange.pk])
        if not cursor.fetchone()[0]:
            raise Conflict(BEING_PULLED)
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # a connection that is gone holds no lock
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [PULL_LOCK, exchange.pk])
