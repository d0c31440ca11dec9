"""Legal hold: what a court or an authority wants kept is erased by nobody until the hold is lifted."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.detect.evidence.messages import (
    ALREADY_ERASED,
    HELD_FOR_OTHERS,
    HOLD_ENDS_EARLY,
    HOLD_NEEDS_REASON,
    NO_SUCH_OBJECT,
)
from orbweaver.detect.evidence.models import EvidenceObject, Hold
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record

HOLD: Final = ["held_at", "held_because", "held_for", "held_until"]


@transaction.atomic
def hold(
    public_id: str,
    reason: str,
    now: dt.datetime,
    *,
    authority: str = "",
    until: dt.date | None = None,
    case: str = "",
    by: User | None = None,
) -> EvidenceObject:
    """Put an object on hold for an authority (and an order of it), or say anew why and until which day it wants it kept
    (none: until it is lifted). What others want kept stays as it is.

    Raises InvalidInput, also for a day that has passed; Conflict for what is erased.
    """
    if not reason.strip():
        raise InvalidInput(HOLD_NEEDS_REASON)
    if until is not None and until < now.date():
        raise InvalidInput(HOLD_ENDS_EARLY)
    stored = _get(public_id)
    if stored.erased_at is not None:
        raise Conflict(ALREADY_ERASED)
    whose = {"stored": stored, "authority": authority.strip()[:200], "case": case, "ended_at": None}
    said = {"because": reason.strip()[:300], "until": until}
    made, _ = Hold.objects.update_or_create(**whose, defaults=said, create_defaults={**said, "since": now})
    _sum_up(stored)
    record("evidence.held", stored.public_id, actor=by, label="command line", details=_said(made), at=now)
    return stored


@transaction.atomic
def lift(public_id: str, now: dt.datetime, *, authority: str | None = None) -> EvidenceObject:
    """End a hold: the time of retention counts again once no other stands. Harmless for what is not on hold.

    Raises InvalidInput; Conflict where others hold it than the one that is named, or several and none is named.
    """
    stored = _get(public_id)
    there = list(stored.holds.filter(ended_at=None).order_by("pk"))
    names = {each.authority for each in there}
    meant = names if authority is None else names & {authority.strip()}
    if names and len(meant) != 1:
        raise Conflict(HELD_FOR_OTHERS.of(authorities=", ".join(sorted(name or "?" for name in names))))
    for each in there:
        if each.authority in meant:
            _end(each, "evidence.hold_lifted", now, label="command line")
    _sum_up(stored)
    return stored


@transaction.atomic
def end_due(now: dt.datetime) -> int:
    """End the holds whose last day has passed; how many. Whoever calls has made sure of the clock (``Permit``)."""
    over = Hold.objects.filter(ended_at=None, until__lt=now.date())
    objects = EvidenceObject.objects.filter(pk__in=over.values("stored")).select_for_update().order_by("pk")
    ended = 0
    for stored in list(objects):
        for each in over.filter(stored=stored).order_by("pk"):
            _end(each, "evidence.hold_ended", now)
            ended += 1
        _sum_up(stored)
    return ended


def _end(hold: Hold, kind: str, now: dt.datetime, *, label: str = "system") -> None:
    hold.ended_at = now
    hold.save(update_fields=["ended_at"])
    record(kind, hold.stored.public_id, label=label, details=_said(hold), at=now)


def _said(hold: Hold) -> dict[str, str]:
    return {"authority": hold.authority, "until": hold.until.isoformat() if hold.until else ""}


def _sum_up(stored: EvidenceObject) -> None:
    """Say on the object itself what holds it: since the first, until the last, and for whom that is."""
    there = list(stored.holds.filter(ended_at=None).order_by("pk"))
    longest = max(there, key=lambda each: each.until or dt.date.max, default=None)
    stored.held_at = min((each.since for each in there), default=None)
    stored.held_because, stored.held_for = (longest.because, longest.authority) if longest else ("", "")
    stored.held_until = longest.until if longest else None
    stored.save(update_fields=HOLD)


def held() -> QuerySet[EvidenceObject]:
    """All that is on hold, the oldest first."""
    return EvidenceObject.objects.filter(held_at__isnull=False).order_by("held_at", "pk")


def holds() -> QuerySet[Hold]:
    """All holds in force, each with its object, the oldest first."""
    return Hold.objects.filter(ended_at=None).select_related("stored").order_by("since", "pk")


def _get(public_id: str) -> EvidenceObject:
    stored = EvidenceObject.objects.select_for_update().filter(public_id=public_id).first()
    if stored is None:
        raise InvalidInput(NO_SUCH_OBJECT)
    return stored
