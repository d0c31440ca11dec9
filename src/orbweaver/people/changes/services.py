"""Verbs on changes: ask, agree, refuse, withdraw, carry out alone. One transaction each, audited.

What a change does is not known here: whoever calls hands in ``carry_out``, from the table of ``doors/changing.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Greatest

from orbweaver.errors import Conflict, InvalidInput, Message, NotAllowed
from orbweaver.people.accounts.messages import NO_AGREEMENT
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of, mailbox, plain_name, those_behind
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import agreement_has_ended
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.people.changes.messages import (
    DECIDED,
    MAY_NOT_AGREE,
    NOT_ALONE,
    OWN_ACCOUNT,
    OWN_CHANGE,
    READERS_AGREE,
    REASON_MISSING,
    SAME_ORIGIN,
    SAME_PERSON,
    WAITS_ALREADY,
)
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.passing import follow_clock
from orbweaver.people.changes.rules import ALONE_AFTER, READERS, SECONDS, VOUCHED, VOUCHED_AFTER
from orbweaver.people.changes.selectors import lately_ended

CarryOut = Callable[[Change, dt.datetime], None]
State = Change.State
MAKING: Final = ("person.added", "person.switched_on")
"""Events by which one person may have an account of another's name in hand."""


@transaction.atomic
def ask(kind: str, subject: str, title: str, details: Mapping[str, Any], *, by: User, now: dt.datetime) -> Change:
    """Have a change wait for a second person, or for a day where nobody else could agree; for a month where somebody
    who could is gone by one person's emergency. Whoever could agree with somebody behind the account that asks could:
    an account with that one's name makes no difference. Raises Conflict: it waits."""
    same = Change.objects.filter(kind=kind, subject=subject, title=title, details=dict(details), state=State.WAITING)
    if same.exists():
        raise Conflict(WAITS_ALREADY)
    due_at = None
    if not any(seconds_of(each, now, kind) for each in those_behind(by, _made_alone(now))):
        due_at = now + (VOUCHED_AFTER if _removed_alone(by, now) else ALONE_AFTER)
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
    account asked for that may less by now: somebody stole it, perhaps, and it waits for a person from then on.
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
    if asker_has_lost(change, now):
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
def settled(kind: str, subject: str, now: dt.datetime) -> None:
    """What this kind of change is about came out otherwise: none about this subject is asked for any more. One that
    somebody decides at this very moment is left to them."""
    rows = Change.objects.select_for_update(skip_locked=True)
    for change in rows.filter(kind=kind, subject=subject, state=State.WAITING):
        _close(change, State.WITHDRAWN, None, now)
        record("change.withdrawn", change.public_id, details={"kind": kind}, at=now)


@transaction.atomic
def told(change: Change, now: dt.datetime) -> None:
    """Everybody has been told. What waits for that has its day from now on, and what waits longer no less. From then on
    the clock is followed, at the latest: one that is set before a worker looks makes no day pass."""
    follow_clock()
    rows = Change.objects.filter(pk=change.pk)
    rows.update(told_at=now)
    rows.filter(state=State.WAITING, due_at__isnull=False).update(due_at=Greatest("due_at", now + ALONE_AFTER))


@transaction.atomic
def begin_anew(now: dt.datetime) -> int:
    """Have what takes effect by itself wait its day anew, once everybody has been told; how many. For a database that
    was brought back: what waits in it may have been refused since."""
    waiting = Change.objects.filter(state=State.WAITING, due_at__isnull=False)
    return waiting.update(told_at=None, due_at=Greatest("due_at", now + ALONE_AFTER))


@transaction.atomic
def refuse(public_id: str, *, by: User, now: dt.datetime) -> Change:
    """Say no: nothing is done. Whoever asked may say so too, which withdraws it. Raises NotAllowed, Conflict."""
    change = _locked(public_id)
    if agreement_has_ended(by, now):
        raise NotAllowed(NO_AGREEMENT)
    if change.asked_by_id == by.pk:
        _close(change, State.WITHDRAWN, by, now)
    elif by.may(Permission.CHANGE_AGREE) or _reads(by, change.kind):
        _close(change, State.REFUSED, by, now)
    else:
        raise NotAllowed(MAY_NOT_AGREE)
    record(f"change.{change.state}", change.public_id, actor=by, details={"kind": change.kind}, at=now)
    return change


