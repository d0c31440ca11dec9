"""Reads of series. Titles and references are for the workplace's pages alone; only ``counts`` may leave it."""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from django.db.models import (
    Case,
    Count,
    Exists,
    Func,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)

from orbweaver.assess.series.messages import NO_SUCH_SERIES
from orbweaver.assess.series.models import PoliceWord, SeriesChange, SeriesItem, SeriesName, Victim, VictimSeries
from orbweaver.assess.series.rules import CONTINUUM, Position, is_police_source, normal_name
from orbweaver.assess.series.settings import SeriesSettings
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput


@dataclass(frozen=True)
class SeriesCounts:
    """Series by who knows them (R14); merged ones are part of others and not counted."""

    known: int
    proposed: int


def counts(now: dt.datetime) -> SeriesCounts:
    """How many series police know and how many are proposed, of those opened by ``now``."""
    rows = dict(
        VictimSeries.objects.filter(merged_into=None, opened_at__lte=now)
        .order_by()
        .values_list("status")
        .annotate(Count("pk"))
    )
    return SeriesCounts(rows.get(VictimSeries.Status.KNOWN, 0), rows.get(VictimSeries.Status.PROPOSED, 0))


def get_series(public_id: str) -> VictimSeries:
    """The series of this public id, merged or not. Raises InvalidInput when there is none."""
    found = VictimSeries.objects.select_related("merged_into").filter(public_id=public_id).first()
    if found is None:
        raise InvalidInput(NO_SUCH_SERIES)
    return found


def listed(status: str = "", words: str = "") -> QuerySet[VictimSeries]:
    """Series that stand for themselves, latest first; by status, and by words of the title, of a police reference, or
    of what analysts wrote of clothing, rooms and objects (R79)."""
    found = VictimSeries.objects.filter(merged_into=None)
    if status in VictimSeries.Status.values:
        found = found.filter(status=status)
    for word in words.split()[:10]:
        named = Q(title__icontains=word) | Q(police_reference__icontains=word) | Q(public_id=word)
        found = found.filter(named | Q(Exists(_described(word))) | Q(Exists(_called(word))))
    return found.order_by("-pk")


def with_counts(series: QuerySet[VictimSeries]) -> QuerySet[VictimSeries]:
    """With ``item_count`` and ``victim_count``."""
    return series.annotate(
        item_count=Count("items", filter=Q(items__ended_at=None), distinct=True),
        victim_count=Count("victims", distinct=True),
    )


def _described(word: str) -> QuerySet[SeriesItem]:
    """Links of a series whose reason an analyst gave in these words, or later ones."""
    later = "jsonb_path_query_array(%(expressions)s, '$[*].words')::text"
    links = SeriesItem.objects.filter(series=OuterRef("pk"), ended_at=None)
    links = links.annotate(later=Func("further", template=later, output_field=TextField()))
    return links.filter(Q(words__icontains=word) | Q(later__icontains=word))


def _called(word: str) -> QuerySet[SeriesName]:
    """What suppliers and forces call a series."""
    return SeriesName.objects.filter(series=OuterRef("pk"), name__icontains=word)


def items_in_order(series: VictimSeries) -> QuerySet[SeriesItem]:
    """The items along the continuum: before, during, after, unknown; within each as they were linked."""
    order = [When(position=position, then=Value(index)) for index, position in enumerate(CONTINUUM)]
    return (
        series.items.filter(ended_at=None)
        .annotate(index=Case(*order, default=Value(len(CONTINUUM)), output_field=IntegerField()))
        .select_related("media__evidence", "linked_by")
        .order_by("index", "linked_at", "pk")
    )


def gaps_of(series: VictimSeries) -> list[Position]:
    """The parts of the incident from which the series holds nothing; none where it holds nothing at all."""
    there = set(series.items.filter(ended_at=None).values_list("position", flat=True))
    return [each for each in CONTINUUM if each is not Position.UNKNOWN and each not in there] if there else []


def ended_links(series: VictimSeries) -> QuerySet[SeriesItem]:
    """Links that somebody ended, latest first."""
    return series.items.exclude(ended_at=None).select_related("media", "linked_by", "ended_by").order_by("-ended_at")


