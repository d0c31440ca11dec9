"""A request is stopped for somebody who lost its secret code: two of ours have agreed (``doors/changing.py``).

Whoever asks may be somebody else who uses the same device. So, unless they came in person, it goes on for a week, in
which whoever has the code reads of it on the request's page and can say that it is not to stop. Survivor support can
say so, too, once it finds that it was somebody else.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from orbweaver.detect.evidence.archive import is_older
from orbweaver.detect.evidence.erasing import ERASURE_ALLOWED, is_clock_set, is_long_since_sweep
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.follow.survivors.messages import GOES_ON, STOPS_ALREADY, WITHDRAWN
from orbweaver.follow.survivors.models import Request, Stop
from orbweaver.follow.survivors.rules import Surety, stops_at
from orbweaver.follow.survivors.services import withdraw
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.people.changes.rules import SURVIVOR_STOP
from orbweaver.people.changes.services import settled


@transaction.atomic
def stop(
    request: Request,
    surety: Surety,
    *,
    by: User,
    now: dt.datetime,
    asked_at: dt.datetime | None = None,
    alone: bool = False,
) -> Stop:
    """Two of ours have agreed, ``by`` the one who asked: it stops at once, or a week later (``rules.stops_at``).
    ``alone``: nobody else could agree, and it is a week in any case.

    Raises InvalidInput for one that has stopped, Conflict for one that stops already and is not to stop sooner, and
    where somebody said since ``asked_at`` that it goes on: neither of the two had read that when it was asked for.
    """
    request = Request.objects.select_for_update().get(pk=request.pk)
    if request.withdrawn_at is not None:
        raise InvalidInput(WITHDRAWN)
    if request.stops.filter(ended_at__gt=asked_at or now).exists():
        raise Conflict(GOES_ON)
    if surety != Surety.IN_PERSON and waiting_of(request) is not None:
        raise Conflict(STOPS_ALREADY)
    said = {"surety": surety.value, "asked_by": by, "agreed_at": now, "stops_at": stops_at(surety, now, alone=alone)}
    made, _ = Stop.objects.update_or_create(request=request, ended_at=None, defaults=said)
    if made.stops_at <= now:
        withdraw(request, now, by=by, surety=surety)
    return made


@transaction.atomic
def go_on(request: Request, now: dt.datetime, *, by: User | None = None) -> bool:
    """Whoever has the code says that it is not to stop, or (``by``) one of survivor support; whether it was to."""
    request = Request.objects.select_for_update().get(pk=request.pk)
    outcome = Stop.Outcome.GONE_ON if by is None else Stop.Outcome.CALLED_OFF
    if not request.stops.filter(ended_at=None).update(ended_at=now, outcome=outcome):
        return False
    settled(SURVIVOR_STOP, request.public_id, now)
    record("survivor_request.gone_on", request.public_id, actor=by, label="secret code", at=now)
    return True


@transaction.atomic
def stop_due(now: dt.datetime) -> int:
    """Stop the request whose week is over the longest; how many were. A duty of the worker.

    It deletes fingerprints for good: while the clock is set, or may have jumped, none stops, nor in a database that was
    brought back, in which it may have been said since that it goes on.
    Once a person says that the clock is right the week begins anew: nobody may have been able to open the page.
    """
    if is_clock_set() or is_long_since_sweep(now) or is_older():
        return 0
    due = Stop.objects.filter(ended_at=None, stops_at__lte=now).order_by("stops_at", "pk")
    first = due.first()
    if first is None:
        return 0
    request = Request.objects.select_for_update().get(pk=first.request_id)
    found = due.filter(pk=first.pk).select_related("asked_by").first()
    if found is not None and not _begins_anew(found):  # whoever has the code may have been as quick
        withdraw(request, now, by=found.asked_by, surety=Surety(found.surety))
    return 1


def _begins_anew(found: Stop) -> bool:
    """Whether its week has to begin again, which it does then."""
    said = Event.objects.filter(kind=ERASURE_ALLOWED, at__gt=found.agreed_at).order_by("at").last()
    later = found.stops_at if said is None else stops_at(Surety.WORDS, said.at)
    return bool(Stop.objects.filter(pk=found.pk, stops_at__lt=later).update(stops_at=later))


def begin_anew(now: dt.datetime) -> int:
    """Have each wait its week anew, in a database that was brought back; how many."""
    return waiting().update(stops_at=Greatest("stops_at", stops_at(Surety.WORDS, now)))


def waiting_of(request: Request) -> Stop | None:
    """By which it stops, unless whoever has the code says that it goes on."""
    return request.stops.filter(ended_at=None).first()


def stopped_by_us(request: Request) -> bool:
    """Whether it stopped for somebody who had lost the code."""
    return request.stops.filter(outcome=Stop.Outcome.STOPPED).exists()


def waiting() -> QuerySet[Stop]:
    """Those that stop a request once their week is over."""
    return Stop.objects.filter(ended_at=None)


def gone_on() -> QuerySet[Stop]:
    """By which whoever has the code said that it goes on, until survivor support is done with the request since."""
    unseen = Q(request__done_at=None) | Q(ended_at__gt=F("request__done_at"))
    return Stop.objects.filter(unseen, outcome=Stop.Outcome.GONE_ON, request__withdrawn_at=None)
