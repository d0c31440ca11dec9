"""A verdict reviewed on request, by a senior analyst who was not involved (R70).

The request opens an item of its own with the same sightings, answered blind by one senior who never answered about
this picture. It pauses nothing: a notice goes on until the verdict is changed (R58). Upheld, nothing changes. Changed,
a new verdict supersedes the old one: the own list follows it, the old notice is withdrawn
(``handovers.verdict_withdrawn``), and a removal of another kind gets a notice of its own.

Two reviews are asked for by rule, where it was decided that nothing is to be done: police identify the child (R29,
R74), as happens to adolescents who were taken for adults; or a survivor asks for the removal (``asked``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.criteria import Decision, decide, on_one_place
from orbweaver.assess.review.handovers import VerdictsIdentified, VerdictWithdrawn, verdict_withdrawn
from orbweaver.assess.review.judging import criteria_of
from orbweaver.assess.review.messages import (
    APPEAL_INCOMPLETE,
    CHILD_IDENTIFIED,
    MAY_NOT_APPEAL,
    NO_SUCH_VERDICT,
    UNDER_REVIEW,
    VERDICT_CHANGED,
)
from orbweaver.assess.review.models import Appeal, Assessment, ReviewItem, Verdict
from orbweaver.assess.review.opening import open_each_alone
from orbweaver.assess.review.own_list import restate_own_list
from orbweaver.assess.review.rules import rank_at
from orbweaver.assess.review.verdicts import answers_of, decide_item
from orbweaver.detect.hashlists.models import Identified
from orbweaver.errors import Conflict, InvalidInput, Message, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record


@transaction.atomic
def request_review(verdict_public_id: str, *, by: User | None, requester: str, reason: str, now: dt.datetime) -> Appeal:
    """Ask that a verdict be reviewed. ``by`` is None where somebody outside asks; ``requester`` says who, in a word.

    Raises InvalidInput (no such verdict, nothing said), Conflict (under review already, or superseded), NotAllowed.
    """
    if by is not None and not by.may(Permission.APPEAL_OPEN):
        raise NotAllowed(MAY_NOT_APPEAL)
    if not requester.strip() or not reason.strip():
        raise InvalidInput(APPEAL_INCOMPLETE)
    verdict = Verdict.objects.select_for_update().filter(public_id=verdict_public_id).first()
    if verdict is None:
        raise InvalidInput(NO_SUCH_VERDICT)
    if verdict.superseded_by_id is not None:
        raise Conflict(VERDICT_CHANGED)
    if verdict.appeals.filter(decided_at=None).exists():
        raise Conflict(UNDER_REVIEW)
    appeal = _open(verdict, by, requester.strip(), reason.strip(), now)
    record("appeal.opened", appeal.public_id, actor=by, details={"verdict": verdict.public_id}, at=now)
    return appeal


def ask_anew(identified: VerdictsIdentified) -> None:
    """Have reviewed, before all else, what nothing was to be done about, once police have identified the child."""
    for verdict in identified.verdicts:
        refused = verdict.outcome == Verdict.Outcome.NO_ACTION and verdict.identified == Identified.IDENTIFIED
        if not refused or verdict.appeals.filter(decided_at=None).exists():
            continue
        appeal = open_by_rule(verdict, "police", CHILD_IDENTIFIED, identified.now)
        record("appeal.opened", appeal.public_id, details={"verdict": verdict.public_id}, at=identified.now)


def open_by_rule(verdict: Verdict, requester: str, because: Message, now: dt.datetime) -> Appeal:
    """Have a verdict reviewed before all else, as a rule asks. Raises Conflict where it is under review already."""
    return _open(verdict, None, requester, "", now, because)


def _open(
    verdict: Verdict, by: User | None, requester: str, reason: str, now: dt.datetime, because: Message | None = None
) -> Appeal:
    item = ReviewItem.objects.create(
        media=verdict.media,
        reason=ReviewItem.Reason.APPEAL,
        rank_at=rank_at(now, listed=True, exact=True, at_once=because is not None),
        required=1,
        created_at=now,
    )
    item.sightings.set(verdict.item.sightings.all())
    try:
        with transaction.atomic():
            return Appeal.objects.create(
                verdict=verdict,
                item=item,
                requested_by=by,
                requester=requester,
                reason=reason,
                because=because,
                opened_at=now,
            )
    except IntegrityError:
        raise Conflict(UNDER_REVIEW) from None


def without_appeals_closed_to(
    user: User, items: QuerySet[ReviewItem], own: Collection[int] | None = None
) -> QuerySet[ReviewItem]:
    """Leave out reviews that this person may not decide: no senior, asked for it, or answered about the picture.

    ``own``: ``accounts_of`` the person, where that was asked before.
    """
    appeals = Q(reason=ReviewItem.Reason.APPEAL)
    if not user.may(Permission.ITEM_ADJUDICATE):
        return items.exclude(appeals)
    theirs = accounts_of(user) if own is None else own
    answered = Assessment.objects.filter(analyst__in=theirs, item__media=OuterRef("media"))
    asked = Appeal.objects.filter(requested_by__in=theirs, item=OuterRef("pk"))
    return items.exclude(appeals & (Exists(asked) | Exists(answered)))


def conclude(item: ReviewItem, answer: Assessment, now: dt.datetime) -> Verdict | None:
    """What a senior's answer about an appealed verdict leads to: the new verdict, or None: the old one is upheld."""
    appeal = item.appeal
    old = Verdict.objects.select_for_update().get(pk=appeal.verdict_id)
    new = None
    if _is_same(old, decide(answers_of(answer), criteria_of(item, now))):
        appeal.outcome = Appeal.Outcome.UPHELD
        item.state, item.decided_at = ReviewItem.State.DECIDED, now
        item.save(update_fields=["state", "decided_at"])
    else:
        appeal.outcome = Appeal.Outcome.CHANGED
        new = decide_item(item, [answer], Verdict.By.APPEAL, now)
        supersede([old], new, now)
    appeal.decided_at = now
    appeal.save(update_fields=["outcome", "decided_at"])
    details = {"outcome": appeal.outcome, "verdict": old.public_id}
    record("appeal.decided", appeal.public_id, actor=answer.analyst, details=details, at=now)
    return new


