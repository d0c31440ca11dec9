"""Look-alikes that wait together form a cluster, from the moment that an item opens.

The rule: two items belong together when their pictures are one picture, saved again. That is: PDQ within
``review_cluster_radius`` bits of it or of one of its turns, and the same proportions. A crop, a collage or a frame is
another picture and is assessed by itself (R28: a derived copy never inherits a category). Two films that only begin
alike are two films.
"""

from __future__ import annotations

from django.db.models import Q

from orbweaver.assess.review.films import is_film, is_one
from orbweaver.assess.review.likeness import distance, same_shape
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints.words import probes, words_of

OPEN = ~Q(state=ReviewItem.State.DECIDED) | Q(confirmation=ReviewItem.Confirmation.OPEN)
"""Items that somebody may still be asked about; the index of words holds these alone."""


def pictures_of(media: Media) -> list[bytes]:
    """The PDQ of a picture and of its turns, 32 bytes each; none where its quality is too low to compare by."""
    if media.pdq is None or (media.pdq_quality or 0) < MatchingSettings.current().match_quality_floor:
        return []
    turned = bytes(media.pdq_turned or b"")
    return [bytes(media.pdq), *(turned[at : at + 32] for at in range(0, len(turned), 32))]


def are_alike(one: Media, other: Media) -> bool:
    """Whether the two are one picture by the rule above; films are one only as a whole, and no film is a picture."""
    pictures = pictures_of(one)
    if not pictures or not pictures_of(other) or other.pdq is None:
        return False
    near = distance(pictures, bytes(other.pdq)) <= ReviewSettings.current().review_cluster_radius
    if not near or not same_shape((one.width, one.height), (other.width, other.height)):
        return False
    films = is_film(one), is_film(other)
    return is_one(one, other) if all(films) else not any(films)


def join_cluster(item: ReviewItem) -> None:
    """Put a new item with the open ones that look like it: one cluster, also when it joins two. Not saved.

    Of two that open at the same instant neither sees the other: both are assessed, each with its own look.
    """
    pictures = pictures_of(item.media)
    if not pictures:
        return
    item.words, item.cluster = words_of(pictures[0]), item.public_id
    keys = probes(pictures, ReviewSettings.current().review_cluster_radius)
    candidates = ReviewItem.objects.filter(OPEN, words__overlap=keys).select_related("media")
    found = sorted({each.cluster for each in candidates if are_alike(item.media, each.media)})
    if found:
        item.cluster = found[0]
        ReviewItem.objects.filter(cluster__in=found[1:]).update(cluster=found[0])
