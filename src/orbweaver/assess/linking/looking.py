"""A look at another picture: beside an item, of its series or a neighbour on its page, or on the page of a series,
for analysts or for law enforcement's liaison. Counted like any look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from orbweaver.assess.linking.messages import (
    NO_SUCH_PICTURE,
    ONLY_POLICE_LOOK,
    PICTURE_NO_NEIGHBOUR,
    PICTURE_NOT_ARCHIVED,
    PICTURE_OF_NO_SERIES,
)
from orbweaver.assess.linking.models import Neighbour
from orbweaver.assess.review.models import Look, ReviewItem
from orbweaver.assess.review.services import may_look, require_right
from orbweaver.assess.review.wellbeing import note_activity, require_rest
from orbweaver.assess.series.models import VictimSeries
from orbweaver.assess.series.selectors import series_of
from orbweaver.detect.evidence.errors import EvidenceErased
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.media.models import Media
from orbweaver.detect.media.seeing import opened, opened_on_trial
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record

T = TypeVar("T")
Right = Callable[[User, dt.datetime], None]
"""Raises NotAllowed, in words, where this person may not look now."""


def right_of_liaison(user: User, now: dt.datetime) -> None:
    """Police see the pictures of a series without being trained to assess: they decide nothing about removal."""
    if not user.may(Permission.URGENT_HANDLE):
        raise NotAllowed(ONLY_POLICE_LOOK)


def look_side_by_side(item_id: str, other_id: str, user: User, now: dt.datetime, draw: Callable[[bytes], T]) -> T:
    """What ``draw`` makes of a medium (``med_…``) of the item's series or of a neighbour (``nbr_…``).

    For who holds the item; counted once there is something to show (``review.services.record_look``).
    Raises NotAllowed, LeaseLost, InvalidInput for what does not stand beside it, EvidenceErased; OnBreak or
    BudgetSpent when rest is due; and what ``draw`` raises.
    """
    shown = draw(opened(_beside(item_id, other_id, user, now)))
    with transaction.atomic():
        item = may_look(item_id, user, now)
        note_activity(user)
        Look.objects.create(item=item, person=user, at=now)
        record("item.looked_beside", item.public_id, actor=user, details={"other": other_id[:24]}, at=now)
    return shown


def try_side_by_side(item_id: str, other_id: str, user: User, now: dt.datetime, draw: Callable[[bytes], T]) -> T:
    """What a look would show, for nobody's eyes: not counted, and in the custody of the evidence. Raises as
    ``look_side_by_side``."""
    return draw(opened_on_trial(_beside(item_id, other_id, user, now), item_id, user, now))


def _beside(item_id: str, other_id: str, user: User, now: dt.datetime) -> EvidenceObject:
    item = may_look(item_id, user, now)
    stored = _neighbour(item, other_id) if other_id.startswith("nbr_") else _of_series(item, other_id)
    if stored is None:
        raise EvidenceErased(PICTURE_NOT_ARCHIVED)
    return stored


def look_in_series(
    series: VictimSeries,
    media_id: str,
    user: User,
    now: dt.datetime,
    draw: Callable[[bytes], T],
    *,
    right: Right = require_right,
) -> T:
    """What ``draw`` makes of a medium (``med_…``) of this series, for who works on its page; counted as a look at the
    newest item about it. ``right`` says by what they may. Raises NotAllowed, InvalidInput for what is not in it,
    EvidenceErased; OnBreak or BudgetSpent when rest is due; and what ``draw`` raises.
    """
    shown = draw(opened(_archived(series, media_id, user, now, right)))
    with transaction.atomic():
        right(user, now)
        require_rest(user)
        note_activity(user)
        Look.objects.create(item=_item_of(_in_series(series, media_id)), person=user, at=now)
        record("series.looked_at", series.public_id, actor=user, details={"media": media_id[:24]}, at=now)
    return shown


def try_in_series(
    series: VictimSeries,
    media_id: str,
    user: User,
    now: dt.datetime,
    draw: Callable[[bytes], T],
    *,
    right: Right = require_right,
) -> T:
    """What a look would show, for nobody's eyes: not counted, and in the custody of the evidence. Raises as
    ``look_in_series``."""
    return draw(opened_on_trial(_archived(series, media_id, user, now, right), series.public_id, user, now))


def _archived(series: VictimSeries, media_id: str, user: User, now: dt.datetime, right: Right) -> EvidenceObject:
    right(user, now)
    require_rest(user)
    media = _in_series(series, media_id)
    _item_of(media)
    if media.evidence is None:
        raise EvidenceErased(PICTURE_NOT_ARCHIVED)
    return media.evidence


def _in_series(series: VictimSeries, media_id: str) -> Media:
    media = Media.objects.select_related("evidence").filter(public_id=media_id).first()
    if media is None or series not in series_of([media]).get(media.pk, []):
        raise InvalidInput(PICTURE_OF_NO_SERIES)
    return media


def _item_of(media: Media) -> ReviewItem:
    item = ReviewItem.objects.filter(media=media, given_to=None).order_by("-pk").first()
    if item is None:
        raise InvalidInput(NO_SUCH_PICTURE)
    return item


def _of_series(item: ReviewItem, media_id: str) -> EvidenceObject | None:
    media = Media.objects.select_related("evidence").filter(public_id=media_id).first()
    if media is None:
        raise InvalidInput(NO_SUCH_PICTURE)
    found = series_of([item.media, media])
    mine = {each.pk for each in found.get(item.media_id, [])}
    if not mine & {each.pk for each in found.get(media.pk, [])}:
        raise InvalidInput(PICTURE_OF_NO_SERIES)
    return media.evidence


def _neighbour(item: ReviewItem, neighbour_id: str) -> EvidenceObject | None:
    found = (
        Neighbour.objects.select_related("held", "media__evidence")
        .filter(public_id=neighbour_id, sighting__in=item.sightings.all())
        .first()
    )
    if found is None:
        raise InvalidInput(PICTURE_NO_NEIGHBOUR)
    return found.held or (found.media.evidence if found.media is not None else None)
