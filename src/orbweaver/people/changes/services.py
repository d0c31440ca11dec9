"""Verbs on changes: ask, agree, refuse, withdraw, carry out alone. One transaction each, audited.

What a change does is not known here: whoever calls hands in ``carry_out``, from the table of ``doors/changing.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Greatest

from orbweaver.errors import Conflict, InvalidInput, Message, NotAllowed
from orbweaver.people.accounts.messages import NO_AGREEMENT
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import mailbox, origin, plain_name
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import agreement_has_ended
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.people.changes.messages import (
    DECIDED,
    MAY_NOT_AGREE,
    NOT_ALONE,
    OWN_CHANGE,
    REASON_MISSING,
    SAME_ORIGIN,
    SAME_PERSON,
    WAITS_ALREADY,
)
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import ALONE_AFTER, VOUCHED, VOUCHED_AFTER

CarryOut = Callable[[Change, dt.datetime], None]
State = Change.State


@transaction.atomic
def ask(kind: str, subject: str, title: str, details: Mapping[str, Any], *, by: User, now: dt.datetime) -> Change:
    """Have a change wait for a second person, or for a day where nobody else could agree; for a month where somebody
    who could is gone by one person's emergency. Raises Conflict: it waits."""
    same = Change.objects.filter(kind=kind, subject=subject, title=title, details=dict(details), state=State.WAITING)
    if same.exists():
        raise Conflict(WAITS_ALREADY)
    due_at = None if seconds_of(by, now) else now + (VOUCHED_AFTER if _removed_alone(now) else ALONE_AFTER)
    change = Change.objects.create(
        kind=kind, subject=subject, title=title, details=dict(details), asked_by=by, asked_at=now, due_at=due_at
    )
    record("change.asked", change.public_id, actor=by, details={"kind": kind, "subject": subject}, at=now)
    return change


@transaction.atomic
def agree(public_id: str, *, by: User, carry_out: CarryOut, now: dt.datetime) -> Change:
    """Give the second word: it takes effect at once. Raises NotAllowed, Conflict, and what carrying it out raises."""
    change = _locked(public_id)
    reason = why_not_agree(change, by, now)
    if reason is not None:
        raise NotAllowed(reason)
    return _finish(change, "change.agreed", by, carry_out, now)


@transaction.atomic
def carry_out_alone(public_id: str, reason: str, *, by: User, carry_out: CarryOut, now: dt.datetime) -> Change:
    """Break the glass: at once, without anybody's word. Everybody is told, and why. Raises NotAllowed, InvalidInput."""
    change = _locked(public_id)
    if not by.may(Permission.PEOPLE_EDIT):
        raise NotAllowed(NOT_ALONE)
    if not reason.strip():
        raise InvalidInput(REASON_MISSING)
    change.forced_because, change.told_at = reason.strip()[:300], None
    return _finish(change, "change.carried_out_alone", by, carry_out, now)


@transaction.atomic
def carry_out_due(carry_out: CarryOut, now: dt.datetime) -> int:
    """Let the oldest take effect that has waited its day; 1 if there was one. One that cannot be done is refused.

    The day begins once everybody has been written to (``told``): waiting unseen brings nothing about. Nor does what an
    account asked for that is let in no more: somebody stole it, perhaps, and it waits for a person from then on.
    """
    waiting = Change.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=State.WAITING)
    change = (
        waiting.filter(due_at__lte=now, told_at__isnull=False)
        .select_related("asked_by")
        .order_by("due_at", "pk")
        .first()
    )
    if change is None:
        return 0
    if not change.asked_by.is_active or agreement_has_ended(change.asked_by, now):
        change.due_at = None
        change.save(update_fields=["due_at"])
        return 1
    try:
        with transaction.atomic():
            _finish(change, "change.waited", None, carry_out, now)
    except (Conflict, InvalidInput, NotAllowed):
        _close(change, State.REFUSED, None, now)
        record("change.impossible", change.public_id, details={"kind": change.kind}, at=now)
    return 1


@transaction.atomic
def withdraw(kind: str, subject: str, *, but_of: User, now: dt.datetime) -> None:
    """What others asked for of this kind about this subject is asked for no more."""
    waiting = Change.objects.select_for_update().filter(kind=kind, subject=subject, state=State.WAITING)
    for change in waiting.exclude(asked_by=but_of):
        _close(change, State.WITHDRAWN, but_of, now)
        record("change.withdrawn", change.public_id, actor=but_of, details={"kind": kind}, at=now)


@transaction.atomic
def told(change: Change, now: dt.datetime) -> None:
    """Everybody has been told. What waits for that has its day from now on, and what waits longer no less."""
    rows = Change.objects.filter(pk=change.pk)
    rows.update(told_at=now)
    rows.filter(state=State.WAITING, due_at__isnull=False).update(due_at=Greatest("due_at", now + ALONE_AFTER))


