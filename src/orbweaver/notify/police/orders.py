"""Production orders: recorded with their authority, what they name is held, answered by referrals or refused.

What leaves is what leaves with every referral: a file that opens offline, encrypted to the force's key, with its
custody; the worker writes it, and says so once it has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.captures.exporting import captures_of
from orbweaver.detect.evidence.holding import hold
from orbweaver.detect.evidence.models import EvidenceObject, Hold
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.police import within
from orbweaver.notify.police.messages import (
    NO_SUCH_FORCE,
    NO_SUCH_ORDER,
    NOT_SEEN_HERE,
    ORDER_ANSWERED,
    ORDER_BECAUSE,
    ORDER_DAYS,
    ORDER_ITEMS,
    ORDER_TAKEN,
)
from orbweaver.notify.police.models import Force, Order, Referral
from orbweaver.notify.police.services import may_be_told
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record

MOST_ITEMS: Final = 100


@dataclass(frozen=True)
class Ordered:
    """What an order says. ``items`` are their numbers here; ``document``: the SHA-256 of the order as it came."""

    force: str
    authority: str
    reference: str
    basis: str
    items: Sequence[str]
    ordered_on: dt.date
    answer_by: dt.date
    keep_until: dt.date | None = None
    document: bytes | None = None


@transaction.atomic
def record_order(said: Ordered, *, by: User, now: dt.datetime) -> Order:
    """Keep an order, and hold what is archived of what it names. Nothing leaves by this.

    Raises InvalidInput for a force that may not be told, items that are not here, days that cannot be; Conflict for an
    order that is recorded.
    """
    force = within.forces(by).filter(may_be_told(now), public_id=said.force).first()
    if force is None:
        raise InvalidInput(NO_SUCH_FORCE)
    names = list(dict.fromkeys(said.items))
    if not 0 < len(names) <= MOST_ITEMS:
        raise InvalidInput(ORDER_ITEMS.of(most=MOST_ITEMS))
    seen = ReviewItem.objects.filter(media__in=within.media(by)) if by.bounds else ReviewItem.objects.all()
    items = list(seen.filter(public_id__in=names).select_related("media__evidence").order_by("pk"))
    if len(items) < len(names):
        raise InvalidInput(NOT_SEEN_HERE)
    if said.answer_by < said.ordered_on or (said.keep_until is not None and said.keep_until < now.date()):
        raise InvalidInput(ORDER_DAYS)
    if Order.objects.filter(authority=said.authority, reference=said.reference).exists():
        raise Conflict(ORDER_TAKEN)
    order = Order.objects.create(
        force=force,
        authority=said.authority,
        reference=said.reference,
        basis=said.basis,
        document_sha256=said.document,
        ordered_on=said.ordered_on,
        answer_by=said.answer_by,
        keep_until=said.keep_until,
        recorded_at=now,
        recorded_by=by,
    )
    order.items.set(items)
    _hold(order, _stored(items), by, now)
    details = {"to": force.public_id, "authority": order.authority, "reference": order.reference, "items": names}
    record("order.recorded", order.public_id, actor=by, details=details, at=now)
    return order


def _hold(order: Order, found: Iterable[EvidenceObject], by: User, now: dt.datetime) -> None:
    """Hold what is archived of these, beside what other authorities want kept."""
    reason = f"Production order {order.public_id}, {order.reference}"
    for stored in found:
        hold(
            stored.public_id,
            reason,
            now,
            authority=order.authority,
            until=order.keep_until,
            case=order.public_id,
            by=by,
        )


@transaction.atomic
def hold_what_came_since(now: dt.datetime) -> int:
    """Hold what was archived, after an order was recorded, of what it names; on how many objects.

    Not of an order that is refused or over, nor of one whose hold somebody lifted.
    """
    lasting = Order.objects.filter(Q(keep_until=None) | Q(keep_until__gte=now.date()))
    lasting = lasting.exclude(state=Order.State.REFUSED).order_by("pk")
    lifted = set(Hold.objects.exclude(case="").exclude(ended_at=None).values_list("case", flat=True))
    made = 0
    for order in lasting.exclude(public_id__in=lifted).select_related("recorded_by"):
        there = set(Hold.objects.filter(case=order.public_id).values_list("stored", flat=True))
        new = [each for each in _stored(order.items.all()) if each.pk not in there]
        _hold(order, new, order.recorded_by, now)
        made += len(new)
    return made


def _stored(items: Iterable[ReviewItem]) -> list[EvidenceObject]:
    found: dict[int, EvidenceObject] = {}
    for item in items:
        archived = [each.stored for each in captures_of(item.sightings.all())]
        for stored in [*archived, *([item.media.evidence] if item.media.evidence is not None else [])]:
            if stored.erased_at is None:
                found[stored.pk] = stored
    return list(found.values())


@transaction.atomic
def answer_order(public_id: str, *, by: User, now: dt.datetime) -> list[Referral]:
    """Have the force sent what is held of each item; the worker writes it. Raises InvalidInput, Conflict."""
    order = _open(public_id, by)
    if not Force.objects.filter(may_be_told(now), pk=order.force_id).exists():
        raise InvalidInput(NO_SUCH_FORCE)
    facts = {"because": Referral.Because.ORDER, "made_by": by, "made_at": now}
    made = [
        Referral.objects.create(force=order.force, item=item, order=order, **facts)
        for item in order.items.order_by("pk")
    ]
    for each in made:
        details = {"to": order.force.public_id, "item": each.item.public_id, "because": Referral.Because.ORDER.value}
        record("police.queued", each.public_id, actor=by, details=details, at=now)
    _end(order, Order.State.ANSWERED, "", by, now)
    return made


@transaction.atomic
def refuse_order(public_id: str, because: str, *, by: User, now: dt.datetime) -> None:
    """Say why nothing is handed over. Raises InvalidInput without a reason or where there is none; Conflict."""
    if not because.strip():
        raise InvalidInput(ORDER_BECAUSE)
    _end(_open(public_id, by), Order.State.REFUSED, because.strip()[:300], by, now)


def _open(public_id: str, by: User) -> Order:
    order = (
        Order.objects.filter(pk__in=within.orders(by).values("pk"))
        .select_for_update(of=("self",))
        .select_related("force")
        .filter(public_id=public_id)
        .first()
    )
    if order is None:
        raise InvalidInput(NO_SUCH_ORDER)
    if order.state != Order.State.OPEN:
        raise Conflict(ORDER_ANSWERED)
    return order


def _end(order: Order, state: Order.State, because: str, by: User, now: dt.datetime) -> None:
    order.state, order.because, order.answered_by, order.answered_at = state, because, by, now
    order.save(update_fields=["state", "because", "answered_by", "answered_at"])
    record(f"order.{state.value}", order.public_id, actor=by, details={"because": because}, at=now)


def orders() -> QuerySet[Order]:
    """All orders, those first that wait for an answer, by their last day."""
    found = Order.objects.select_related("force", "recorded_by", "answered_by")
    return found.prefetch_related("items", "referrals__item").order_by("answered_at", "answer_by", "pk")


def open_orders() -> QuerySet[Order]:
    """Those that wait for an answer."""
    return Order.objects.filter(state=Order.State.OPEN)
