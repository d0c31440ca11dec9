"""Markers of a medium, and the urgent referral that two of them make at once (R9, R11, R17, R21)."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from typing import Final

from django.db import transaction

from orbweaver.assess.linking.errors import ReferralTaken
from orbweaver.assess.linking.messages import (
    NO_SUCH_MARKER,
    NO_SUCH_REFERRAL,
    POLICE_MISSING,
    REASON_MISSING,
    REFERRAL_TAKEN,
    REFERRAL_TAKEN_OR_DONE,
    RISK_MISSING,
)
from orbweaver.assess.linking.models import Marker, ToTell, UrgentReferral
from orbweaver.assess.linking.settings import LinkingSettings
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.settings import PlatformSettings

URGENT: Final = frozenset((Marker.Kind.SHOWN_TO_CHILD, Marker.Kind.ACCESS_TO_CHILD))
MAX_WORDS: Final = 2_000
State = UrgentReferral.State


@transaction.atomic
def set_marker(
    media: Media, kind: Marker.Kind, words: str = "", *, item: ReviewItem | None = None, by: User, now: dt.datetime
) -> Marker:
    """Mark a medium; marking again keeps the first. An urgent marker goes to the liaison in the same transaction.

    Raises InvalidInput when an urgent one comes without words: the liaison needs to know what was seen.
    """
    words = " ".join(words.replace("\x00", " ").split())[:MAX_WORDS]
    if kind in URGENT and not words:
        raise InvalidInput(RISK_MISSING)
    marker, created = Marker.objects.get_or_create(
        media=media,
        kind=kind,
        withdrawn_at=None,
        defaults={"item": item, "words": words, "set_at": now, "set_by": by},
    )
    if created:
        record("marker.set", media.public_id, actor=by, details={"kind": kind.value}, at=now)
    if created and kind in URGENT:
        referral = UrgentReferral.objects.create(marker=marker, made_at=now)
        ToTell.objects.create(referral=referral)
        record("urgent.made", referral.public_id, actor=by, details={"kind": kind.value}, at=now)
    return marker


def refer_request(words: str, now: dt.datetime) -> UrgentReferral:
    """A survivor's request says that a child is at risk: to the liaison, in the caller's transaction (R56)."""
    referral = UrgentReferral.objects.create(words=words, made_at=now)
    ToTell.objects.create(referral=referral)
    record("urgent.made", referral.public_id, details={"kind": "survivor_request"}, at=now)
    return referral


@transaction.atomic
def withdraw_marker(public_id: str, why: str, *, by: User, now: dt.datetime) -> None:
    """It was set by mistake. A referral that it made stays: the liaison decides what becomes of it."""
    why = " ".join(why.replace("\x00", " ").split())[:400]
    if not why:
        raise InvalidInput(REASON_MISSING)
    marker = Marker.objects.select_for_update().filter(public_id=public_id, withdrawn_at=None).first()
    if marker is None:
        raise InvalidInput(NO_SUCH_MARKER)
    Marker.objects.filter(pk=marker.pk).update(withdrawn_at=now, withdrawn_by=by, withdrawn_why=why)
    record("marker.withdrawn", marker.media.public_id, actor=by, details={"kind": marker.kind}, at=now)


@transaction.atomic
def take_referral(public_id: str, *, by: User, now: dt.datetime) -> UrgentReferral:
    """A liaison takes it on. Raises ReferralTaken when another one has."""
    referral = _locked(public_id)
    if referral.state == State.TAKEN and referral.taken_by_id == by.pk:
        return referral
    if referral.state != State.NEW:
        raise ReferralTaken(REFERRAL_TAKEN)
    UrgentReferral.objects.filter(pk=referral.pk).update(state=State.TAKEN, taken_at=now, taken_by=by)
    record("urgent.taken", referral.public_id, actor=by, at=now)
    return UrgentReferral.objects.get(pk=referral.pk)


@transaction.atomic
def hand_over(public_id: str, to: str, *, by: User, now: dt.datetime) -> UrgentReferral:
    """Police have it, under their reference. Whoever took it hands it over; a new one is taken with that."""
    to = " ".join(to.replace("\x00", " ").split())[:200]
    if not to:
        raise InvalidInput(POLICE_MISSING)
    referral = _locked(public_id)
    if referral.state == State.HANDED_OVER or referral.taken_by_id not in (None, by.pk):
        raise ReferralTaken(REFERRAL_TAKEN_OR_DONE)
    UrgentReferral.objects.filter(pk=referral.pk).update(
        state=State.HANDED_OVER, taken_at=referral.taken_at or now, taken_by=by, handed_over_at=now, handed_over_to=to
    )
    record("urgent.handed_over", referral.public_id, actor=by, at=now)
    return UrgentReferral.objects.get(pk=referral.pk)


def _locked(public_id: str) -> UrgentReferral:
    found = UrgentReferral.objects.select_for_update().filter(public_id=public_id).first()
    if found is None:
        raise InvalidInput(NO_SUCH_REFERRAL)
    return found


def urgent_letter(referral: UrgentReferral) -> EmailMessage:
    """The mail to the liaison: that something waits and where to read it. Nothing of the case, on purpose."""
    letter = EmailMessage()
    letter["From"] = HotlineSettings.current().hotline_contact
    letter["To"] = LinkingSettings.current().liaison_address
    letter["Subject"] = f"Urgent referral {referral.public_id}: a child may be at risk"
    letter["Message-ID"] = f"<{referral.public_id}@{HotlineSettings.current().hotline_domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["Importance"] = "high"
    letter.set_content(
        "An analyst, or somebody who asks us for help, says that a child may be at risk now.\n\n"
        f"Read it and take it on: {PlatformSettings.current().base_url.rstrip('/')}/urgent/\n\n"
        f"Made on {referral.made_at:%d %b %Y, %H:%M} UTC. This message holds nothing of the case on purpose.\n"
    )
    return letter