def victims_of(series: VictimSeries) -> QuerySet[Victim]:
    """The victims, in the order they were added."""
    return series.victims.select_related("identified_by", "added_by").order_by("pk")


def numbers_of(series: VictimSeries) -> list[tuple[str, str, str]]:
    """What each supplier and force calls the series, and its numbers for it: names in normal form, side by side."""
    names = SeriesName.objects.filter(Q(series=series) | Q(series__merged_into=series)).order_by("supplier", "name")
    said = PoliceWord.objects.filter(said=PoliceWord.Said.SERIES).exclude(reference="")
    found = []
    for each in names:
        numbers = said.filter(source=each.supplier, series_name__iexact=each.name).order_by("reference")
        found.append((each.supplier, each.name, ", ".join(numbers.values_list("reference", flat=True).distinct()[:20])))
    return found


def history(series: VictimSeries) -> QuerySet[SeriesChange]:
    """Merges and splits that this series took part in, latest first, undone ones too."""
    return (
        SeriesChange.objects.filter(Q(source=series) | Q(target=series))
        .select_related("source", "target", "made_by", "undone_by")
        .annotate(move_count=Count("moves"))
        .order_by("-pk")
    )


def series_of(media: Iterable[Media | int]) -> dict[int, list[VictimSeries]]:
    """The series that each medium (by id) is part of now, in the order in which it was linked to them."""
    found: dict[int, list[VictimSeries]] = {}
    links = SeriesItem.objects.filter(media__in=list(media), ended_at=None).order_by("linked_at", "pk")
    for link in links.select_related("series__merged_into"):
        series = link.series
        while series.merged_into is not None:
            series = series.merged_into
        of_medium = found.setdefault(link.media_id, [])
        if series not in of_medium:
            of_medium.append(series)
    return found


@dataclass(frozen=True)
class Identification:
    """Who says that police have identified a child, and the day from which that is known."""

    source: str
    on: dt.date


def identification_in_series(media: Iterable[int]) -> dict[int, Identification]:
    """Of these media (by number), those in a series of which every victim is identified (R29), by the latest word."""
    series = series_of(media)
    numbers = {each.pk for found in series.values() for each in found}
    victims_of: dict[int, list[Victim]] = {}
    for victim in Victim.objects.filter(series__in=numbers).order_by("identified_on", "pk"):
        victims_of.setdefault(victim.series_id, []).append(victim)
    known = {
        number: Identification(victims[-1].identified_source, victims[-1].identified_on)
        for number, victims in victims_of.items()
        if victims[-1].identified_on is not None and all(victim.identified for victim in victims)
    }
    return {medium: known[each.pk] for medium, found in series.items() for each in reversed(found) if each.pk in known}


def with_victims(series: Iterable[VictimSeries]) -> QuerySet[VictimSeries]:
    """The same series with their victims at hand."""
    wanted = [each.pk for each in series]
    return VictimSeries.objects.filter(pk__in=wanted).prefetch_related(
        Prefetch("victims", queryset=Victim.objects.order_by("pk"))
    )


def is_of_police(entry: HashListEntry) -> bool:
    """Whether police supplied the entry, by the setting (R4); ``entry.hash_list`` is read, too."""
    return is_of_police_name(entry.source) or is_of_police_name(entry.hash_list.supplier)


def is_of_police_name(name: str) -> bool:
    """Whether this is what a police force or clearing house is called, by the setting."""
    return is_police_source(name, police_sources())


def police_sources() -> list[str]:
    """The names of police by the setting."""
    return [each.strip() for each in SeriesSettings.current().police_sources.split(",") if each.strip()]


def said_by_police(field: str) -> Q:
    """``rules.is_police_source`` of a column, for a query."""
    found = Q(pk__in=[])
    for name in police_sources():
        words = [
            Q(**{f"{field}__iregex": rf"(^|[\s/]){re.escape(word)}($|[\s/])"}) for word in normal_name(name).split()
        ]
        found |= reduce(operator.and_, words, ~Q(pk__in=[]))
    return found
