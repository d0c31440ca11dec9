"""What goes between the crawler and the process that reads pages: bodies there, what they hold back.

Whoever reads the answer believes nothing of it: a page may have taken over the process that read it, so every text has
the type and the length that an honest one has, and every address is parsed again. Pure.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from orbweaver.detect.extraction.page import (
    MAX_HEADINGS,
    MAX_LINKS,
    MAX_MEDIA,
    MAX_NEAR,
    MAX_TEXT,
    MAX_TITLE,
    FoundMedia,
    Page,
)
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

COUNT: Final = struct.Struct(">H")
"""How many pages a batch holds; their heads and texts follow."""
HEAD: Final = struct.Struct(">HHI")
"""Bytes of a page's address, of the type that its server says, and of its body, which follow in this order."""
SIZE: Final = struct.Struct(">I")
"""Bytes of an answer, which follow: JSON in UTF-8, of a batch a list of what ``as_values`` made of each page."""
MAX_TYPE: Final = 200


class Asked(NamedTuple):
    """A page to be read: ``url`` in its normal form, and the type that its server says."""

    url: bytes
    content_type: bytes
    body: bytes

    @classmethod
    def of(cls, body: bytes, url: ParsedUrl, content_type: str) -> Asked:
        """A page as it came."""
        return cls(url.normal.encode(), content_type[:MAX_TYPE].encode("utf-8", "replace"), body)


def packed(batch: Sequence[Asked]) -> bytes:
    """A batch as it is sent."""
    parts = [COUNT.pack(len(batch))]
    for each in batch:
        parts += [HEAD.pack(len(each.url), len(each.content_type), len(each.body)), *each]
    return b"".join(parts)


def as_values(page: Page) -> list[Any]:
    """A page as JSON values."""
    media = [[each.url.normal, each.alt, each.link_text, each.before, each.after] for each in page.media]
    links = [link.normal for link in page.links]
    return [page.title, list(page.headings), media, links, page.near, page.is_shell]


def answered(text: bytes, count: int) -> list[Page]:
    """The pages of a batch of ``count``. Raises ValueError, TypeError or RecursionError for what no honest process
    writes."""
    values = json.loads(text)
    if type(values) is not list or len(values) != count:
        raise ValueError
    return [from_values(each) for each in values]


def from_values(values: object) -> Page:
    """The page that ``as_values`` wrote, without addresses that are none. Raises ValueError or TypeError for anything
    else."""
    title, headings, media, links, near, is_shell = _list(values, 6)
    found = [_medium(position, each) for position, each in enumerate(_list(media, MAX_MEDIA))]
    addresses = map(_url, _list(links, MAX_LINKS))
    return Page(
        title=_text(title, MAX_TITLE),
        headings=tuple(_text(each, MAX_TEXT) for each in _list(headings, MAX_HEADINGS)),
        media=tuple(each for each in found if each is not None),
        links=tuple(each for each in addresses if each is not None),
        near=_text(near, MAX_NEAR),
        is_shell=is_shell is True,
    )


def _medium(position: int, values: object) -> FoundMedia | None:
    url, *texts = _list(values, 5)
    alt, link_text, before, after = (_text(each, MAX_TEXT) for each in texts)
    parsed = _url(url)
    return FoundMedia(parsed, position, alt, link_text, before, after) if parsed is not None else None


def _list(value: object, most: int) -> list[Any]:
    if type(value) is not list or len(value) > most:
        raise TypeError
    return value


def _text(value: object, most: int) -> str:
    """A text that the database can keep: no NUL, no half of a character (UnicodeEncodeError is a ValueError)."""
    if type(value) is not str or len(value) > most or "\x00" in value:
        raise ValueError
    if not value.isascii():
        value.encode()
    return value


def _url(value: object) -> ParsedUrl | None:
    """None for one that became too long when it was written in its normal form."""
    if type(value) is not str:
        raise TypeError
    try:
        return parse(value)
    except InvalidUrl:
        return None
