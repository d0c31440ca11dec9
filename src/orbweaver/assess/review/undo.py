"""Taking an answer back, for a minute: the item is open again as it was before, and the audit log says so.

A notice is never called back, so a verdict is not handed over to notices before its last answer can stand
(``VerdictReached.stands_from``). Once handed over, or once somebody answered after, there is nothing to take back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from orbweaver.assess.review.errors import TooLate
from orbweaver.assess.review.messages import (
    ANSWERED_AFTER_YOU,
    FOLLOWING_IN_WORK,
    MINUTE_OVER,
    NOTICE_ON_ITS_WAY,
    REVIEW_ASKED_FOR,
    STANDS_ONCE_SAVED,
)
from orbweaver.assess.review.models import Assessment, ReviewItem, Verdict
from orbweaver.assess.review.opening import rank_of
from orbweaver.assess.review.own_list import mark_acts_alone, restate_own_list
from orbweaver.assess.review.reports import overtaken_by, reports_of
from orbweaver.assess.review.services import lease, require_right
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.detect.intake.models import Report
from orbweaver.errors import Message
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import get_clock
from orbweaver.platform.shared_clock import shared_now


@dataclass(frozen=True)
class LastAnswer:
    """The answer that a person may still take back. ``seconds_left`` is real time; ``sends`` when a notice waits."""

    public_id: str
    made_at: dt.datetime
    seconds_left: float
    sends: bool
    together: int


def _window() -> dt.timedelta:
    return dt.timedelta(seconds=ReviewSettings.current().review_undo_seconds)


def last_answer(user: User, now: dt.datetime) -> LastAnswer | None:
    """This person's latest answer, while it can be taken back."""
    latest = Assessment.objects.filter(analyst=user, made_at__gt=now - _window()).order_by("-made_at", "-pk").first()
    if latest is None:
        return None
    first = latest.together_with or latest.item
    group = _group(first, user, latest.made_at)
    if any(_why_not(each) for each in group):
        return None
    verdicts = Verdict.objects.filter(item__in=[each.item_id for each in group], outcome=Verdict.Outcome.REMOVE)
    left = get_clock().real_seconds(latest.made_at + _window() - now)
    sends = verdicts.filter(handed_over_at=None).exists()
    return LastAnswer(first.public_id, latest.made_at, left, sends, len(group))


def _group(first: ReviewItem, user: User, made_at: dt.datetime) -> list[Assessment]:
    """The answer about an item, and those that were given with it, at once."""
    own = Assessment.objects.filter(analyst=user, made_at=made_at).select_related("item__media").order_by("pk")
    return [each for each in own if first.pk in (each.item_id, each.together_with_id)]


def _why_not(assessment: Assessment) -> Message | None:
    """Why an answer must stand by now; None when it can be taken back."""
    item = assessment.item
    if item.reason == ReviewItem.Reason.APPEAL or item.known_answer_id is not None:
        return STANDS_ONCE_SAVED
    if item.assessments.filter(pk__gt=assessment.pk).exists():
        return ANSWERED_AFTER_YOU
    verdict = None if assessment.confirms else getattr(item, "verdict", None)
    if verdict is not None and verdict.handed_over_at is not None:
        return NOTICE_ON_ITS_WAY
    if verdict is not None and verdict.appeals.exists():
        return REVIEW_ASKED_FOR
    following = _following_items(item) if verdict is not None else ReviewItem.objects.none()
    if any(each.leased_to_id or each.assessments.exists() for each in following):
        return FOLLOWING_IN_WORK
    return None


def _lock_following(group: list[Assessment]) -> None:
    """Nobody takes what came after until this is done; taking an answer back may delete it."""
    for each in group:
        list(_following_items(each.item).select_for_update().values_list("pk"))


def _following_items(item: ReviewItem) -> QuerySet[ReviewItem]:
    """What opened when this one was decided: the next item of the medium, and those about its other places.

    One about a single place stands beside the others of its medium: none of them waited for it.
    """
    came_after = Q(split_from=item) if item.place_id else Q(place=None) | Q(split_from=item)
    later = ReviewItem.objects.filter(came_after, media=item.media_id, pk__gt=item.pk, known_answer=None)
    return later.exclude(state=ReviewItem.State.DECIDED).exclude(reason=ReviewItem.Reason.APPEAL).order_by("pk")


@transaction.atomic
def take_back(public_id: str, user: User, now: dt.datetime) -> ReviewItem:
    """Take back one's answer about an item, and about those that were decided with it; the item is one's own again.

    Raises NotAllowed when the right to assess is gone, TooLate, in words, when the answer must stand.
    """
    require_right(user, now)
    item = ReviewItem.objects.select_for_update().filter(public_id=public_id).first()
    own = item.assessments.filter(analyst=user).first() if item is not None else None
    if item is None or own is None or own.made_at <= now - _window():
        raise TooLate(MINUTE_OVER)
    group = _group(item, user, own.made_at)
    keys = [each.item_id for each in group]
    list(ReviewItem.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    list(Verdict.objects.select_for_update().filter(item__in=keys).order_by("pk").values_list("pk"))
    _lock_following(group)
    for each in group:
        each.item.refresh_from_db()
        reason = _why_not(each)
        if reason is not None:
            raise TooLate(reason)
    for each in group:
        _take_back(each, user, now)
    return ReviewItem.objects.get(pk=item.pk)


def _take_back(assessment: Assessment, user: User, now: dt.datetime) -> None:
    item = assessment.item
    details = {"made_at": assessment.made_at.isoformat(), "outcome": assessment.outcome}
    assessment.delete()
    if assessment.confirms:
        item.confirmation = ReviewItem.Confirmation.OPEN
        mark_acts_alone(item.media, item.verdict, now)
    else:
        _reopen(item, assessment, now)
    item.version += 1
    held = item.leased_to_id is not None and item.leased_until is not None and item.leased_until > shared_now()
    item.save()
    record("item.answer_taken_back", item.public_id, actor=user, details=details, at=now)
    if not held:
        lease(item, user, now)


def _reopen(item: ReviewItem, assessment: Assessment, now: dt.datetime) -> None:
    verdict = Verdict.objects.filter(item=item).first()
    if verdict is not None:
        for following in _following_items(item):
            if following.split_from_id == item.pk:
                item.sightings.add(*following.sightings.all())
            following.sightings.clear()
            record("item.closed_again", following.public_id, at=now)
            following.delete()
        led = list(reports_of(item).filter(assessed_at=verdict.decided_at))
        closed = {each.pk for report in led for each in (report, *overtaken_by(report))}
        Report.objects.filter(pk__in=closed, assessed_at=verdict.decided_at).update(
            state=Report.State.FETCHED, assessed_at=None
        )
        verdict.delete()
        restate_own_list(item.media, now)
        item.__dict__.pop("verdict", None)
        item._state.fields_cache.pop("verdict", None)
        item.confirmation, item.decided_at = ReviewItem.Confirmation.NONE, None
        first = item.sightings.order_by("pk").first()
        item.rank_at = rank_of(first, item.created_at) if first is not None else item.created_at
    item.state = ReviewItem.State.DISAGREED if assessment.adjudicates else ReviewItem.State.WAITING
