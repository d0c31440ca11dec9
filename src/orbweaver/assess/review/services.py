"""Verbs of the workplace: take, renew, release, look, assess. One transaction each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.criteria import Answers, Decision, decide, kept, on_one_place
from orbweaver.assess.review.appeals import conclude, without_appeals_closed_to
from orbweaver.assess.review.clusters import OPEN
from orbweaver.assess.review.errors import ItemChanged, LeaseLost
from orbweaver.assess.review.judging import criteria_of, fix_criteria
from orbweaver.assess.review.known_answers import close_known_answer, give_known_answer
from orbweaver.assess.review.messages import (
    ANSWERED_OR_DECIDED,
    ITEM_CHANGED,
    NO_SUCH_ITEM,
    NO_TRAINING,
    PICTURE_NOT_ARCHIVED,
    TIME_OVER,
    WITH_SOMEBODY_ELSE,
)
from orbweaver.assess.review.models import Assessment, Look, ReviewItem, Verdict
from orbweaver.assess.review.opening import open_items
from orbweaver.assess.review.places import place_of
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.assess.review.theirs import items_of
from orbweaver.assess.review.trails import lead_back
from orbweaver.assess.review.verdicts import confirm, reach_verdict
from orbweaver.assess.review.wellbeing import note_activity, require_rest
from orbweaver.detect.evidence.errors import EvidenceErased
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.seeing import opened, opened_on_trial
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import why_not_assess
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import real_now
from orbweaver.platform.shared_clock import shared_now

T = TypeVar("T")

__all__ = [
    "AssessmentResult",
    "open_items",
    "record_assessment",
    "record_look",
    "release",
    "release_expired",
    "renew_lease",
    "take",
    "take_next",
]


LOST_WITHIN = dt.timedelta(minutes=2)
"""Real time in which a page that showed nothing may ask for the same look again."""

TAKE_LOCK = 0x6F72_7461
"""Advisory lock under which people are given their next item, one after the other ("orta")."""


@dataclass(frozen=True)
class AssessmentResult:
    """What came of an assessment; ``verdict`` is None until enough analysts agree or a senior decides."""

    assessment: Assessment
    verdict: Verdict | None
    item: ReviewItem


def open_to(user: User) -> QuerySet[ReviewItem]:
    """Items that this person may still assess: not answered by them, disagreements only for seniors.

    What an account has answered that may be theirs as well (``one_person``) counts as answered by them. Decided ones
    are among them while further answers are asked for, so that their hashes may act alone.
    """
    states = Q(state=ReviewItem.State.WAITING)
    if user.may(Permission.ITEM_ADJUDICATE):
        states |= Q(state=ReviewItem.State.DISAGREED)
    states |= Q(state=ReviewItem.State.DECIDED, confirmation=ReviewItem.Confirmation.OPEN)
    others = Q(known_answer__isnull=False) & ~Q(given_to=user)
    # OPEN, which follows from the states, is what the index by rank holds
    own = accounts_of(user)
    found = without_appeals_closed_to(user, items_of(user).filter(OPEN, states), own)
    return found.exclude(others).filter(~Exists(_answers_by(own)))


def _answers_by(own: Collection[int]) -> QuerySet[Assessment]:
    """Answers of these accounts, all one person's, to the item of the outer query.

    A range of one number and no equality: for that PostgreSQL reads all that they ever answered before the first row.
    """
    at_hand = Assessment.objects.filter(item__gte=OuterRef("pk"), item__lte=OuterRef("pk"))
    return at_hand.filter(analyst__in=own)


def require_right(user: User, now: dt.datetime) -> None:
    """Raise NotAllowed, in words, when this person may not assess now."""
    reason = why_not_assess(user, now)
    if reason:
        raise NotAllowed(reason)


@transaction.atomic
def take_next(user: User, now: dt.datetime) -> ReviewItem | None:
    """Lease the item that comes first for this person; the one they hold, if any; None when nothing waits for them.

    Look-alikes stay with one person at a time, so that one look can serve for all: while somebody else has one of a
    cluster, the others of it are passed over. Raises NotAllowed; OnBreak or BudgetSpent when it is time to rest.
    """
    require_right(user, now)
    require_rest(user)
    note_activity(user)
    real = shared_now()
    held = open_to(user).filter(leased_to=user, leased_until__gt=real).order_by("leased_until").first()
    if held:
        return held
    _take_turns()
    free = Q(leased_to__isnull=True) | Q(leased_until__lte=real)
    theirs = ReviewItem.objects.filter(cluster=OuterRef("cluster"), leased_until__gt=real).exclude(leased_to=user)
    waiting = open_to(user).filter(free).exclude(~Q(cluster="") & Exists(theirs))
    item = waiting.order_by("rank_at", "pk").select_for_update(skip_locked=True).first()
    if item is None:
        return None
    known = None if user.bounds else give_known_answer(user, item, now)  # they are others' items
    if known is not None:
        return lease(known, user, now)
    fix_criteria(item, now)
    return lease(item, user, now)


def _take_turns() -> None:
    """Wait until nobody else is being given an item: it takes milliseconds, and they must see who has which cluster."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TAKE_LOCK])