def asker_has_lost(change: Change, now: dt.datetime) -> bool:
    """Whether the account that asked is let in no more, or lost a role since: it takes a person's word then."""
    asked = Event.objects.filter(kind="change.asked", subject=change.public_id).values("pk")[:1]
    taken = Event.objects.filter(kind="role.taken", subject=change.asked_by.public_id, pk__gt=asked)
    return not change.asked_by.is_active or agreement_has_ended(change.asked_by, now) or taken.exists()


def why_not_agree(change: Change, person: User, now: dt.datetime) -> Message | None:
    """Why this person's word would not count; None when it does."""
    if person.pk == change.asked_by_id:
        return OWN_CHANGE
    if change.kind == VOUCHED and _counts_as(person, change.subject, now):
        return OWN_ACCOUNT
    own, permission = accounts_of(change.asked_by, _made_alone(now)), Permission.CHANGE_AGREE
    if change.kind in READERS and _seconds_by(READERS[change.kind], change.asked_by, now):
        permission = READERS[change.kind]
    return _why_no_second(permission, change.asked_by, person, own, now)


def seconds_of(person: User, now: dt.datetime, kind: str = "") -> list[User]:
    """Those whose word would count for what this person asks for."""
    readers = _seconds_by(READERS[kind], person, now) if kind in READERS else []
    return readers or _seconds_by(Permission.CHANGE_AGREE, person, now)


def _reads(person: User, kind: str) -> bool:
    return kind in READERS and person.may(READERS[kind])


def _seconds_by(permission: Permission, person: User, now: dt.datetime) -> list[User]:
    own = accounts_of(person, _made_alone(now))
    others = User.objects.filter(is_active=True).exclude(pk=person.pk).select_related("organisation")
    found = others.prefetch_related("role_grants").order_by("pk")
    return [other for other in found if _why_no_second(permission, person, other, own, now) is None]


def _why_no_second(
    permission: Permission, asker: User, other: User, own: Collection[int], now: dt.datetime
) -> Message | None:
    """``own``: the accounts that count as the asker's."""
    if not other.may(permission):
        return MAY_NOT_AGREE if permission == Permission.CHANGE_AGREE else READERS_AGREE
    if agreement_has_ended(other, now):
        return NO_AGREEMENT
    if mailbox(asker.email) == mailbox(other.email) or plain_name(asker.display_name) == plain_name(other.display_name):
        return SAME_PERSON
    return SAME_ORIGIN if other.pk in own else None


def _counts_as(person: User, account: str, now: dt.datetime) -> bool:
    """Whether this account may be the person's: whoever vouched for it would vouch for themselves."""
    return User.objects.filter(public_id=account, pk__in=accounts_of(person, _made_alone(now))).exists()


def _removed_alone(asker: User, now: dt.datetime) -> bool:
    """Whether one person alone lately took from another than the asker the right to agree: by an emergency, or by
    ending the agreement of their organisation. Asked where nobody could agree: who was let in again since, by whoever
    did it, counts as theirs and is not back."""
    lately = Event.objects.filter(at__gt=now - VOUCHED_AFTER, at__lte=now)
    taken = lately.filter(kind__in=("person.switched_off", "role.taken"), details__alone=True)
    people = User.objects.prefetch_related("role_grants").select_related("organisation")
    return taken.exclude(subject=asker.public_id).exists() or any(
        any(person.may(each) for each in SECONDS) and agreement_has_ended(person, now)
        for person in people.filter(organisation__public_id__in=lately_ended(now))
    )


def _made_alone(now: dt.datetime) -> list[tuple[int, int]]:
    """Account and who of late made it or let it in again, alone: by the audit log, where nobody else has vouched for it
    since."""
    vouched = Event.objects.filter(kind=VOUCHED, details__has_key="agreed_by", subject=OuterRef("subject"))
    lately = Event.objects.filter(at__gt=now - VOUCHED_AFTER, at__lte=now, kind__in=MAKING, actor__isnull=False)
    alone = lately.exclude(details__has_key="agreed_by").exclude(Exists(vouched.filter(pk__gt=OuterRef("pk"))))
    pairs = list(alone.values_list("subject", "actor"))
    numbers = dict(User.objects.filter(public_id__in=[one for one, _ in pairs]).values_list("public_id", "pk"))
    return [(numbers[account], maker) for account, maker in pairs if account in numbers and maker is not None]


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
