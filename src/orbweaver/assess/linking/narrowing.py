"""The queue narrowed by what is said of media and their places: markers, words near imagery, how many children a series
is of; and shown on its rows.

How many children a picture shows is known only by answers, which are blind (R77). What the queue may say before them is
how many children its series has been said to be of, which stands on the page of the series as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Count, Exists, OuterRef, QuerySet

from orbweaver.assess.linking.models import Marker, TextFlag
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.series.models import SeriesItem, Victim
from orbweaver.assess.terms.models import WatchHit
from orbweaver.detect.matching.models import Sighting

MANY: Final = 3
"""So many children and more are one group, as in the figures."""


@dataclass(frozen=True)
class Narrowing:
    """``marker``: a kind of marker that stands; ``words``: ``flagged`` (R18) or ``watched`` (R19). "" leaves all.

    ``children``: how many a series of the medium is of, ``MANY`` for so many and more; 0 leaves all.
    """

    marker: str = ""
    words: str = ""
    children: int = 0

    def __call__(self, items: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """The items of which it holds."""
        if self.marker:
            markers = Marker.objects.filter(media=OuterRef("media"), kind=self.marker, withdrawn_at=None)
            items = items.filter(Exists(markers))
        seen = Sighting.objects.filter(review_items=OuterRef("pk"))
        if self.words == "flagged":
            items = items.filter(Exists(seen.filter(Exists(TextFlag.objects.filter(sighting=OuterRef("pk"))))))
        elif self.words == "watched":
            hits = WatchHit.objects.filter(url_key=OuterRef("page_url_key"), term__withdrawn_at=None)
            items = items.filter(Exists(seen.filter(Exists(hits))))
        if self.children:
            series = Victim.objects.order_by().values("series").annotate(n=Count("pk"))
            counted = series.filter(n__gte=MANY) if self.children >= MANY else series.filter(n=self.children)
            linked = SeriesItem.objects.filter(ended_at=None, series__in=counted.values("series"))
            items = items.filter(Exists(linked.filter(media=OuterRef("media"))))
        return items


@dataclass
class Marks:
    """What a row of the queue says of its item: kinds of its markers, which words stand near it, and how many children
    the series is of that it belongs to (the one with most; 0: nobody said)."""

    markers: list[str] = field(default_factory=list)
    flagged: bool = False
    watched: bool = False
    children: int = 0


def marks_of(public_ids: Iterable[str]) -> dict[str, Marks]:
    """By the public id of the item, of those of which anything is said."""
    found: dict[str, Marks] = defaultdict(Marks)
    items = ReviewItem.objects.filter(public_id__in=list(public_ids))
    marked = items.filter(media__markers__withdrawn_at=None, media__markers__isnull=False)
    for name, kind in marked.order_by("media__markers__set_at").values_list("public_id", "media__markers__kind"):
        found[name].markers.append(kind)
    for words in ("flagged", "watched"):
        for name in Narrowing(words=words)(items).values_list("public_id", flat=True):
            setattr(found[name], words, True)
    linked = (
        items.filter(media__series_items__ended_at=None).values("public_id", "media__series_items__series").order_by()
    )
    for row in linked.annotate(n=Count("media__series_items__series__victims")).filter(n__gt=0):
        found[row["public_id"]].children = max(found[row["public_id"]].children, row["n"])
    return dict(found)