@transaction.atomic
def take(public_id: str, user: User, now: dt.datetime) -> ReviewItem:
    """Lease a certain item. Raises LeaseLost when somebody else holds it; OnBreak or BudgetSpent when rest is due."""
    require_right(user, now)
    require_rest(user)
    note_activity(user)
    item = open_to(user).select_for_update().filter(public_id=public_id).first()
    if item is None:
        raise InvalidInput(ANSWERED_OR_DECIDED)
    if item.leased_to_id not in (None, user.pk) and item.leased_until and item.leased_until > shared_now():
        raise LeaseLost(WITH_SOMEBODY_ELSE)
    fix_criteria(item, now)
    return lease(item, user, now)


def lease(item: ReviewItem, user: User, now: dt.datetime) -> ReviewItem:
    """Give the item, which the caller has locked, to this person for the minutes of the setting."""
    taken_anew = item.leased_to_id != user.pk
    item.leased_to = user
    item.leased_until = shared_now() + dt.timedelta(minutes=ReviewSettings.current().review_lease_minutes)
    item.save(update_fields=["leased_to", "leased_until"])
    if taken_anew:
        record("item.taken", item.public_id, actor=user, at=now)
    return item


def locked(public_id: str, user: User) -> ReviewItem:
    """The item, locked, if this person's lease holds."""
    item = items_of(user).select_for_update(of=("self",)).filter(public_id=public_id).first()
    if item is None:
        raise InvalidInput(NO_SUCH_ITEM)
    if item.leased_to_id != user.pk or item.leased_until is None or item.leased_until <= shared_now():
        raise LeaseLost(TIME_OVER)
    return item


@transaction.atomic
def check_lease(public_id: str, user: User) -> ReviewItem:
    """The item that this person has in hand.

    Raises LeaseLost once their lease of it has run out, InvalidInput when there is no such item.
    """
    return locked(public_id, user)


@transaction.atomic
def renew_lease(public_id: str, user: User, now: dt.datetime) -> ReviewItem:
    """Another ten minutes. Raises LeaseLost once the lease has run out."""
    require_right(user, now)
    note_activity(user)
    return lease(locked(public_id, user), user, now)


@transaction.atomic
def release(public_id: str, user: User, now: dt.datetime) -> None:
    """Give an item back unanswered. Giving back what one no longer holds changes nothing."""
    changed = ReviewItem.objects.filter(public_id=public_id, leased_to=user).update(leased_to=None, leased_until=None)
    if changed:
        record("item.released", public_id, actor=user, at=now)


def release_expired() -> int:
    """Free the items whose lease ran out, so that new sightings may join them again; returns how many."""
    return ReviewItem.objects.filter(leased_until__lte=shared_now()).update(leased_to=None, leased_until=None)


def record_look(public_id: str, user: User, now: dt.datetime, draw: Callable[[bytes], T], *, key: str = "") -> T:
    """What ``draw`` makes of the picture, for the person who holds the item; counted and audited before it is shown.

    A look that shows nothing costs nobody anything: it is counted once there is something to show, and once alone where
    the page, which saw nothing, asks for it again soon by the same ``key``. Drawing may take seconds, so it is outside
    any transaction, and what allows the look is asked again after it.
    Raises NotAllowed, LeaseLost, EvidenceErased; OnBreak or BudgetSpent when rest is due; and what ``draw`` raises.
    """
    shown = draw(opened(_archived(public_id, user, now, key)))
    with transaction.atomic():
        item = may_look(public_id, user, now, key=key)
        note_activity(user)
        again = _is_again(public_id, user, key)
        if not again:
            Look.objects.create(item=item, person=user, at=now, key=key)
        record("item.looked_at", item.public_id, actor=user, details={"again": True} if again else None, at=now)
    return shown


