"""Items whose answer is known, mixed in at a low rate, to see how far an analyst's answers follow the verdicts (R35).

Fair: the item looks like any other and is answered blind; it costs no notice and changes no verdict; it comes only
while real work waits, only from material that this analyst has never seen, never of the gravest kind, and its looks
count in the day's budget. Afterwards the analyst sees their own result; managers see counts. A verdict that a review
changed later counts for nobody. What a result can and cannot say: docs/domain/people.md.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.review.judging import fix_criteria
from orbweaver.assess.review.messages import (
    GRAVEST_NOT_SHOWN,
    KNOWN_ALREADY,
    MAY_NOT_CHOOSE_KNOWN,
    NO_SUCH_ITEM,
    NOT_ARCHIVED_ANY_MORE,
    NOT_DECIDED_BY_PEOPLE,
    NOT_SURE_ENOUGH,
)
from orbweaver.assess.review.models import Assessment, KnownAnswer, Look, ReviewItem, Verdict
from orbweaver.assess.review.rules import is_gravest
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.errors import Conflict, InvalidInput, Message, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record

_chance = secrets.SystemRandom()


@dataclass(frozen=True)
class KnownResult:
    """One answer about an item whose answer is known. ``same``: outcome, category, type and sub-type agree."""

    item: str
    answered_at: dt.datetime
    same: bool
    answer: Assessment
    verdict: Verdict


@dataclass(frozen=True)
class KnownRate:
    """How many known items an analyst answered, and how many of them like the verdict."""

    analyst: str
    answered: int
    same: int


@transaction.atomic
def designate(item_public_id: str, *, by: User, now: dt.datetime) -> KnownAnswer:
    """Let a decided item be given to analysts who have not seen it. Raises NotAllowed, InvalidInput, Conflict."""
    _require(by)
    item = ReviewItem.objects.select_related("media__evidence").filter(public_id=item_public_id).first()
    if item is None:
        raise InvalidInput(NO_SUCH_ITEM)
    reason = _why_not(item)
    if reason:
        raise InvalidInput(reason)
    try:
        with transaction.atomic():
            known = KnownAnswer.objects.create(item=item, designated_by=by, designated_at=now)
    except IntegrityError:
        raise Conflict(KNOWN_ALREADY) from None
    record("known_answer.designated", known.public_id, actor=by, details={"item": item.public_id}, at=now)
    return known


def _why_not(item: ReviewItem) -> Message | None:
    verdict = Verdict.objects.filter(item=item).first()
    if verdict is None or verdict.decided_by == Verdict.By.POLICY or item.known_answer_id is not None:
        return NOT_DECIDED_BY_PEOPLE
    if verdict.superseded_by_id is not None or verdict.appeals.filter(decided_at=None).exists():
        return NOT_SURE_ENOUGH
    if is_gravest(verdict.category, verdict.age_class):
        return GRAVEST_NOT_SHOWN
    stored = item.media.evidence
    if stored is None or stored.erased_at is not None:
        return NOT_ARCHIVED_ANY_MORE
    return None


@transaction.atomic
def retire(public_id: str, *, by: User, now: dt.datetime) -> None:
    """Give it to nobody from now on; what was answered so far stays. Retiring it again changes nothing."""
    _require(by)
    if KnownAnswer.objects.filter(public_id=public_id, retired_at=None).update(retired_at=now):
        record("known_answer.retired", public_id, actor=by, at=now)


def _require(person: User) -> None:
    if not person.may(Permission.KNOWN_ANSWER_EDIT):
        raise NotAllowed(MAY_NOT_CHOOSE_KNOWN)


def give_known_answer(user: User, instead_of: ReviewItem, now: dt.datetime) -> ReviewItem | None:
    """By chance, at the rate of the setting: an item for this person alone; None most times. For ``take_next``.

    ``instead_of`` is the real item that would have come; its waiting time is shown, so that the page does not tell the
    two apart. The item is not leased yet.
    """
    if _chance.random() >= ReviewSettings.current().review_known_answer_rate:
        return None
    known = _unseen_by(user).order_by("?").first()
    if known is None:
        return None
    source = known.item
    item = ReviewItem(
        media=source.media,
        reason=source.reason,
        rank_at=now,
        required=source.required,
        created_at=instead_of.created_at,
        known_answer=known,
        given_to=user,
    )
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError:  # another tab of the same person was faster
        return None
    item.sightings.set(source.sightings.all())
    fix_criteria(item, now)
    record("known_answer.given", known.public_id, details={"item": item.public_id, "to": user.public_id}, at=now)
    return item


def _unseen_by(user: User) -> QuerySet[KnownAnswer]:
    """Known answers of media that this person neither looked at nor answered about, and about which no answer is
    wanted now, so that nobody looks at the same picture twice for it."""
    media = OuterRef("item__media")
    answered = Assessment.objects.filter(analyst=user, item__media=media)
    looked = Look.objects.filter(person=user, item__media=media)
    undecided, to_confirm = ~Q(state=ReviewItem.State.DECIDED), Q(confirmation=ReviewItem.Confirmation.OPEN)
    awaited = ReviewItem.objects.filter(undecided | to_confirm, media=media)
    usable = KnownAnswer.objects.filter(
        retired_at=None, item__media__evidence__isnull=False, item__media__evidence__erased_at=None
    )
    usable = usable.filter(item__verdict__superseded_by=None).exclude(designated_by=user)
    usable = usable.filter(~Exists(answered), ~Exists(looked), ~Exists(awaited))
    return usable.select_related("item__media")


def close_known_answer(item: ReviewItem, user: User, now: dt.datetime) -> None:
    """The answer is in: the item is done, without a verdict, a notice or anything else that follows."""
    item.state, item.decided_at = ReviewItem.State.DECIDED, now
    item.save(update_fields=["state", "decided_at"])
    record("known_answer.answered", item.public_id, actor=user, at=now)


def _answers() -> QuerySet[Assessment]:
    """Answers about items whose answer is known and still stands."""
    given = Assessment.objects.filter(
        item__known_answer__isnull=False, item__known_answer__item__verdict__superseded_by=None
    )
    return given.select_related("analyst", "item__known_answer__item__verdict").order_by("-made_at", "-pk")


def results_for(user: User) -> list[KnownResult]:
    """This person's own results, newest first."""
    found = []
    for answer in _answers().filter(analyst=user):
        verdict = answer.item.known_answer.item.verdict if answer.item.known_answer else None
        if verdict is not None:
            found.append(KnownResult(answer.item.public_id, answer.made_at, _is_same(answer, verdict), answer, verdict))
    return found


def rates() -> list[KnownRate]:
    """For managers: each analyst's counts, by name."""
    counts: dict[str, list[int]] = {}
    for answer in _answers().order_by("analyst__display_name", "pk"):
        known = answer.item.known_answer
        if known is None:
            continue
        entry = counts.setdefault(answer.analyst.display_name, [0, 0])
        entry[0] += 1
        entry[1] += _is_same(answer, known.item.verdict)
    return [KnownRate(name, answered, same) for name, (answered, same) in counts.items()]


def _is_same(answer: Assessment, verdict: Verdict) -> bool:
    answered = (answer.outcome, answer.category, answer.notice_type, answer.sub_type)
    return answered == (verdict.outcome, verdict.category, verdict.notice_type, verdict.sub_type)
