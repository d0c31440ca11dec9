"""A series as police see it: what they do not know before what they do, by family and time, with where each was seen.

A family is what shows one picture: near-duplicates by the rule of look-alikes, and copies that pixels prove (R78).
Nothing here holds a picture: who wants to see one asks for it (``looking.look_in_series``).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Max, Min, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from orbweaver.assess.linking.rules import families_of
from orbweaver.assess.linking.selectors import PLACES, SHOWN, Tile, strip_of, suggested_for
from orbweaver.assess.review.clusters import are_alike, pictures_of
from orbweaver.assess.review.likeness import distance, same_shape
from orbweaver.assess.review.novelty import YEAR, Novelty, novelty_of
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.assess.series.models import PoliceWord, SeriesChange, SeriesItem, VictimSeries
from orbweaver.assess.series.rules import OF_OTHERS
from orbweaver.assess.series.selectors import series_of
from orbweaver.detect.held.models import FoundCopy
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.rules import Decision
from orbweaver.detect.media.models import Media
from orbweaver.people.accounts.models import User

MOST = 200
"""Media of a series on its page, as on the one for analysts."""
PHOTOGRAPHED = "screen"
"""The edit of a print or a screen that a camera saw at an angle."""


@dataclass(frozen=True)
class CopyOf:
    """What a medium shows, as its pixels prove: the original, in whichever series it is."""

    original: Media
    series: list[VictimSeries]
    """The other series that the original is in; none where it stands in this one or in none."""
    is_here: bool
    is_photographed: bool
    edits: list[str]
    """What was done to it besides, as codes for words."""


@dataclass(frozen=True)
class MediumForPolice:
    """A medium of the series, without its picture."""

    tile: Tile
    novelty: Novelty
    places: list[Sighting]
    """The latest sightings, with exact addresses."""
    copies: list[CopyOf]
    said: list[PoliceWord]


@dataclass(frozen=True)
class Family:
    """Media that show one picture, the first that was seen on top."""

    media: list[MediumForPolice]

    @property
    def is_new(self) -> bool:
        """No police list holds any of it, and no force said a word of it (R76)."""
        return not any(each.novelty.of_police for each in self.media)

    @property
    def first_seen_at(self) -> dt.datetime:
        """When the first of it was seen here."""
        return min(each.tile.media.first_seen_at for each in self.media)


@dataclass(frozen=True)
class Place:
    """A host on which media of the series were seen."""

    host: str
    media: int
    sightings: int
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime


@dataclass(frozen=True)
class Beside:
    """Another series that has to do with this one, and why: ``shares``, ``may_belong`` or ``split``."""

    series: VictimSeries
    because: str


@dataclass(frozen=True)
class SeriesForPolice:
    """All of a series that stands on the page of law enforcement's liaison."""

    families: list[Family]
    places: list[Place]
    beside: list[Beside]
    left_out: int
    """Media beyond what one page shows."""
    unmatched: int
    """Media that do not hold the words that were asked for."""

    @property
    def media(self) -> list[MediumForPolice]:
        """All media, family by family."""
        return [each for family in self.families for each in family.media]

    @property
    def most_children(self) -> int:
        """How many children one picture shows at most, as was decided; 0: not said (R77)."""
        return max((each.tile.children for each in self.media), default=0)


@dataclass(frozen=True)
class Own:
    """All that a reader whose role is bound may see: media, what was said of them, and that they are in a series."""

    media: QuerySet[Media]
    words: QuerySet[PoliceWord]
    links: QuerySet[SeriesItem]


