"""Verbs on referrals to police: add or end a force, refer an item, write what waits, note what became of it.

A force is told nothing once it was ended, nor after the last day of the agreement that it is told under: what waits for
it then stays here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
from pathlib import Path
from typing import Final

import pyrage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from orbweaver.assess.linking.models import UrgentReferral
from orbweaver.assess.review.models import ReviewItem
from orbweaver.errors import Conflict, InvalidInput, OrbweaverError
from orbweaver.notify.police import cybertip, within
from orbweaver.notify.police.bundle import bundle
from orbweaver.notify.police.messages import ANSWER_MISSING, FORCE_TAKEN, KEY_WRONG, NO_FORCE, NOT_SENT
from orbweaver.notify.police.models import Force, Referral
from orbweaver.notify.police.settings import PoliceSettings
from orbweaver.people.accounts.agreements import in_force
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Scope
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import real_now

AT_ONCE: Final = 100
AGAIN_AFTER: Final = dt.timedelta(minutes=10)
"""After which one that could not be written is tried again."""
State, Because = Referral.State, Referral.Because
logger = logging.getLogger(__name__)


def may_be_told(now: dt.datetime, force: str = "") -> Q:
    """Forces that may be told now; ``force`` leads to them from what is asked for, such as ``force__``."""
    here = in_force(now, Scope.RECEIVE).filter(
        Q(countries=[]) | Q(countries__contains=[OuterRef(f"{force}country")]),
        organisation=OuterRef(f"{force}organisation"),
        organisation__vetted_on__lte=now.date(),
    )
    under = Q(**{f"{force}organisation": None}) | Q(Exists(here))
    return Q(**{f"{force}ended_at": None}) & under


@transaction.atomic
def add_force(
    name: str,
    country: str,
    key: str,
    now: dt.datetime,
    *,
    hears: Force.Hears = Force.Hears.URGENT,
    channel: Force.Channel = Force.Channel.FILE,
    organisation: Organisation | None = None,
) -> Force:
    """A force that is told from now on. Raises InvalidInput for what is no key, or without an account where the channel
    needs one; Conflict for a name that is there."""
    if channel == Force.Channel.CYBERTIP:
        cybertip.require_account()
        key = ""
    else:
        _require_key(key)
    if Force.objects.filter(name=name.strip()).exists():
        raise Conflict(FORCE_TAKEN)
    return Force.objects.create(
        name=name.strip(),
        country=country.upper(),
        key=key.strip(),
        hears=hears,
        channel=channel,
        organisation=organisation,
        added_at=now,
    )


def _require_key(key: str) -> None:
    try:
        pyrage.x25519.Recipient.from_str(key.strip())
    except (pyrage.RecipientError, ValueError):
        raise InvalidInput(KEY_WRONG) from None


@transaction.atomic
def end_force(public_id: str, *, by: User, now: dt.datetime) -> None:
    """From now on it is told nothing, neither what waits for it. Raises InvalidInput where it is not there."""
    if not Force.objects.filter(public_id=public_id, ended_at=None).update(ended_at=now):
        raise InvalidInput(NO_FORCE)
    record("force.ended", public_id, actor=by, at=now)


@transaction.atomic
def refer(item: ReviewItem, because: Referral.Because, *, by: User | None, now: dt.datetime) -> list[Referral]:
    """Have every force told of an item, once; what is new of it. Raises InvalidInput where there is none to tell."""
    forces = list(Force.objects.filter(may_be_told(now)).order_by("pk"))
    if not forces:
        raise InvalidInput(NO_FORCE)
    return queue(item, forces, because, None, by, now)


@transaction.atomic
def refer_urgent(now: dt.datetime) -> int:
    """Have every force told of each urgent marker, once; how many referrals are new.

    Of an item that they were told of before, too: what a marker says may save a child. One that still waits says it.
    """
    forces = list(Force.objects.filter(may_be_told(now)).order_by("pk"))
    told = Referral.objects.filter(urgent=OuterRef("pk"))
    waiting = UrgentReferral.objects.filter(~Exists(told), marker__item__isnull=False, marker__withdrawn_at=None)
    urgent = list(waiting.select_related("marker__item").order_by("pk")[:AT_ONCE]) if forces else []
    return sum(_queue_urgent(each, force, now) for each in urgent for force in forces)


def _queue_urgent(urgent: UrgentReferral, force: Force, now: dt.datetime) -> bool:
    """Whether a referral is new; one of this item that nobody began to send yet becomes urgent."""
    assert urgent.marker is not None
    assert urgent.marker.item is not None
    waits = Referral.objects.select_for_update().filter(
        force=force, item=urgent.marker.item, state=State.QUEUED, urgent=None, their_number=""
    )
    found = waits.first()
    if found is None:
        return bool(queue(urgent.marker.item, [force], Because.URGENT, urgent, None, now))
    Referral.objects.filter(pk=found.pk).update(urgent=urgent, because=Because.URGENT)
    record("police.urgent", found.public_id, details={"to": force.public_id}, at=now)
    return False


def queue(
    item: ReviewItem,
    forces: list[Force],
    because: Referral.Because,
    urgent: UrgentReferral | None,
    by: User | None,
    now: dt.datetime,
) -> list[Referral]:
    """Have these forces told of an item, once each, or of what is urgent about it; what is new of it."""
    new = []
    for force in forces:
        if urgent is None and Referral.objects.filter(force=force, item=item).exists():
            continue
        facts = {"because": because, "made_by": by, "made_at": now}
        referral, is_new = Referral.objects.get_or_create(
            force=force, item=item, urgent=urgent, order=None, defaults=facts
        )
        if is_new:
            new.append(referral)
            details = {"to": force.public_id, "item": item.public_id, "because": because.value}
            record("police.queued", referral.public_id, actor=by, details=details, at=now)
    return new


def send_due(now: dt.datetime) -> int:
    """Have one force told of what waits; 1 if one was tried. A file has the referral's name: a crash writes no second.

    What could not be told (a full disk, a service that is away) waits for ``AGAIN_AFTER`` and holds up no other; the
    log says so.
    """
    with transaction.atomic():
        referral = _next(now)
        if referral is None:
            return 0
        if referral.force.channel == Force.Channel.FILE:
            _try(referral, now)
            return 1
        Referral.objects.filter(pk=referral.pk).update(failed_at=now)  # nobody else takes it up meanwhile
    _try(referral, now)
    return 1


def _next(now: dt.datetime) -> Referral | None:
    rested = Q(failed_at=None) | Q(failed_at__lte=now - AGAIN_AFTER)
    waiting = Referral.objects.select_for_update(skip_locked=True, of=("self",)).filter(rested, state=State.QUEUED)
    waiting = waiting.filter(may_be_told(now, "force__")).select_related("force", "item__media__evidence")
    return waiting.order_by("pk").first()


def _try(referral: Referral, now: dt.datetime) -> None:
    try:
        if referral.force.channel == Force.Channel.CYBERTIP:
            _report(referral, now)
        else:
            with transaction.atomic():  # what left is noted only where it left
                _send(referral, now)
    except Exception as error:  # whatever is wrong with one must not keep the others from police
        logger.error("Referral %s could not be sent: %s", referral.public_id, _why(error))
        Referral.objects.filter(pk=referral.pk).update(failed_at=now)


def _why(error: Exception) -> str:
    if isinstance(error, OrbweaverError):
        return str(error)
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _report(referral: Referral, now: dt.datetime) -> None:
    """By the CyberTipline, whose number is its answer. One that it refuses for good waits for nothing more."""
    try:
        cybertip.deliver(referral, now)
    except cybertip.ReportRefused as refused:
        facts = {"state": State.REFUSED, "answer": str(refused)[:200], "answered_at": now}
    else:
        facts = {
            "state": State.ACKNOWLEDGED,
            "answer": referral.their_number,
            "sent_at": real_now(),
            "answered_at": now,
        }
    with transaction.atomic():
        Referral.objects.filter(pk=referral.pk).update(**facts)
        details = {"to": referral.force.public_id}
        record(f"police.{facts['state']}", referral.public_id, details=details, at=now)


def _send(referral: Referral, now: dt.datetime) -> None:
    content = bundle(referral, now)
    _write(PoliceSettings.current().folder / f"{referral.public_id}.tar.age", content)
    referral.state, referral.sent_at = State.SENT, real_now()
    referral.sha256 = hashlib.sha256(content).digest()
    referral.save(update_fields=["state", "sent_at", "sha256"])
    details = {"to": referral.force.public_id, "sha256": referral.sha256.hex()}
    record("police.sent", referral.public_id, details=details, at=now)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@transaction.atomic
def note_answer(
    public_id: str, *, refused: bool, answer: str, by: User | None, now: dt.datetime, label: str = "system"
) -> Referral:
    """Police took it, under a number of theirs, or refused it, and why. Raises InvalidInput, Conflict: not sent."""
    if not answer.strip():
        raise InvalidInput(ANSWER_MISSING)
    among = within.referrals(by) if by is not None else Referral.objects.all()
    referral = among.select_for_update(of=("self",)).filter(public_id=public_id).first()
    if referral is None or referral.state == State.QUEUED:
        raise Conflict(NOT_SENT)
    referral.state = State.REFUSED if refused else State.ACKNOWLEDGED
    referral.answer, referral.answered_at, referral.answered_by = answer.strip()[:200], now, by
    referral.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    record(f"police.{referral.state}", referral.public_id, actor=by, label=label, at=now)
    return referral
