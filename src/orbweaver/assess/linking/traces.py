"""What a sighting leaves that another of the same series may leave, too: keys to look others up by. Pure.

Each trace is a kind, a key of 16 bytes and, where order means something, a position: that on the page, or the number
in a file's name. Two media with a trace in common are candidates; ``rules`` says how much that means.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from orbweaver.assess.terms.normal import words
from orbweaver.fingerprints.words import words_of
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

PAGING: Final = frozenset(("page", "p", "pg", "start", "offset", "s", "from", "pageno", "paged"))
"""Parameters that tell the pages of one gallery apart."""
_PAGE_PATH: Final = re.compile(r"/(?:page|p|seite)[/-]?\d{1,5}/?$", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"^(.*?)(\d{1,6})(\D{0,12})$")
_UPLOADER: Final = re.compile(
    r"(?:uploaded by|posted by|uploader|author|user|hochgeladen von|posté par)[\s:]+@?([\w.-]{3,30})", re.IGNORECASE
)
MIN_STEM: Final = 3
"""Letters of a file name before its number that mean something on another host."""
MAX_NAME: Final = 200


class TraceKind(IntEnum):
    """What two sightings may have in common."""

    PAGE = 1
    GALLERY = 2
    SEQUENCE_HERE = 3
    SEQUENCE = 4
    FOLDER = 5
    TITLE = 6
    UPLOADER = 7
    PICTURE = 8


@dataclass(frozen=True, slots=True)
class Trace:
    """One of them."""

    kind: TraceKind
    key: bytes
    position: int | None = None


def traces_of(url: str, page_url: str, context: Mapping[str, Any]) -> list[Trace]:
    """The traces of a medium at ``url`` on a page; no trace twice."""
    found = [*_of_file(url), *_of_page(page_url, context), *_of_texts(context)]
    return list({(each.kind, each.key): each for each in found}.values())


def picture_traces(pdq: bytes) -> list[Trace]:
    """The 16 words of a PDQ hash, by which near-duplicates are found (``review.likeness``)."""
    return [Trace(TraceKind.PICTURE, word_key(word)) for word in words_of(pdq)]


def word_key(word: int) -> bytes:
    """A word of a hash with its position, as a key."""
    return word.to_bytes(4, "big")


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).digest()[:16]


def _parsed(url: str) -> ParsedUrl | None:
    try:
        return parse(url) if url else None
    except InvalidUrl:
        return None


def _of_file(url: str) -> Iterator[Trace]:
    parsed = _parsed(url)
    if parsed is None:
        return
    folder, _, name = parsed.path.rpartition("/")
    if folder:
        yield Trace(TraceKind.FOLDER, _key(parsed.host, folder))
    stem, position = numbered(name)
    if position is not None:
        yield Trace(TraceKind.SEQUENCE_HERE, _key(parsed.host, folder, stem), position)
        if sum(map(str.isalpha, stem)) >= MIN_STEM:
            yield Trace(TraceKind.SEQUENCE, _key(stem), position)


def numbered(name: str) -> tuple[str, int | None]:
    """A file name without its ending as what stands around its last number, and the number; ``("", None)`` without."""
    base = unquote(name)[:MAX_NAME].rpartition(".")[0] or unquote(name)[:MAX_NAME]
    match = _NUMBERED.match(base)
    if match is None:
        return "", None
    return f"{match[1].casefold()}#{match[3].casefold()}", int(match[2])


def _of_page(page_url: str, context: Mapping[str, Any]) -> Iterator[Trace]:
    page = _parsed(page_url)
    if page is None:
        return
    position = context.get("position")
    yield Trace(TraceKind.PAGE, page.key[:16], position if isinstance(position, int) else None)
    yield Trace(TraceKind.GALLERY, gallery_key(page))


def gallery_key(page: ParsedUrl) -> bytes:
    """The same for all pages of a gallery that counts them in its path or query."""
    kept = sorted((name, value) for name, value in parse_qsl(page.query) if name.lower() not in PAGING)
    return _key(page.host, _PAGE_PATH.sub("", page.path) or "/", *(f"{name}={value}" for name, value in kept))


def _of_texts(context: Mapping[str, Any]) -> Iterator[Trace]:
    title = [word for word in words(str(context.get("title") or "x")) if not word.isdigit()]
    if len(title) > 1:
        yield Trace(TraceKind.TITLE, _key(*title))
    for text in _texts(context):
        for match in _UPLOADER.finditer(text):
            yield Trace(TraceKind.UPLOADER, _key(match[1].casefold()))


def _texts(context: Mapping[str, Any]) -> Iterable[str]:
    return [str(context.get(name) or "") for name in ("before", "after", "alt", "link_text")]
