"""The strip of a film or an animation: which of its pictures are offered one by one, those that matched first."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from orbweaver.assess.review.films import is_film
from orbweaver.assess.review.selectors import ItemView, MatchView
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.errors import NothingShown
from orbweaver.detect.media.frames import keep_frames, spread
from orbweaver.detect.media.models import Media
from orbweaver.detect.media.seeing import fingerprints_of, opened
from orbweaver.fingerprints.errors import DecodersUnavailable
from orbweaver.fingerprints.result import Place

SHOWN = 6
"""Stills over the length of a film that are offered at once."""
MORE = 36
"""Those that are offered when somebody wants more."""
CLOSE_S = 0.5
"""Seconds within which a still shows what one that is offered already shows."""
MOVING = ("video/", "image/gif", "image/webp", "image/avif", "image/tiff", "image/hei")
"""Kinds that hold more than one picture as a rule."""


@dataclass(frozen=True)
class Still:
    """One picture of a film that a person may ask for."""

    place: Place
    lists: tuple[str, ...] = ()
    """The lists of which an entry matches it; none: it was chosen for its place alone."""


@dataclass(frozen=True)
class Strip:
    """What is offered of a film: what matched, some stills over its length, and more of them."""

    matching: list[Still]
    shown: list[Still]
    more: list[Still]
    timed: bool
    """Its pictures have times; else they are pages, which have numbers."""


def strip_of(view: ItemView) -> Strip | None:
    """The strip of an item that its reader holds; None where the medium shows one picture, or is not archived.

    What only entries hidden from this person match is not said to match (``selectors``).
    """
    media = view.item.media
    if not view.picture_available:
        return None
    if not media.frames.exists() and media.mime.startswith(MOVING):
        _bring_frames(media)
    if not is_film(media):
        return None
    places = [Place(*row) for row in media.frames.order_by("number", "pk").values_list("number", "time_s")]
    matching = _matching(each for sighting in view.sightings for each in sighting.matches)
    shown = _besides(spread(places, SHOWN), matching)
    more = _besides(spread(places, MORE), [*matching, *shown])
    return Strip(matching, shown, more, any(place.time_s for place in places))


def _bring_frames(media: Media) -> None:
    """The pictures of a medium from before they were kept: made anew when a person opens it.

    Where that cannot be done the item opens all the same, and a look says what is wrong.
    """
    assert media.evidence is not None
    with suppress(NothingShown, DecodersUnavailable):
        prints = fingerprints_of(opened(media.evidence))
        keep_frames(media, prints, MatchingSettings.current().match_quality_floor)


def _matching(matches: Iterable[MatchView]) -> list[Still]:
    lists: dict[Place, set[str]] = {}
    for match in sorted(matches, key=lambda each: each.distance):
        if match.place is not None:
            lists.setdefault(match.place, set()).add(match.list_name)
    return [Still(place, tuple(sorted(names))) for place, names in sorted(lists.items())]


def _besides(places: Iterable[Place], offered: list[Still]) -> list[Still]:
    """The places that show something else than what is offered already."""
    return [Still(place) for place in places if not any(_same(place, each.place) for each in offered)]


def _same(one: Place, other: Place) -> bool:
    if one.time_s or other.time_s:
        return abs(one.time_s - other.time_s) < CLOSE_S
    return one.number == other.number
