"""Legal hold: what a court or an authority wants kept is erased by nobody until the hold is lifted."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.detect.evidence.messages import ALREADY_ERASED, HOLD_NEEDS_REASON, NO_SUCH_OBJECT
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.audit.services import record


@transaction.atomic
def hold(public_id: str, reason: str, now: dt.datetime) -> EvidenceObject:
    """Put an object on hold, or change the reason. Raises InvalidInput, Conflict for what is erased."""
    if not reason.strip():
        raise InvalidInput(HOLD_NEEDS_REASON)
    stored = _get(public_id)
    if stored.erased_at is not None:
        raise Conflict(ALREADY_ERASED)
    stored.held_at, stored.held_because = stored.held_at or now, reason.strip()[:300]
    stored.save(update_fields=["held_at", "held_because"])
    record("evidence.held", stored.public_id, label="command line", at=now)
    return stored


@transaction.atomic
def lift(public_id: str, now: dt.datetime) -> None:
    """End a hold: the time of retention counts again. Harmless for what is not on hold. Raises InvalidInput."""
    stored = _get(public_id)
    if stored.held_at is None:
        return
    stored.held_at, stored.held_because = None, ""
    stored.save(update_fields=["held_at", "held_because"])
    record("evidence.hold_lifted", stored.public_id, label="command line", at=now)


def held() -> QuerySet[EvidenceObject]:
    """All that is on hold, the oldest first."""
    return EvidenceObject.objects.filter(held_at__isnull=False).order_by("held_at", "pk")


def _get(public_id: str) -> EvidenceObject:
    stored = EvidenceObject.objects.select_for_update().filter(public_id=public_id).first()
    if stored is None:
        raise InvalidInput(NO_SUCH_OBJECT)
    return stored
