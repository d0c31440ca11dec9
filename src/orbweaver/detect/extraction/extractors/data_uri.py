"""Pictures and videos that a page holds in itself, as ``data:`` addresses (RFC 2397)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from typing import Final
from urllib.parse import unquote_to_bytes

from orbweaver.detect.extraction.extractors.protocol import InnerFile
from orbweaver.fingerprints.sniff import sniff

MAX_FILES: Final = 50
"""Of one page; honest ones hold a few icons."""
MAX_LOOKED_AT: Final = 500
MAX_BODY: Final = 4 * 2**20
"""Bytes of a page that are looked at, as many as ``crawl.extract`` reads."""
MIN_BYTES: Final = 256
"""Smaller ones are placeholders: a JPEG's tables alone take more."""

_DATA: Final = re.compile(
    rb"data:(?:image|video)/[\w.+-]{1,40}((?:;[\w=.-]{1,40}){0,4}),([A-Za-z0-9+/=%_.~!*-]{100,})", re.IGNORECASE
)
_ALT: Final = re.compile(rb"""\balt\s{0,5}=\s{0,5}(?:"([^"<>]{1,300})"|'([^'<>]{1,300})')""", re.IGNORECASE)


class DataUris:
    """Those of HTML, its styles and its scripts alike, in the order of the text."""

    name = "data_uri"

    def opens(self, body: bytes, mime: str | None) -> bool:
        """Any text that says so; binary files are none."""
        return (mime is None or mime == "text/html") and (b"data:image/" in body or b"data:video/" in body)

    def files(self, body: bytes) -> Iterator[tuple[InnerFile, bytes]]:
        """Labelled with the alternative text of the same tag."""
        position = 0
        for count, found in enumerate(_DATA.finditer(body, 0, MAX_BODY)):
            if position >= MAX_FILES or count >= MAX_LOOKED_AT:
                return
            load = partial(_decoded, body, found.start(1), found.end(1), found.start(2), found.end(2))
            data = load()
            kind = sniff(data) or ""
            if len(data) >= MIN_BYTES and kind.startswith(("image/", "video/")):
                yield InnerFile(_label(body, found.start(), found.end()), position, load), data
                position += 1


def _decoded(body: bytes, options: int, options_end: int, start: int, end: int) -> bytes:
    data = unquote_to_bytes(body[start:end])
    if b"base64" not in body[options:options_end].lower():
        return data
    data = data.rstrip(b"=")
    try:
        return binascii.a2b_base64(data[: len(data) - (len(data) % 4 == 1)] + b"=" * (-len(data) % 4))
    except binascii.Error:
        return b""


def _label(body: bytes, start: int, end: int) -> str:
    """The alt text in the tag around an address, up to 500 bytes from it on either side."""
    tag = body.rfind(b"<", max(0, start - 500), start)
    before = body[tag:start] if tag >= 0 else b""
    after = body[end : end + 500].split(b">", 1)[0]
    found = _ALT.search(before) or _ALT.search(after)
    return unescape((found[1] or found[2]).decode("utf-8", "replace")).replace("\x00", "") if found else ""