def for_police(
    series: VictimSeries, reader: User, now: dt.datetime, words: str = "", own: Own | None = None
) -> SeriesForPolice:
    """The series for this reader; with ``words``, only media of which an analyst wrote all of them (R79); of what
    there is, the reader's ``own`` alone."""
    strip = strip_of(series, reader, limit=MOST, among=None if own is None else own.links)
    if own is not None:
        _keep_to_analysts(strip.tiles)
    tiles = [each for each in strip.tiles if _is_described(each.link, words)]
    media = [each.media for each in tiles]
    places, copies = _places_of(media), _copies(series, media, own)
    said = _said(media, own)
    novelty = _novelty(media, now) if own is None else {each.pk: _as_own(each, said[each.pk], now) for each in media}
    shown = [
        MediumForPolice(
            tile=each,
            novelty=novelty[each.media.pk],
            places=places[each.media.pk],
            copies=copies[each.media.pk],
            said=said[each.media.pk],
        )
        for each in tiles
    ]
    return SeriesForPolice(
        families=_families(shown),
        places=_places(media),
        beside=_beside(series, own),
        left_out=strip.left_out,
        unmatched=len(strip.tiles) - len(tiles),
    )


def _keep_to_analysts(tiles: Iterable[Tile]) -> None:
    """Leave out of each link what says that others than analysts put it there, or why: a force, or a list of theirs."""
    for each in tiles:
        link = each.link
        link.because = None
        link.further = [more for more in link.further if more.get("reason") not in OF_OTHERS]
        if link.reason in OF_OTHERS:
            link.reason, link.words = "", ""


def _said(media: Sequence[Media], own: Own | None) -> dict[int, list[PoliceWord]]:
    """What police said of each, the latest first."""
    rows = PoliceWord.objects.all() if own is None else own.words
    found: dict[int, list[PoliceWord]] = {each.pk: [] for each in media}
    for word in rows.filter(media__in=[each.pk for each in media]).order_by("-on", "-pk"):
        found[word.media_id].append(word)
    return found


