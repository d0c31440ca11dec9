"""The strip of a film or an animation: which of its pictures are offered one by one, those that matched first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

from orbweaver.assess.review.films import is_film
from orbweaver.assess.review.selectors import ItemView, MatchView
from orbweaver.detect.evidence.services import note_comparing
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.errors import NothingShown
from orbweaver.detect.media.frames import keep_frames, spread
from orbweaver.detect.media.models import Media
from orbweaver.detect.media.seeing import fingerprints_of, opened
from orbweaver.fingerprints.errors import DecodersUnavailable
from orbweaver.fingerprints.result import StillPosition

SHOWN = 6
"""Stills over the length of a film that are offered at once."""
MORE = 36
"""Those that are offered when somebody wants more."""
CLOSE_S = 0.5
"""Seconds within which a still of a video shows what one that is offered already shows. What a burst or an animation
shows so shortly is another picture."""
MOVING = ("video/", "image/gif", "image/webp", "image/avif", "image/tiff", "image/hei")
"""Kinds that hold more than one picture as a rule."""


@dataclass(frozen=True)
class Still:
    """One picture of a film that a person may ask for."""

    position: StillPosition
    lists: tuple[str, ...] = ()
    """The lists of which an entry matches it; none: it was chosen for its position alone, or a survivor asks for it."""
    asked: bool = False
    """A survivor asks for it."""


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
    if media.mime.startswith(MOVING) and not media.frames.exists():
        _bring_frames(media)
    if not is_film(media):
        return None
    positions = [StillPosition(*row) for row in media.frames.order_by("number", "pk").values_list("number", "time_s")]
    matching = _matching((each for sighting in view.sightings for each in sighting.matches), _asked(view))
    close_s = CLOSE_S if media.mime.startswith("video/") else 0.0
    shown = _besides(spread(positions, SHOWN), matching, close_s)
    more = _besides(spread(positions, MORE), [*matching, *shown], close_s)
    return Strip(matching, shown, more, any(position.time_s for position in positions))


def has_pages(media: Media) -> bool:
    """Whether it holds several pictures that have numbers and no times: a TIFF, a collection, a JPEG of two."""
    return is_film(media) and not media.mime.startswith("video/") and not media.frames.filter(time_s__gt=0).exists()


def _bring_frames(media: Media) -> None:
    """The pictures of a medium from before they were kept: made anew when a person opens it.

    Where that cannot be done the item opens all the same, and a look says what is wrong.
    """
    assert media.evidence is not None
    with suppress(NothingShown, DecodersUnavailable):
        note_comparing(media.evidence)
        prints = fingerprints_of(opened(media.evidence))
        keep_frames(media, prints, MatchingSettings.current().match_quality_floor)


def _asked(view: ItemView) -> set[StillPosition]:
    """Where pictures are that a survivor asks for; some of many, over its length."""
    return set(spread(sorted({each.position for each in view.asked_pictures if each.position is not None}), SHOWN))


def _matching(matches: Iterable[MatchView], asked: Collection[StillPosition]) -> list[Still]:
    lists: dict[StillPosition, set[str]] = {position: set() for position in asked}
    for match in sorted(matches, key=lambda each: each.distance):
        if match.position is not None:
            lists.setdefault(match.position, set()).add(match.list_name)
    return [Still(position, tuple(sorted(names)), position in asked) for position, names in sorted(lists.items())]


def _besides(positions: Iterable[StillPosition], offered: list[Still], close_s: float) -> list[Still]:
    """The positions that show something else than what is offered already."""
    seen = [each.position for each in offered]
    return [Still(each) for each in positions if not any(_same(each, other, close_s) for other in seen)]


def _same(one: StillPosition, other: StillPosition, close_s: float) -> bool:
    if close_s and (one.time_s or other.time_s):
        return abs(one.time_s - other.time_s) < close_s
    return one.number == other.number