def try_look(public_id: str, user: User, now: dt.datetime, draw: Callable[[bytes], T], *, key: str = "") -> T:
    """What a look would show, for nobody's eyes: not counted, and in the custody of the evidence. Raises as
    ``record_look``."""
    return draw(opened_on_trial(_archived(public_id, user, now, key), public_id, user, now))


def _archived(public_id: str, user: User, now: dt.datetime, key: str) -> EvidenceObject:
    stored = may_look(public_id, user, now, key=key).media.evidence
    if stored is None:
        raise EvidenceErased(PICTURE_NOT_ARCHIVED)
    return stored


@transaction.atomic
def may_look(public_id: str, user: User, now: dt.datetime, *, key: str = "") -> ReviewItem:
    """The item, if this person may look at its picture now. Raises as ``record_look``."""
    require_right(user, now)
    require_rest(user, lost=int(_is_again(public_id, user, key)))
    return locked(public_id, user)


def _is_again(public_id: str, user: User, key: str) -> bool:
    """Whether this person's page asked for this very look a moment ago."""
    lately = Look.objects.filter(person=user, asked_at__gt=real_now() - LOST_WITHIN)
    return key != "" and lately.filter(item__public_id=public_id, key=key).exists()


@transaction.atomic
def record_assessment(
    public_id: str, user: User, answers: Answers, version: int, now: dt.datetime, *, place: str = ""
) -> AssessmentResult:
    """Keep one analyst's answers; the last one needed gives the verdict or shows the disagreement.

    ``place``: the sighting that answers of sub-type b are about; "" for the first one. No other answer is about one.
    Raises NotAllowed (right lapsed), LeaseLost, ItemChanged (the form is stale) or InvalidInput (answers contradict).
    Nothing is saved then.
    """
    require_right(user, now)
    item = locked(public_id, user)
    if item.version != version:
        raise ItemChanged(ITEM_CHANGED)
    note_activity(user)
    result = assess(item, user, answers, now, place=place)
    lead_back_from([result], now)
    return result


def lead_back_from(results: Iterable[AssessmentResult], now: dt.datetime) -> None:
    """Lead the crawler back to where confirmed material was seen. Last in the transaction, once for all results."""
    found = [result.item for result in results if result.verdict and result.verdict.outcome == Verdict.Outcome.REMOVE]
    lead_back(found, now)


def assess(
    item: ReviewItem,
    user: User,
    answers: Answers,
    now: dt.datetime,
    *,
    place: str = "",
    together_with: ReviewItem | None = None,
) -> AssessmentResult:
    """Keep the answers about an item that the caller has locked, and what they lead to. Raises InvalidInput."""
    if not open_to(user).filter(pk=item.pk).exists():
        raise InvalidInput(ANSWERED_OR_DECIDED)
    decision = decide(answers, criteria_of(item, now))
    judged = place_of(item, place) if on_one_place(decision.sub_type) else None
    assessment = _keep(item, user, answers, decision, judged, together_with, now)
    verdict = None
    if assessment.confirms:
        confirm(item, assessment, now)
    elif item.known_answer_id is not None:
        close_known_answer(item, user, now)
    elif item.reason == ReviewItem.Reason.APPEAL:
        verdict = conclude(item, assessment, now)
    else:
        verdict = reach_verdict(item, assessment, now)
    item.leased_to, item.leased_until = None, None
    item.version += 1
    item.save()
    return AssessmentResult(assessment, verdict, item)


def _keep(
    item: ReviewItem,
    user: User,
    answers: Answers,
    decision: Decision,
    judged: Sighting | None,
    together_with: ReviewItem | None,
    now: dt.datetime,
) -> Assessment:
    completed_on = user.training_completed_on()
    if completed_on is None:
        raise NotAllowed(NO_TRAINING)
    item.criteria_version = decision.criteria_version
    assessment = Assessment.objects.create(
        item=item,
        analyst=user,
        answers=kept(answers),
        outcome=decision.outcome,
        category=decision.category or "",
        notice_type=decision.notice_type or "",
        sub_type=decision.sub_type,
        place=judged,
        age_class=decision.age_class or "",
        criteria_version=decision.criteria_version,
        training_completed_on=completed_on,
        adjudicates=item.state == ReviewItem.State.DISAGREED,
        confirms=item.state == ReviewItem.State.DECIDED,
        together_with=together_with,
        made_at=now,
    )
    details = {"criteria": decision.criteria_version}
    if together_with is not None:
        details["together_with"] = together_with.public_id
    record("item.assessed", item.public_id, actor=user, details=details, at=now)
    return assessment
