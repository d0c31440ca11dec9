"""One look and one decision for look-alikes, with one assessment and one audit row for each item.

Which pictures count as one is the rule of ``clusters``. Sub-type b is a verdict on one page and is never given to
several (R32); a disagreement is for one senior, one at a time. Each item keeps its own context, on its page and in its
notice, and nobody is given an item that they may not assess.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from orbweaver.assess.criteria import Answers, decide, on_one_place
from orbweaver.assess.review.clusters import are_alike, pictures_of
from orbweaver.assess.review.errors import ItemChanged
from orbweaver.assess.review.judging import criteria_of, fix_criteria
from orbweaver.assess.review.likeness import distance
from orbweaver.assess.review.messages import CONTEXT_BY_ITSELF, ITEM_CHANGED
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.services import (
    AssessmentResult,
    assess,
    lead_back_from,
    lease,
    locked,
    open_to,
    require_right,
)
from orbweaver.assess.review.wellbeing import note_activity, require_rest
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.shared_clock import shared_now

MOST = 100
"""Items that can be decided together: as many as a person can read about on one page."""


@dataclass(frozen=True)
class Alike:
    """An item that may be decided with the one in hand, and in how many bits the pictures differ."""

    item: ReviewItem
    bits: int


def alike(item: ReviewItem, user: User) -> list[Alike]:
    """The items that this person may decide together with ``item``, nearest first. Never those of somebody else."""
    if not item.cluster or item.state == ReviewItem.State.DISAGREED:
        return []
    pictures = pictures_of(item.media)
    members = _free(open_to(user), user).filter(cluster=item.cluster).exclude(pk=item.pk)
    members = members.exclude(state=ReviewItem.State.DISAGREED).select_related("media")
    found = [
        Alike(each, distance(pictures, bytes(each.media.pdq or b"")))
        for each in members.order_by("rank_at", "pk")[:MOST]
        if are_alike(item.media, each.media)
    ]
    return sorted(found, key=lambda each: each.bits)


def _free(items: QuerySet[ReviewItem], user: User) -> QuerySet[ReviewItem]:
    return items.filter(Q(leased_to__isnull=True) | Q(leased_to=user) | Q(leased_until__lte=shared_now()))


@transaction.atomic
def take_alike(public_id: str, user: User, now: dt.datetime) -> list[Alike]:
    """Lease the look-alikes of an item in hand, so that nobody begins one meanwhile. Raises LeaseLost, NotAllowed."""
    require_right(user, now)
    require_rest(user)
    item = locked(public_id, user)
    lease(item, user, now)
    found = alike(item, user)
    _lock([each.item.pk for each in found])
    for each in found:
        fix_criteria(each.item, now)
        lease(each.item, user, now)
    return found


@transaction.atomic
def release_alike(public_id: str, user: User, now: dt.datetime) -> int:
    """Give back the look-alikes, not the item itself; returns how many."""
    item = ReviewItem.objects.filter(public_id=public_id).exclude(cluster="").first()
    if item is None:
        return 0
    held = ReviewItem.objects.filter(cluster=item.cluster, leased_to=user).exclude(pk=item.pk)
    names = list(held.values_list("public_id", flat=True))
    held.update(leased_to=None, leased_until=None)
    for name in names:
        record("item.released", name, actor=user, at=now)
    return len(names)


@dataclass(frozen=True)
class Together:
    """What came of one decision about several: one result an item, the looked-at one first, and what was left out."""

    results: list[AssessmentResult]
    left_out: list[str]


@transaction.atomic
def assess_together(
    public_id: str, versions: Mapping[str, int], user: User, answers: Answers, now: dt.datetime
) -> Together:
    """The same answers for the item in hand and the chosen look-alikes (``versions``: public id → version shown).

    An item that somebody else has by now, or that changed, is left out and named; the others are saved. Raises
    NotAllowed, LeaseLost, or InvalidInput, among others for sub-type b: nothing is saved then.
    """
    require_right(user, now)
    item = locked(public_id, user)
    if public_id not in versions or item.version != versions[public_id]:
        raise ItemChanged(ITEM_CHANGED)
    members = {each.item.public_id: each.item for each in alike(item, user)}
    _lock([each.pk for each in members.values()])
    chosen = [members[name] for name in versions if name in members and members[name].version == versions[name]]
    for each in (item, *chosen):
        _refuse_sub_type_b(each, answers, now)
    note_activity(user)
    results = [assess(item, user, answers, now)]
    results += [assess(each, user, answers, now, together_with=item) for each in chosen]
    saved = {result.item.public_id for result in results}
    details = {"items": len(saved)}
    record("item.decided_together", public_id, actor=user, details=details, at=now)
    lead_back_from(results, now)
    return Together(results, sorted(set(versions) - saved))


def _refuse_sub_type_b(item: ReviewItem, answers: Answers, now: dt.datetime) -> None:
    if on_one_place(decide(answers, criteria_of(item, now)).sub_type):
        raise InvalidInput(CONTEXT_BY_ITSELF)


def _lock(keys: Sequence[int]) -> None:
    list(ReviewItem.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))
