"""The queue narrowed by what is said of media and their places: markers, words near imagery; and shown on its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from orbweaver.assess.linking.models import Marker, TextFlag
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.terms.models import WatchHit
from orbweaver.detect.matching.models import Sighting


@dataclass(frozen=True)
class Narrowing:
    """``marker``: a kind of marker that stands; ``words``: ``flagged`` (R18) or ``watched`` (R19). "" leaves all."""

    marker: str = ""
    words: str = ""

    def __call__(self, items: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """The items of which it holds."""
        if self.marker:
            standing = Marker.objects.filter(media=OuterRef("media"), kind=self.marker, withdrawn_at=None)
            items = items.filter(Exists(standing))
        seen = Sighting.objects.filter(review_items=OuterRef("pk"))
        if self.words == "flagged":
            items = items.filter(Exists(seen.filter(Exists(TextFlag.objects.filter(sighting=OuterRef("pk"))))))
        elif self.words == "watched":
            hits = WatchHit.objects.filter(url_key=OuterRef("page_url_key"), term__withdrawn_at=None)
            items = items.filter(Exists(seen.filter(Exists(hits))))
        return items


@dataclass
class Marks:
    """What a row of the queue says of its item: kinds of its markers, and which words stand near it."""

    markers: list[str] = field(default_factory=list)
    flagged: bool = False
    watched: bool = False


def marks_of(public_ids: Iterable[str]) -> dict[str, Marks]:
    """By the public id of the item, of those of which anything is said."""
    found: dict[str, Marks] = defaultdict(Marks)
    items = ReviewItem.objects.filter(public_id__in=list(public_ids))
    standing = items.filter(media__markers__withdrawn_at=None, media__markers__isnull=False)
    for name, kind in standing.order_by("media__markers__set_at").values_list("public_id", "media__markers__kind"):
        found[name].markers.append(kind)
    for words in ("flagged", "watched"):
        for name in Narrowing(words=words)(items).values_list("public_id", flat=True):
            setattr(found[name], words, True)
    return dict(found)
