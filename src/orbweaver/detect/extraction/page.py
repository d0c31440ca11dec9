"""What a page holds, and the bounds within which it is read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orbweaver.platform.network.urls import ParsedUrl

MAX_HTML: Final = 4 * 2**20
"""Bytes of a page that are read; the largest honest pages have some 2 MB."""
MAX_LINKS: Final = 2000
MAX_MEDIA: Final = 1000
MAX_TEXT: Final = 300
"""Characters of each text around a medium."""
MAX_NEAR: Final = 64 * 1024
"""Characters of a page's running text near its media, in which watch terms are looked for."""
MAX_TITLE: Final = 400
MAX_HEADINGS: Final = 20


@dataclass(frozen=True, slots=True)
class FoundMedia:
    """A picture or video that a page shows or links to; ``position`` counts the page's media from 0."""

    url: ParsedUrl
    position: int
    alt: str = ""
    link_text: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page holds. Media and links are distinct, in the order of the document."""

    title: str = ""
    headings: tuple[str, ...] = ()
    media: tuple[FoundMedia, ...] = ()
    links: tuple[ParsedUrl, ...] = ()
    near: str = ""
    """The running text around all media, each piece once; empty without media."""
    is_shell: bool = False
    """It shows nothing until a script has run (``scripted.needs_script``)."""
