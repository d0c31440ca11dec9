"""Reading whatever holds links and media: HTML pages, sitemaps (also gzipped), feeds, style sheets, JSON-LD. Pure."""

from __future__ import annotations

import re
import zlib
from itertools import islice
from typing import Final

from orbweaver.detect.extraction.extract import extract
from orbweaver.detect.extraction.extractors.protocol import MAX_REFERENCES, Extractor
from orbweaver.detect.extraction.extractors.registry import extractor_for
from orbweaver.detect.extraction.links import is_worth_fetching, looks_like_media
from orbweaver.detect.extraction.page import MAX_HTML, MAX_LINKS, MAX_MEDIA, MAX_TEXT, FoundMedia, Page
from orbweaver.detect.extraction.texts import clean
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

START: Final = 2048
"""Bytes by which a document is told; declarations and comments may stand before the root element."""

_GZIP: Final = b"\x1f\x8b"
_COMMENT: Final = re.compile(r"<!--.{0,2000}?-->", re.DOTALL)


def read_document(body: bytes, url: ParsedUrl, content_type: str = "") -> Page:
    """What a document at ``url`` refers to; HTML unless another source reads it. Never raises for what it holds."""
    extractor = extractor_of(body, content_type)
    if extractor is None:
        return extract(body, url, content_type)
    return _read(extractor, _text(_unpacked(body, MAX_HTML)), url)


def extractor_of(body: bytes, content_type: str) -> Extractor | None:
    """The source that reads a body other than HTML, or None."""
    is_packed = body[:2] == _GZIP
    is_xml = is_packed or body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1] == b"<"
    if not is_xml and not content_type.lstrip().lower().startswith(("text/css", "application/ld+json")):
        return None
    start = _COMMENT.sub("", _text(_unpacked(body, START)))
    return extractor_for(start, "" if is_packed else content_type)


def _unpacked(body: bytes, limit: int) -> bytes:
    """The first bytes, unpacked if they are gzip; as much as can be read of a damaged one."""
    if body[:2] != _GZIP:
        return body[:limit]
    try:
        return zlib.decompressobj(wbits=31).decompress(body, limit)
    except zlib.error:
        return b""


def _text(body: bytes) -> str:
    """XML and sheets are UTF-8 but for a few, which say so by a mark or a declaration."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace").replace("\x00", "")
    return body.decode("utf-8-sig", "replace").replace("\x00", "")


def _read(extractor: Extractor, text: str, base: ParsedUrl) -> Page:
    media: dict[str, FoundMedia] = {}
    links: dict[str, ParsedUrl] = {}
    for reference in islice(extractor.references(text), MAX_REFERENCES):
        try:
            url = parse(reference.href.strip(), base=base)
        except InvalidUrl:
            continue
        if not reference.href.strip():
            continue
        if reference.is_media or looks_like_media(url):
            if url.normal not in media and len(media) < MAX_MEDIA:
                media[url.normal] = FoundMedia(url, len(media), clean(reference.alt, MAX_TEXT))
        elif len(links) < MAX_LINKS and (is_worth_fetching(url) or extractor.name == "stylesheet"):
            links.setdefault(url.normal, url)
    return Page(media=tuple(media.values()), links=tuple(links.values()))
