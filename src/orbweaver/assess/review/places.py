"""Sub-type b is a verdict on one place, never on bytes (R32, ADR 12): which one, and what becomes of the others."""

from __future__ import annotations

from orbweaver.assess.criteria import Outcome, on_one_place
from orbweaver.assess.review.messages import PLACE_OF_ANOTHER_ITEM
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput


def place_of(item: ReviewItem, public_id: str = "") -> Sighting:
    """The place that an answer of sub-type b is about: the one named, else the item's first. Raises InvalidInput."""
    places = item.sightings.order_by("first_seen_at", "pk")
    found = places.filter(public_id=public_id).first() if public_id else places.first()
    if found is None:
        raise InvalidInput(PLACE_OF_ANOTHER_ITEM)
    return found


def leave_the_others(item: ReviewItem, place: Sighting | None) -> list[Sighting]:
    """Leave the item its one judged place; the others, which nobody has judged, in the order of time."""
    judged = place or place_of(item)
    others = list(item.sightings.exclude(pk=judged.pk).order_by("first_seen_at", "pk"))
    item.sightings.remove(*others)
    return others


def is_judged_by_place(media: Media) -> bool:
    """Whether the latest removal of these bytes that stands is about one place: each further is then asked about."""
    removals = Verdict.objects.filter(media=media, outcome=Outcome.REMOVE, superseded_by=None)
    latest = removals.order_by("-decided_at", "-pk").values_list("sub_type", flat=True).first()
    return latest is not None and on_one_place(latest)
