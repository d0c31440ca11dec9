"""Verbs of rechecks: follow a URL, check it soon or no more, keep what a person says of it. One transaction each."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Least

from orbweaver.errors import NotAllowed
from orbweaver.follow.recheck.errors import NotFollowed, SayingInvalid
from orbweaver.follow.recheck.leasing import due_of
from orbweaver.follow.recheck.messages import MAY_NOT_SAY, SAYING_INCOMPLETE
from orbweaver.follow.recheck.models import (
    Observation,
    RecheckTarget,
    Saying,
    ToCompare,
)
from orbweaver.follow.recheck.recording import CheckResult, View, apply_event, conclude, keep_views
from orbweaver.follow.recheck.rules import (
    Event,
)
from orbweaver.follow.recheck.saying import PERSON, SayingKind, code_of
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.notify.notices.handovers import RecheckWanted, UrlsNotified, UrlsWithdrawn
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.rules import UrlState
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.network.urls import parse

REASON_LIMIT = 4_000
"""Characters in which a person says what they saw."""


def follow_urls(notified: UrlsNotified) -> None:
    """Begin to follow new URLs of a notice, in the caller's transaction."""
    settings, now = RecheckSettings.current(), notified.now
    first_check = now + dt.timedelta(minutes=settings.recheck_interval_minutes)
    manner = ", as a visitor's browser would too" if settings.recheck_browser else ""
    targets = RecheckTarget.objects.bulk_create(
        RecheckTarget(
            notice_url=url,
            site=parse(url.url).site,
            authority=f"Verdict {url.verdict.public_id} of the hotline: notified URLs are checked until they are gone"
            f"{manner}.",
            since=now,
            due_at=first_check,
        )
        for url in notified.urls
    )
    ToCompare.objects.bulk_create(ToCompare(target=each) for each in targets)


def check_soon(wanted: RecheckWanted) -> int:
    """Bring the next check of these URLs forward to now; returns how many are followed."""
    # a row that follows another is looked at where the other is
    places = {url.follows_id or url.pk for url in wanted.urls}
    return RecheckTarget.objects.filter(notice_url__in=places).update(
        due_at=Least("due_at", Value(wanted.now)), failures=0
    )


NEVER = dt.timedelta(days=365 * 100)
"""How far off the next check of a URL is that nobody asks about any more; what was seen of it stays."""


def leave_alone(withdrawn: UrlsWithdrawn) -> int:
    """Check these URLs no more: their verdict fell on review; returns how many were followed."""
    return RecheckTarget.objects.filter(notice_url__in=list(withdrawn.urls)).update(due_at=withdrawn.now + NEVER)


@transaction.atomic
def say(url: NoticeUrl, said: str, reason: str, *, by: User, now: dt.datetime) -> Event | None:
    """Keep what a person says of an address after a look, as one look; what it changed.

    Raises NotAllowed, SayingInvalid, NotFollowed.
    """
    if not by.may(Permission.NOTICE_LOOK):
        raise NotAllowed(MAY_NOT_SAY)
    reason = reason.replace("\x00", "").strip()
    if said not in set(SayingKind) or not reason or len(reason) > REASON_LIMIT:
        raise SayingInvalid(SAYING_INCOMPLETE)
    target = _lock_place(url)
    Saying.objects.create(target=target, said=said, reason=reason, by=by, at=now)
    event = _apply_saying(target, SayingKind(said), now)
    notice = target.notice_url.notice
    record("recheck.said", notice.public_id, actor=by, details={"url": target.notice_url_id, "said": said}, at=now)
    return event


def _lock_place(url: NoticeUrl) -> RecheckTarget:
    """The target of the place, locked after its notice."""
    place = url.follows_id or url.pk
    Notice.objects.select_for_update().filter(urls=place).first()
    locked = RecheckTarget.objects.select_for_update(of=("self",)).select_related("notice_url__notice")
    target = locked.filter(notice_url=place).exclude(notice_url__state=UrlState.WITHDRAWN).first()
    if target is None:
        raise NotFollowed
    return target


def _apply_saying(target: RecheckTarget, said: SayingKind, now: dt.datetime) -> Event | None:
    """Bring the target to where what a person says leaves it. A lease stays: a check under way is heard after it."""
    if target.reason != PERSON:
        target.said_of = code_of(target.outcome, target.reason)
    held, checked_at = (target.lease, target.lease_until), target.checked_at
    due = due_of(target, target.lease or uuid.uuid4())
    seen = CheckResult(due, said.judgement, now, [View(Observation.Vantage.PERSON, said.judgement, None)])
    event = conclude(target, seen, {})
    target.said, target.checked_at = said.value, checked_at
    target.lease, target.lease_until = held
    target.save()
    keep_views([seen])
    apply_event(event, target, now)
    return event
