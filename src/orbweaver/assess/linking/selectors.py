"""What stands around an item, for its page; suggestions and referrals for theirs. Nothing here breaks blindness:
earlier decisions come only after one's own answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum

from orbweaver.assess.linking.models import Marker, Neighbour, SeriesSuggestion, TextFlag, UrgentReferral
from orbweaver.assess.linking.rules import Evidence, from_json
from orbweaver.assess.review.models import Assessment, ReviewItem, Verdict
from orbweaver.assess.review.services import open_to
from orbweaver.assess.series.models import SeriesItem, VictimSeries
from orbweaver.assess.series.selectors import items_in_order, series_of
from orbweaver.assess.terms.models import WatchHit
from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.network.domains import for_people
from orbweaver.platform.network.urls import defang

STRIP = 24
"""Tiles of a series on the page of an item; the page of the series shows all."""
PLACES = 50
SHOWN = 10


@dataclass(frozen=True)
class Hosts:
    """Where a medium was seen: how many hosts, and the first of them by the alphabet as people read it (or "")."""

    count: int = 0
    first: str = ""


NOWHERE = Hosts()


@dataclass(frozen=True)
class Tile:
    """An item of a series without its picture: facts to know it by."""

    link: SeriesItem
    media: Media
    is_this: bool
    hosts: Hosts
    age_class: str
    children: int
    """How many children it shows, as was decided; 0: not said (R77)."""
    picture_available: bool


@dataclass(frozen=True)
class Strip:
    """A series along the continuum of its incident."""

    series: VictimSeries
    tiles: list[Tile]
    left_out: int


@dataclass(frozen=True)
class SeenHost:
    """A host where the medium was seen, defanged."""

    host: str
    sightings: int
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime


@dataclass(frozen=True)
class PageNeighbour:
    """A neighbour of the match on its page; ``steps`` away from it, at least one."""

    neighbour: Neighbour
    steps: int
    picture_available: bool


@dataclass(frozen=True)
class BesideOnPage:
    """A page on which the match stands, defanged, and what stands before it and after it, in the page's order."""

    page: str
    before: list[PageNeighbour]
    after: list[PageNeighbour]


@dataclass(frozen=True)
class Flag:
    """Terms of one list around the sightings of the item."""

    list_name: str
    language: str
    terms: list[str]
    times: int


@dataclass(frozen=True)
class WatchFlag:
    """Watch terms of one request on a page of the item: which kind and how often, never which words."""

    reference: str
    kind: str
    times: int


@dataclass(frozen=True)
class Suggested:
    """A suggestion as it is shown: its reasons, strongest first, and the series of either side."""

    suggestion: SeriesSuggestion
    evidence: list[Evidence]
    first_series: list[VictimSeries]
    second_series: list[VictimSeries]
    first_hosts: Hosts
    second_hosts: Hosts
    first_item: str
    """The newest item of the first medium, to be opened; "" when it has none."""
    second_item: str

    @property
    def needs_title(self) -> bool:
        """Whether accepting opens a new series."""
        return not self.first_series and not self.second_series

    @property
    def needs_merge(self) -> bool:
        """Whether each is in a series of its own."""
        return bool(self.first_series and self.second_series)


@dataclass(frozen=True)
class Surroundings:
    """All that stands around an item."""

    strips: list[Strip]
    places: list[SeenHost]
    markers: list[Marker]
    neighbours: list[BesideOnPage]
    flags: list[Flag]
    watch_flags: list[WatchFlag]
    suggestions: list[Suggested]
    earlier: list[Verdict] = field(default_factory=list)


def surroundings_of(item: ReviewItem, reader: User, *, answered: bool) -> Surroundings:
    """What stands around an item, as the reader may see it, who has, or has not, answered; nothing for whoever is
    bound, since it is others'."""
    if reader.bounds:
        return Surroundings([], [], [], [], [], [], [])
    series = series_of([item.media]).get(item.media_id, [])
    return Surroundings(
        strips=[strip_of(each, reader, item.media_id) for each in series],
        places=_places(item.media),
        markers=list(item.media.markers.filter(withdrawn_at=None).select_related("set_by").order_by("set_at")),
        neighbours=_neighbours(item),
        flags=_flags(item),
        watch_flags=_watch_flags(item),
        suggestions=suggested(Q(first=item.media) | Q(second=item.media), limit=SHOWN),
        earlier=list(_earlier(item)) if answered else [],
    )