def _is_same(verdict: Verdict, decision: Decision) -> bool:
    answered = (decision.outcome, decision.category or "", decision.notice_type or "", decision.sub_type)
    return answered == (verdict.outcome, verdict.category, verdict.notice_type, verdict.sub_type)


def supersede(old: Sequence[Verdict], new: Verdict, now: dt.datetime) -> None:
    """Old verdicts on the same bytes no longer hold, nor do those that the policy of R12 copied when nothing is to go.

    Nor do the copies when the new one is about one place: at theirs nobody has looked. In the caller's transaction.
    """
    replaced, alone = list(old), on_one_place(new.sub_type)
    if alone or new.outcome == Verdict.Outcome.NO_ACTION:
        copies = Verdict.objects.select_for_update().filter(
            media=new.media, decided_by=Verdict.By.POLICY, superseded_by=None, outcome=Verdict.Outcome.REMOVE
        )
        replaced += list(copies.exclude(pk__in=[each.pk for each in old]).order_by("pk"))
    for verdict in replaced:
        verdict.superseded_by = new
        verdict.save(update_fields=["superseded_by"])
        if verdict.outcome == Verdict.Outcome.REMOVE:
            verdict_withdrawn.announce(VerdictWithdrawn(verdict, new, now))
    if alone:
        restate_own_list(new.media, now, reason="a later verdict")
        for copy in replaced[len(old) :]:
            open_each_alone(copy.item.sightings.order_by("first_seen_at", "pk"), copy.item, now)
