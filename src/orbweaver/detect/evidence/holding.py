"""Legal hold: what a court or an authority wants kept is erased by nobody until the hold is lifted."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.detect.evidence.messages import ALREADY_ERASED, HOLD_ENDS_EARLY, HOLD_NEEDS_REASON, NO_SUCH_OBJECT
from orbweaver.detect.evidence.models import EvidenceObject
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
    by: User | None = None,
) -> EvidenceObject:
    """Put an object on hold, or say anew why, for which authority and until which day (none: until it is lifted).

    Raises InvalidInput, also for a day that has passed; Conflict for what is erased.
    """
    if not reason.strip():
        raise InvalidInput(HOLD_NEEDS_REASON)
    if until is not None and until < now.date():
        raise InvalidInput(HOLD_ENDS_EARLY)
    stored = _get(public_id)
    if stored.erased_at is not None:
        raise Conflict(ALREADY_ERASED)
    stored.held_at, stored.held_because = stored.held_at or now, reason.strip()[:300]
    stored.held_for, stored.held_until = authority.strip()[:200], until
    stored.save(update_fields=HOLD)
    details = {"authority": stored.held_for, "until": until.isoformat() if until else ""}
    record("evidence.held", stored.public_id, actor=by, label="command line", details=details, at=now)
    return stored


@transaction.atomic
def lift(public_id: str, now: dt.datetime) -> None:
    """End a hold: the time of retention counts again. Harmless for what is not on hold. Raises InvalidInput."""
    stored = _get(public_id)
    if stored.held_at is not None:
        _let_go(stored)
        record("evidence.hold_lifted", stored.public_id, label="command line", at=now)


@transaction.atomic
def end_due(now: dt.datetime) -> int:
    """End the holds whose last day has passed; how many. Whoever calls has made sure of the clock (``Permit``)."""
    due = held().filter(held_until__lt=now.date()).select_for_update()
    for stored in due:
        details = {"until": stored.held_until.isoformat() if stored.held_until else ""}
        _let_go(stored)
        record("evidence.hold_ended", stored.public_id, details=details, at=now)
    return len(due)


def _let_go(stored: EvidenceObject) -> None:
    stored.held_at, stored.held_because, stored.held_for, stored.held_until = None, "", "", None
    stored.save(update_fields=HOLD)


def held() -> QuerySet[EvidenceObject]:
    """All that is on hold, the oldest first."""
    return EvidenceObject.objects.filter(held_at__isnull=False).order_by("held_at", "pk")


def _get(public_id: str) -> EvidenceObject:
    stored = EvidenceObject.objects.select_for_update().filter(public_id=public_id).first()
    if stored is None:
        raise InvalidInput(NO_SUCH_OBJECT)
    return stored