def _earlier(item: ReviewItem) -> QuerySet[Verdict]:
    decided = item.media.verdicts.exclude(item=item).select_related("item")
    return decided.order_by("-decided_at", "-pk")[:SHOWN]


def strip_of(
    series: VictimSeries,
    reader: User,
    this_media: int | None = None,
    limit: int = STRIP,
    among: QuerySet[SeriesItem] | None = None,
) -> Strip:
    """The tiles of a series in the order of the continuum; the item that is looked at is always among them.

    What was decided of the item that is looked at, and of others that the reader may still be asked about, is left out:
    an earlier decision waits for one's own answer. Links that are not
    ``among`` these are not there for the reader.
    """
    rows = items_in_order(series)
    rows = rows if among is None else rows.filter(pk__in=among.values("pk"))
    shown = list(rows[: limit + 1])
    count = len(shown) if len(shown) <= limit else rows.order_by().count()
    del shown[limit:]
    if count > limit and this_media is not None and all(each.media_id != this_media for each in shown):
        shown += rows.filter(media=this_media)
    numbers = [each.media_id for each in shown]
    hosts = _hosts_of(numbers)
    decided = Verdict.objects.filter(media__in=numbers).exclude(media=this_media)
    if reader.may(Permission.ITEM_ASSESS):
        decided = decided.exclude(media__in=open_to(reader).filter(media__in=numbers).order_by().values("media"))
    decided_as = {
        medium: (age, children or 0)
        for medium, age, children in decided.order_by("decided_at").values_list("media_id", "age_class", "children")
    }
    archive = archive_is_on()
    tiles = [
        Tile(
            link=each,
            media=each.media,
            is_this=each.media_id == this_media,
            hosts=hosts.get(each.media_id, NOWHERE),
            age_class=decided_as.get(each.media_id, ("", 0))[0],
            children=decided_as.get(each.media_id, ("", 0))[1],
            picture_available=archive and each.media.evidence is not None and each.media.evidence.erased_at is None,
        )
        for each in shown
    ]
    return Strip(series, tiles, count - len(shown))


def _hosts_of(media: Iterable[int]) -> dict[int, Hosts]:
    """By medium; one that was seen nowhere is absent."""
    rows = Sighting.objects.filter(media__in=media).order_by().values_list("media")
    counted = rows.annotate(Count("host", distinct=True), Min("host"))
    return {medium: Hosts(count, for_people(first)) for medium, count, first in counted}


def _places(media: Media) -> list[SeenHost]:
    rows = (
        Sighting.objects.filter(media=media)
        .order_by()
        .values("host")
        .annotate(n=Count("pk"), first=Min("first_seen_at"), last=Max("last_seen_at"))
        .order_by("-last")[:PLACES]
    )
    return [SeenHost(defang(row["host"]), row["n"], row["first"], row["last"]) for row in rows]


def _neighbours(item: ReviewItem) -> list[BesideOnPage]:
    rows = Neighbour.objects.filter(sighting__in=item.sightings.all()).select_related("sighting", "held", "media")
    archive = archive_is_on()
    pages: dict[int, BesideOnPage] = {}
    for each in rows.order_by("sighting", "position", "pk"):
        page = pages.setdefault(each.sighting_id, BesideOnPage(defang(each.sighting.page_url), [], []))
        away = each.position - int(each.sighting.context.get("position") or 0)
        available = archive and each.state in (Neighbour.State.HELD, Neighbour.State.LINKED)
        (page.before if away < 0 else page.after).append(PageNeighbour(each, max(1, abs(away)), available))
    return list(pages.values())


def _flags(item: ReviewItem) -> list[Flag]:
    by_list: dict[int, Flag] = {}
    for each in TextFlag.objects.filter(sighting__in=item.sightings.all()).select_related("term_list"):
        so_far = by_list.get(each.term_list_id)
        terms = sorted({*(so_far.terms if so_far else ()), *each.terms})
        times = each.times + (so_far.times if so_far else 0)
        by_list[each.term_list_id] = Flag(each.term_list.name, each.term_list.language, terms, times)
    return list(by_list.values())


