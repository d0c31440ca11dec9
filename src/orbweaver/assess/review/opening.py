"""Opening items for review; the one way past it is the written policy of R12, which is off unless switched on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import IntegrityError, transaction

from orbweaver.assess.criteria import Category, Outcome
from orbweaver.assess.governance.selectors import in_force
from orbweaver.assess.review.clusters import join_cluster
from orbweaver.assess.review.handovers import VerdictReached, verdict_reached
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.assess.review.novelty import of_police
from orbweaver.assess.review.places import is_judged_by_place
from orbweaver.assess.review.rules import rank_at
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry
from orbweaver.detect.held.finding import copies_of
from orbweaver.detect.matching.handovers import SightingsRecorded
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.selectors import asked_for, is_asked_for
from orbweaver.detect.media.models import Media
from orbweaver.people.audit.services import record


def open_for_recorded(recorded: SightingsRecorded) -> None:
    """Put what was just recorded before the analysts."""
    open_items(recorded.sightings, recorded.now)


@transaction.atomic
def open_items(sightings: Iterable[Sighting], now: dt.datetime) -> list[ReviewItem]:
    """Put sightings before the analysts, in the caller's transaction. A sighting that has an item is left alone.

    Sightings of one medium share an item until somebody takes or assesses it; later ones wait for the next item of that
    medium, which opens when this one is decided. Where sub-type b was the verdict, each place has an item of its own.
    """
    items = []
    for sighting in sorted(sightings, key=lambda each: each.media_id):
        if sighting.review_items.exists():
            continue
        item = _decided_by_policy(sighting, now) or _item_for(sighting, now)
        if item is not None:
            item.sightings.add(sighting)
            items.append(item)
    return items


def open_left_over(media: Media, now: dt.datetime) -> list[ReviewItem]:
    """Open the next item for sightings of a medium that arrived while it was being assessed."""
    return open_items(Sighting.objects.filter(media=media, review_items__isnull=True), now)


def open_each_alone(sightings: Iterable[Sighting], split_from: ReviewItem, now: dt.datetime) -> list[ReviewItem]:
    """An item for each of these sightings, whose bytes were judged at another place by sub-type b (R32)."""
    waiting = ReviewItem.objects.exclude(state=ReviewItem.State.DECIDED)
    return [_open_alone(each, split_from, now) for each in sightings if not waiting.filter(place=each).exists()]


def _open_alone(sighting: Sighting, split_from: ReviewItem | None, now: dt.datetime) -> ReviewItem:
    item = _create_item(sighting, now, alone=True, split_from=split_from)
    item.sightings.add(sighting)
    return item


def _item_for(sighting: Sighting, now: dt.datetime) -> ReviewItem | None:
    """The open item that this sighting may join, a new one, or None while the open one is being assessed."""
    if is_judged_by_place(sighting.media):
        return _open_alone(sighting, None, now)
    item = _open_item(sighting.media)
    if item is None:
        try:
            with transaction.atomic():
                return _create_item(sighting, now)
        except IntegrityError:  # another process was quicker
            item = _open_item(sighting.media)
        if item is None:  # and its item is decided already; nothing else would take this sighting up
            return _create_item(sighting, now)
    if item.leased_to_id is not None or item.assessments.exists():
        return None
    return item


def _open_item(media: Media) -> ReviewItem | None:
    """The open item of a medium that awaits its verdict.

    Neither a review on request nor one whose answer is known, nor one about a single place.
    """
    waiting = ReviewItem.objects.select_for_update().filter(media=media, known_answer=None, place=None)
    return waiting.exclude(state=ReviewItem.State.DECIDED).exclude(reason=ReviewItem.Reason.APPEAL).first()


def _create_item(
    sighting: Sighting, now: dt.datetime, *, alone: bool = False, split_from: ReviewItem | None = None
) -> ReviewItem:
    """``alone``: no other sighting joins it, and it has no look-alikes: each place is looked at and asked about."""
    item = ReviewItem(
        media=sighting.media,
        reason=_reason(sighting),
        rank_at=rank_of(sighting, now),
        required=ReviewSettings.current().review_required_assessments,
        created_at=now,
        place=sighting if alone else None,
        split_from=split_from,
    )
    if not alone:
        join_cluster(item)
    item.save()
    record("item.opened", item.public_id, details={"reason": item.reason}, at=now)
    return item


def _reason(sighting: Sighting) -> ReviewItem.Reason:
    if sighting.matches.exists():
        return ReviewItem.Reason.MATCH
    if sighting.report_id is not None or sighting.asked.exists():
        return ReviewItem.Reason.REPORT
    return ReviewItem.Reason.COPY if copies_of([bytes(sighting.media.sha256)]) else ReviewItem.Reason.SERIES


def rank_of(sighting: Sighting, opened_at: dt.datetime) -> dt.datetime:
    """The instant by which an item that opens with this sighting is ordered in the queue.

    What no list of police holds comes before what they have long known (R76), whoever found it.
    """
    listed = of_police(sighting.matches.select_related("entry__hash_list"))
    asked = bool(asked_for([sighting]))
    return rank_at(opened_at, listed=bool(listed), exact=any(match.exact for match in listed), at_once=asked)


def _decided_by_policy(sighting: Sighting, now: dt.datetime) -> ReviewItem | None:
    """R12: bytes that our analysts verified as csam under the criteria in force, undisputed, need no look.

    A picture that a survivor asks for always gets one, wherever it is seen.
    """
    if not ReviewSettings.current().policy_exact_verified:
        return None
    earlier = (
        Verdict.objects.filter(media=sighting.media, criteria_version=in_force(now).version)
        .exclude(decided_by=Verdict.By.POLICY)
        .order_by("-decided_at")
        .first()
    )
    if earlier is None or earlier.outcome != Outcome.REMOVE or earlier.category != Category.CSAM:
        return None
    if _is_disputed(sighting.media) or not _acts_alone(sighting.media):
        return None
    if asked_for([sighting]) or is_asked_for(sighting.media):
        return None
    item = ReviewItem.objects.create(
        media=sighting.media,
        reason=ReviewItem.Reason.MATCH,
        state=ReviewItem.State.DECIDED,
        rank_at=now,
        required=0,
        criteria_version=earlier.criteria_version,
        created_at=now,
        decided_at=now,
    )
    verdict = Verdict.objects.get(pk=earlier.pk)
    verdict.pk = None
    verdict.public_id = Verdict._meta.get_field("public_id").get_default()
    verdict.item, verdict.decided_at, verdict.handed_over_at = item, now, None
    verdict.decided_by = Verdict.By.POLICY
    verdict._state.adding = True
    verdict.save()
    record("verdict.policy", verdict.public_id, details={"earlier": earlier.public_id}, at=now)
    verdict_reached.announce(VerdictReached(verdict, now, now))
    return item


def _acts_alone(media: Media) -> bool:
    """Whether as many analysts agreed on these bytes as the setting asks before a hash acts by itself."""
    own = HashListEntry.objects.filter(hash_list__kind=HashList.Kind.OWN, state=HashListEntry.State.ACTIVE)
    return own.filter(media=media, acts_alone=True).exists()


def _is_disputed(media: Media) -> bool:
    disputed = EntryHash.objects.filter(entry__state=HashListEntry.State.DISPUTED, withdrawn=False)
    return disputed.filter(kind="sha256", value=media.sha256).exists()
