"""What of a page is read for terms: the texts near its imagery. Pure.

Title, headings, descriptions, link texts and the text before and after each picture or video (R18); a page without
imagery is not read at all, as identifying text counts here only where pictures are (R19).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol


class NearMedium(Protocol):
    """What a page says of one picture or video."""

    @property
    def alt(self) -> str:
        """Its description."""

    @property
    def link_text(self) -> str:
        """The text of the link around it."""


def texts_near(near: str, title: str, headings: Iterable[str], media: Iterable[NearMedium]) -> list[str]:
    """The distinct texts, in no order that matters; ``near`` is the running text around all media."""
    found = {near, title, *headings}
    for medium in media:
        found.update((medium.alt, medium.link_text))
    found.discard("")
    return list(found)


def texts_of_context(context: Mapping[str, Any]) -> list[str]:
    """The same of what a sighting keeps of its page."""
    headings = context.get("headings") or []
    names = ("title", "alt", "link_text", "before", "after")
    found = {*(str(each) for each in headings), *(str(context.get(name) or "") for name in names)}
    found.discard("")
    return sorted(found)
