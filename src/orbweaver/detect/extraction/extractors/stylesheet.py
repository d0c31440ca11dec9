"""Style sheets, linked or in a page: pictures of ``url()`` and ``image-set()``, and the sheets they import."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orbweaver.detect.extraction.extractors.protocol import Reference

_FOUND: Final = re.compile(
    r"(@import\s{1,20})?(?:url\(\s{0,20}(?:\"([^\"\n]{1,2000})\"|'([^'\n]{1,2000})'|([^\"'()\s]{1,2000})))"
    r"|@import\s{1,20}[\"']([^\"'\n]{1,2000})"
    r"|[\"']([^\"'\n]{1,2000})[\"']\s{1,20}[\d.]{1,6}(?:x|dppx|dpi)\b",
    re.IGNORECASE,
)
_ESCAPE: Final = re.compile(r"\\([0-9a-fA-F]{1,6}\s?|[^\n])")
_NO_PICTURE: Final = re.compile(r"\.(?:woff2?|ttf|eot|otf|svg)(?:[?#]|$)|^#", re.IGNORECASE)
_MAX_CODE_POINT: Final = 0x10FFFF


class Stylesheet:
    """Fonts are no media; whatever else is named may be a picture, whatever its ending."""

    name = "stylesheet"
    roots = frozenset[str]()
    types = frozenset(("text/css",))

    def references(self, text: str) -> Iterator[Reference]:
        """Pictures, and imported sheets as links."""
        for found in _FOUND.finditer(text):
            imported = bool(found[1] or found[5])
            href = _unescaped(found[2] or found[3] or found[4] or found[5] or found[6])
            if imported or not _NO_PICTURE.search(href):
                yield Reference(href, is_media=not imported)


def _unescaped(written: str) -> str:
    if "\\" not in written:
        return written
    return _ESCAPE.sub(lambda found: _character(found[1]), written)


def _character(escape: str) -> str:
    try:
        code = int(escape.strip(), 16)
    except ValueError:
        return escape
    return chr(code) if code <= _MAX_CODE_POINT and not 0xD800 <= code <= 0xDFFF else "\ufffd"
