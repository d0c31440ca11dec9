"""Names of series, who may say what of a victim, and what a change moves. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from enum import StrEnum

ADULT_FROM = 18


class Position(StrEnum):
    """Where in the incident an item stands (R15); ``unknown`` until somebody says."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    UNKNOWN = "unknown"


CONTINUUM = (Position.BEFORE, Position.DURING, Position.AFTER, Position.UNKNOWN)
"""The order in which items are shown."""


class LinkReason(StrEnum):
    """Why an item is linked to a series (R15); ``other`` needs words."""

    CLOTHING = "clothing"
    PLACE = "place"
    SEQUENCE = "sequence"
    SOURCE = "source"
    LIST_ENTRY = "list_entry"
    PAGE = "page"
    NEAR_DUPLICATE = "near_duplicate"
    POLICE = "police"
    OTHER = "other"


OF_OTHERS = frozenset((LinkReason.POLICE, LinkReason.LIST_ENTRY))
"""Reasons that a force or a supplier of lists gave, not a person of ours."""


def normal_name(name: str) -> str:
    """A series' name as lists are compared by it: case, width and blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_police_source(source: str, police_sources: Iterable[str]) -> bool:
    """Whether police know the series of this source (R4, R14): all words of one of the names are in it."""
    words = set(normal_name(source).replace("/", " ").split())
    return any(wanted <= words for each in police_sources if (wanted := set(normal_name(each).split())))


def movable(rows: Iterable[tuple[int, int]], there: Collection[int]) -> list[int]:
    """Of (link, medium) rows, the links that can move to a series that already holds the media ``there``.

    A medium that is in both stays where it is with its own reason: nothing is lost, and undoing has nothing to part.
    """
    return [link for link, medium in rows if medium not in there]


def are_ages(age_min: int | None, age_max: int | None) -> bool:
    """Whether these are estimated ages of a child in years (R22: under 18), or none at all."""
    if age_min is None or age_max is None:
        return age_min is None and age_max is None
    return 0 <= age_min <= age_max and age_min < ADULT_FROM


def merged_age(ages: Iterable[tuple[int | None, int | None]]) -> tuple[int, int] | None:
    """Least and greatest estimated age over several victims; None when nobody estimated one."""
    known = [(low, high) for low, high in ages if low is not None and high is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None