@transaction.atomic
def refuse(public_id: str, *, by: User, now: dt.datetime) -> Change:
    """Say no: nothing is done. Whoever asked may say so too, which withdraws it. Raises NotAllowed, Conflict."""
    change = _locked(public_id)
    if agreement_has_ended(by, now):
        raise NotAllowed(NO_AGREEMENT)
    if change.asked_by_id == by.pk:
        _close(change, State.WITHDRAWN, by, now)
    elif by.may(Permission.CHANGE_AGREE):
        _close(change, State.REFUSED, by, now)
    else:
        raise NotAllowed(MAY_NOT_AGREE)
    record(f"change.{change.state}", change.public_id, actor=by, details={"kind": change.kind}, at=now)
    return change


def why_not_agree(change: Change, person: User, now: dt.datetime) -> Message | None:
    """Why this person's word would not count; None when it does."""
    if person.pk == change.asked_by_id:
        return OWN_CHANGE
    return _why_no_second(change.asked_by, person, _makers(now), now)


def seconds_of(person: User, now: dt.datetime) -> list[User]:
    """Those whose word would count for what this person asks for."""
    makers = _makers(now)
    others = User.objects.filter(is_active=True).exclude(pk=person.pk).select_related("organisation")
    found = others.prefetch_related("role_grants").order_by("pk")
    return [other for other in found if _why_no_second(person, other, makers, now) is None]


def _why_no_second(asker: User, other: User, makers: Mapping[int, int], now: dt.datetime) -> Message | None:
    if not other.may(Permission.CHANGE_AGREE):
        return MAY_NOT_AGREE
    if agreement_has_ended(other, now):
        return NO_AGREEMENT
    if mailbox(asker.email) == mailbox(other.email) or plain_name(asker.display_name) == plain_name(other.display_name):
        return SAME_PERSON
    return SAME_ORIGIN if origin(asker.pk, makers) == origin(other.pk, makers) else None


def _removed_alone(now: dt.datetime) -> bool:
    """Whether one person alone lately took from somebody the right to agree, who does not have it again: by an
    emergency, or by ending the agreement of their organisation."""
    lately = Event.objects.filter(at__gt=now - VOUCHED_AFTER, at__lte=now)
    taken = lately.filter(kind__in=("person.switched_off", "role.taken"), details__alone=True).values("subject")
    ended = lately.filter(kind="agreement.ended").values("subject")
    people = User.objects.prefetch_related("role_grants").select_related("organisation")
    gone = any(not person.may(Permission.CHANGE_AGREE) for person in people.filter(public_id__in=taken))
    return gone or any(
        person.may(Permission.CHANGE_AGREE) and agreement_has_ended(person, now)
        for person in people.filter(organisation__public_id__in=ended)
    )


def _makers(now: dt.datetime) -> dict[int, int]:
    """Account → who made it alone: those that nobody has vouched for, and by the audit log those of lately."""
    lately = Event.objects.filter(at__gt=now - VOUCHED_AFTER, at__lte=now)
    made = lately.filter(kind="person.added", actor__isnull=False)
    vouched = Event.objects.filter(kind=VOUCHED, details__has_key="agreed_by").values("subject")
    alone = made.exclude(details__has_key="agreed_by").exclude(subject__in=vouched)
    makers = dict(alone.values_list("subject", "actor"))
    numbers = User.objects.filter(public_id__in=list(makers)).values_list("public_id", "pk")
    unvouched = User.objects.values_list("pk", "made_alone_by").exclude(made_alone_by=None)
    by_log = {number: makers[public_id] for public_id, number in numbers}
    return by_log | {pk: maker for pk, maker in unvouched if maker is not None}


def _locked(public_id: str) -> Change:
    rows = Change.objects.select_for_update(of=("self",)).select_related("asked_by")
    change = rows.filter(public_id=public_id).first()
    if change is None or change.state != State.WAITING:
        raise Conflict(DECIDED)
    return change


def _finish(change: Change, kind: str, by: User | None, carry_out: CarryOut, now: dt.datetime) -> Change:
    _close(change, State.DONE, by, now)
    details = {"kind": change.kind, "asked_by": change.asked_by.public_id}
    record(kind, change.public_id, actor=by, details=details, at=now)
    carry_out(change, now)
    return change


def _close(change: Change, state: Change.State, by: User | None, now: dt.datetime) -> None:
    change.state, change.decided_by, change.decided_at = state, by, now
    change.save(update_fields=["state", "decided_by", "decided_at", "forced_because", "told_at"])