def _watch_flags(item: ReviewItem) -> list[WatchFlag]:
    pages = item.sightings.exclude(page_url_key=b"").order_by().values("page_url_key")
    rows = (
        WatchHit.objects.filter(url_key__in=pages, term__withdrawn_at=None)
        .order_by()
        .values("term__reference", "term__kind")
        .annotate(all_times=Sum("times"))
        .order_by("term__reference", "term__kind")
    )
    return [WatchFlag(row["term__reference"], row["term__kind"], row["all_times"]) for row in rows]


def open_suggestions(least: float = 0.0) -> QuerySet[SeriesSuggestion]:
    """Suggestions that wait for a person, strongest first; none of what was decided not to be a child."""
    found = SeriesSuggestion.objects.filter(state=SeriesSuggestion.State.OPEN, strength__gte=least)
    found = found.exclude(_is_no_child("first")).exclude(_is_no_child("second"))
    return found.select_related("first", "second").order_by("-strength", "pk")


def _is_no_child(side: str) -> Exists:
    """By the verdict in force: proof of age, or the last answer. A harmless picture of a child stays in reach."""
    answers = Assessment.objects.filter(item=OuterRef("item"), confirms=False).order_by("-made_at", "-pk")
    verdicts = Verdict.objects.filter(media=OuterRef(side), superseded_by=None, outcome=Verdict.Outcome.NO_ACTION)
    verdicts = verdicts.annotate(said_last=Subquery(answers.values("answers__is_child")[:1]))
    return Exists(verdicts.filter(Q(decided_by=Verdict.By.PROOF) | Q(said_last=False)))


def suggested(which: Q, limit: int) -> list[Suggested]:
    """Open suggestions that ``which`` chooses, strongest first.

    Most items have none: that is asked for first, at a tenth of what it costs to ask what each side is.
    """
    if not SeriesSuggestion.objects.filter(which, state=SeriesSuggestion.State.OPEN).exists():
        return []
    return as_shown(open_suggestions().filter(which)[:limit])


def as_shown(suggestions: Iterable[SeriesSuggestion]) -> list[Suggested]:
    """Suggestions with their reasons and the series of either side."""
    rows = list(suggestions)
    if not rows:
        return []
    media = [media for each in rows for media in (each.first, each.second)]
    found, items, hosts = series_of(media), _newest_items(media), _hosts_of([each.pk for each in media])
    return [
        Suggested(
            suggestion=each,
            evidence=from_json(each.evidence),
            first_series=found.get(each.first_id, []),
            second_series=found.get(each.second_id, []),
            first_hosts=hosts.get(each.first_id, NOWHERE),
            second_hosts=hosts.get(each.second_id, NOWHERE),
            first_item=items.get(each.first_id, ""),
            second_item=items.get(each.second_id, ""),
        )
        for each in rows
    ]


def _newest_items(media: Iterable[Media]) -> dict[int, str]:
    """The public id of the newest item by medium."""
    items = ReviewItem.objects.filter(media__in=media, known_answer=None).order_by("created_at", "pk")
    return dict(items.values_list("media_id", "public_id"))


def suggested_for(series: VictimSeries, limit: int = SHOWN) -> list[Suggested]:
    """Open suggestions with one side in this series."""
    inside = SeriesItem.objects.filter(series=series, ended_at=None).values("media")
    return suggested(Q(first__in=inside) | Q(second__in=inside), limit)


def referrals() -> QuerySet[UrgentReferral]:
    """All urgent referrals, those that wait first, the oldest of these on top."""
    return UrgentReferral.objects.order_by(F("handed_over_at").desc(nulls_first=True), "made_at", "pk")


def with_all(referrals: QuerySet[UrgentReferral]) -> QuerySet[UrgentReferral]:
    """With marker, medium and people."""
    return referrals.select_related("marker__media", "marker__set_by", "marker__item", "taken_by")


def referrals_waiting() -> int:
    """Urgent referrals that were not handed over yet."""
    return UrgentReferral.objects.exclude(state=UrgentReferral.State.HANDED_OVER).count()


def places_of(media: Media) -> list[Sighting]:
    """The latest sightings of a medium, for the liaison: exact addresses are needed there."""
    return list(media.sightings.order_by("-last_seen_at")[:SHOWN])