def _as_own(media: Media, said: Sequence[PoliceWord], now: dt.datetime) -> Novelty:
    """The same as lists and other forces would say, by the reader's own words and our sightings alone."""
    return Novelty(bool(said), media.first_seen_at, max(0, (now - media.first_seen_at) // YEAR))


def _is_described(link: SeriesItem, words: str) -> bool:
    written = " ".join([link.words, *(each.get("words", "") for each in link.further)]).casefold()
    return all(word in written for word in words.casefold().split())


def _novelty(media: Sequence[Media], now: dt.datetime) -> dict[int, Novelty]:
    matches = Match.objects.filter(sighting__media__in=media).select_related("sighting", "entry__hash_list")
    by_medium: defaultdict[int, list[Match]] = defaultdict(list)
    for match in matches.order_by("sighting__media", "entry", "pk").distinct("sighting__media", "entry"):
        by_medium[match.sighting.media_id].append(match)
    return {each.pk: novelty_of(each, by_medium[each.pk], now) for each in media}


def _places_of(media: Sequence[Media]) -> defaultdict[int, list[Sighting]]:
    newest = Window(RowNumber(), partition_by="media", order_by=[F("last_seen_at").desc(), F("pk").desc()])
    found: defaultdict[int, list[Sighting]] = defaultdict(list)
    for each in Sighting.objects.filter(media__in=media).annotate(rank=newest).filter(rank__lte=SHOWN).order_by("rank"):
        found[each.media_id].append(each)
    return found


def _places(media: Sequence[Media]) -> list[Place]:
    rows = Sighting.objects.filter(media__in=media).order_by().values("host")
    rows = rows.annotate(
        media_count=Count("media", distinct=True), n=Count("pk"), first=Min("first_seen_at"), last=Max("last_seen_at")
    )
    return [
        Place(row["host"], row["media_count"], row["n"], row["first"], row["last"])
        for row in rows.order_by("-last", "host")[:PLACES]
    ]


def _copies(series: VictimSeries, media: Sequence[Media], own: Own | None) -> defaultdict[int, list[CopyOf]]:
    by_bytes = {bytes(each.sha256): each.pk for each in media}
    rows = FoundCopy.objects.filter(sha256__in=list(by_bytes), decision=Decision.PROVED)
    proved = list(rows.select_related("held__media").order_by("-strength", "pk"))
    if own is not None:
        mine = set(own.media.filter(pk__in=[each.held.media_id for each in proved]).values_list("pk", flat=True))
        proved = [each for each in proved if each.held.media_id in mine]
    in_series = _series_of([each.held.media_id for each in proved], own)
    found: defaultdict[int, list[CopyOf]] = defaultdict(list)
    for row in proved:
        theirs = in_series.get(row.held.media_id, [])
        copy = CopyOf(
            original=row.held.media,
            series=[] if series in theirs else theirs,
            is_here=series in theirs,
            is_photographed=PHOTOGRAPHED in row.edits,
            edits=[f"edit_{each}" for each in row.edits if each != PHOTOGRAPHED],
        )
        found[by_bytes[bytes(row.sha256)]].append(copy)
    return found


def _series_of(media: Iterable[int], own: Own | None) -> dict[int, list[VictimSeries]]:
    """The series that each is part of, where the reader may see that it is."""
    numbers = list(media)
    found = series_of(numbers)
    if own is None:
        return found
    mine = set(own.links.filter(media__in=numbers).values_list("media", "series"))
    for each in (each for series in found.values() for each in series):
        each.title = each.public_id  # not saved: it may be another force's word
    return {medium: [each for each in series if (medium, each.pk) in mine] for medium, series in found.items()}


def _families(shown: Sequence[MediumForPolice]) -> list[Family]:
    """New ones first; within these, and within each family, by when they were first seen."""
    at = {each.tile.media.pk: number for number, each in enumerate(shown)}
    pairs = [
        (number, at[copy.original.pk])
        for number, each in enumerate(shown)
        for copy in each.copies
        if copy.original.pk in at
    ]
    pairs += _alike([each.tile.media for each in shown])
    found = [Family(sorted((shown[number] for number in each), key=_age)) for each in families_of(len(shown), pairs)]
    return sorted(found, key=lambda each: (not each.is_new, *_age(each.media[0])))


def _age(medium: MediumForPolice) -> tuple[dt.datetime, int]:
    return medium.tile.media.first_seen_at, medium.tile.media.pk


def _alike(media: Sequence[Media]) -> Iterable[tuple[int, int]]:
    """Pairs that are one picture by the rule of look-alikes; the cheap part of it is asked first."""
    pictures = [pictures_of(each) for each in media]
    sizes = [(each.width, each.height) for each in media]
    radius = ReviewSettings.current().review_cluster_radius
    for first, own in enumerate(pictures):
        for second in range(first + 1, len(pictures) if own else 0):
            theirs = pictures[second][:1]
            near = theirs and distance(own, theirs[0]) <= radius and same_shape(sizes[first], sizes[second])
            if near and are_alike(media[first], media[second]):
                yield first, second


def _beside(series: VictimSeries, own: Own | None) -> list[Beside]:
    """Other series that stand for themselves, each once, for the strongest of these reasons. To whoever is bound, those
    with an item of theirs in both: why else they may belong together was seen by others."""
    if own is not None:
        shared = _series_of(own.links.filter(series=series).values_list("media", flat=True), own)
        by_number = {each.pk: Beside(each, "shares") for found in shared.values() for each in found if each != series}
        return list(by_number.values())[:PLACES]
    media = list(series.items.filter(ended_at=None).values_list("media", flat=True))
    rows: list[tuple[VictimSeries, str]] = [(each, "shares") for found in series_of(media).values() for each in found]
    changes = SeriesChange.objects.filter(Q(source=series) | Q(target=series), undone_at=None)
    splits = changes.filter(kind=SeriesChange.Kind.SPLIT).select_related("source", "target").order_by("pk")
    rows += [(each, "split") for change in splits for each in (change.source, change.target)]
    rows += [
        (each, "may_belong")
        for suggested in suggested_for(series)
        for each in (*suggested.first_series, *suggested.second_series)
    ]
    kept = {each.pk: Beside(each, because) for each, because in reversed(rows) if each.merged_into_id is None}
    kept.pop(series.pk, None)
    return list(kept.values())[:PLACES]
