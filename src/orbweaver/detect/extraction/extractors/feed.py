"""Feeds: RSS 0.9 to 2.0 and Atom, with enclosures, Media RSS, and the pictures in the HTML of their entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orbweaver.detect.extraction.extractors.protocol import Reference
from orbweaver.detect.extraction.extractors.xml_tokens import Token, tokens

_ENTRIES: Final = frozenset(("item", "entry"))
_HTML: Final = frozenset(("description", "content:encoded", "content", "summary"))
_ELEMENTS: Final = frozenset(("media:content", "media:thumbnail", "itunes:image", "media:player"))
_IMAGE: Final = re.compile(
    r"<(?:img|source|video)\b[^<>]{0,2000}?\ssrc\s*=\s*[\"']?([^\"'\s<>]{1,2000})", re.IGNORECASE
)
_LINK: Final = re.compile(r"<a\b[^<>]{0,2000}?\shref\s*=\s*[\"']?([^\"'\s<>]{1,2000})", re.IGNORECASE)


class Feed:
    """The title of an entry goes with its media."""

    name = "feed"
    roots = frozenset(("rss", "feed", "rdf"))
    """RSS 2.0, Atom, RSS 1.0."""
    types = frozenset[str]()

    def references(self, text: str) -> Iterator[Reference]:
        """Enclosures, elements of Media RSS, links of entries, and what their HTML shows."""
        element, title, is_image = "", "", False
        for token in tokens(text):
            if token.name:
                element = token.name
                title = "" if element in _ENTRIES else title
                is_image = element == "image" or (is_image and element != "/image")
                yield from _of_element(token, title)
            elif element in ("title", "media:title"):
                title = token.text[:1000]
            elif element == "link":
                yield Reference(token.text, is_media=False)
            elif element == "url" and is_image:
                yield Reference(token.text, is_media=True, alt=title)
            elif element in _HTML:
                yield from _of_html(token.text, title)


def _of_element(token: Token, title: str) -> Iterator[Reference]:
    attributes = token.attributes
    kind = attributes.get("type", "").lower()
    if token.name in _ELEMENTS:
        is_media = token.name != "media:player" and not kind.startswith("audio/")
        yield Reference(attributes.get("url") or attributes.get("href", ""), is_media, title)
    elif token.name == "enclosure" and not kind.startswith("audio/"):
        yield Reference(attributes.get("url", ""), is_media=True, alt=title)
    elif token.name in ("link", "atom:link") and not kind.startswith("audio/"):
        is_media = attributes.get("rel") == "enclosure" or kind.startswith(("image/", "video/"))
        yield Reference(attributes.get("href", ""), is_media, title if is_media else "")


def _of_html(text: str, title: str) -> Iterator[Reference]:
    for found in _IMAGE.finditer(text):
        yield Reference(found[1].replace("&amp;", "&"), is_media=True, alt=title)
    for found in _LINK.finditer(text):
        yield Reference(found[1].replace("&amp;", "&"), is_media=False)
