"""Sitemaps and their indexes (sitemaps.org 0.9), with the extensions for pictures and videos."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orbweaver.detect.extraction.extractors.protocol import Reference
from orbweaver.detect.extraction.extractors.xml_tokens import tokens

_MEDIA: Final = frozenset(("image:loc", "video:content_loc", "video:thumbnail_loc"))
_SAYS: Final = frozenset(("image:caption", "image:title", "video:title"))


class Sitemap:
    """``loc`` is a page or another sitemap; media have elements of their own."""

    name = "sitemap"
    roots = frozenset(("urlset", "sitemapindex"))
    types = frozenset[str]()

    def references(self, text: str) -> Iterator[Reference]:
        """Media with the caption that stood before them in the same entry."""
        element, says = "", ""
        for token in tokens(text):
            if token.name:
                element = token.name
                says = "" if element in ("/image:image", "/video:video", "/url") else says
            elif element in _MEDIA:
                yield Reference(token.text, is_media=True, alt=says)
            elif element in _SAYS:
                says = token.text
            elif element == "loc" or (element.endswith(":loc")):
                yield Reference(token.text, is_media=False)
