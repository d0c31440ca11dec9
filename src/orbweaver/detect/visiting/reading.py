"""What came of a fetch: told by its bytes, read, fingerprinted. From ``Fetched`` over ``Read`` to ``Visited``.

Nothing here touches the database.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.queries import is_made_by_query
from orbweaver.detect.drawing.browser import CannotDraw, Drawn, PageBrowser
from orbweaver.detect.extraction.documents import extractor_of
from orbweaver.detect.extraction.extractors.protocol import Left
from orbweaver.detect.extraction.extractors.registry import container_for
from orbweaver.detect.extraction.page import MAX_HTML, FoundMedia, Page
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.fetching.errors import PARTLY, FetchFailed
from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.detect.fetching.patience import asked_patience_s
from orbweaver.detect.visiting.stages import Fetched, Inside, Read, Visited
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.sniff import sniff

Kind = FrontierUrl.Kind

AT_ONCE: Final = 2**20
"""Bytes that are digested in the event loop (half a millisecond); more go to a thread."""
LONGEST_S: Final = 300.0
"""Seconds for all that one body holds; what is left then stays unseen, which is said. An archive of a thousand
animations that take a decoder's whole time would keep it for hours; a thousand pictures take half a minute."""
_PAGE_TYPES: Final = ("text/html", "application/xhtml+xml", "application/xhtml", "text/plain", "")
_TEXT_TYPES: Final = ("text/", "application/json", "application/javascript", "application/xml", "font/")
_FIRST_TAG: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!--|(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title"
    rb"|b|body|br|p|img)[\s>/])",
    re.IGNORECASE,
)
"""How a page may begin that says nothing else of itself; from the WHATWG's MIME sniffing, with img."""
_ONE_PICTURE: Final = {"image/jpeg": b"", "image/bmp": b"", "image/png": b"acTL", "image/webp": b"ANIM"}
"""Kinds of file that hold one picture, and what stands near the beginning of those that hold more."""
_BEGINNING: Final = 64 * 1024

Decode = Callable[[bytes], Awaitable[Fingerprints]]


class Reading:
    """Reads what was fetched and has it fingerprinted. ``browser`` draws pages that need a script, where one is set."""

    def __init__(self, reader: PageReader, decode: Decode, browser: PageBrowser | None) -> None:
        self._reader = reader
        self._decode = decode
        self._browser = browser

    async def outcome(self, fetched: Fetched) -> Visited:
        """What came, and whether the URL is tried again."""
        result, leased = fetched.result, fetched.leased
        if result.error is None and result.status == 304 and (leased.etag or leased.last_modified):  # else nobody asked
            return Visited(leased, result, fetched.held, unchanged=True)
        if not result.ok and not (result.error == "incomplete" and _is_last_attempt(leased)):
            return failed(fetched, result.error or "http_error")
        return await self._fingerprinted(await self._read(fetched))

    async def _read(self, fetched: Fetched) -> Read:
        result = fetched.result
        read = Read(fetched, result.target or fetched.leased.parsed, result.body, error=result.error or "")
        if is_page(result):
            return await self._read_page(replace(read, kind=Kind.PAGE))
        if is_file(result):
            unchanged = await is_unchanged(fetched.leased, result.body)
            return replace(read, kind=Kind.MEDIA, unchanged=unchanged, content=b"" if unchanged else result.body)
        return read

    async def _read_page(self, read: Read) -> Read:
        """A page that shows nothing without a script is drawn; one that cannot be drawn stays as it was sent."""
        result = read.fetched.result
        try:
            page = await self._reader.read(read.content, read.url, result.headers.get("Content-Type", ""))
        except FetchFailed as failure:
            return replace(read, content=b"", error=failure.code)
        if self._browser is not None and result.ok and page.is_shell:
            with suppress(CannotDraw, FetchFailed):
                return await self._drawn(self._browser, read)
        return replace(read, page=page)

    async def _drawn(self, browser: PageBrowser, read: Read) -> Read:
        robots = read.fetched.robots
        drawn = await browser.draw(read.url, lambda target: robots is None or robots.allows(target.normal))
        html = drawn.html.encode("utf-8", "replace")[:MAX_HTML]
        page = await self._reader.read(html, drawn.url, "text/html; charset=utf-8")
        seen = with_requests(page, drawn)
        return replace(read, page=seen, drawn=True, picture=drawn.picture, content=html, url=drawn.url)

    async def _fingerprinted(self, read: Read) -> Visited:
        fetched, content = read.fetched, read.content
        prints = await self._decode(content) if read.kind == Kind.MEDIA and content else None
        inside, left = await self._look_inside(read, prints.mime if prints is not None else None)
        again_in_s, patience_s = _tried_again(fetched, read.error if read.page is None and prints is None else "")
        return Visited(
            fetched.leased,
            fetched.result,
            fetched.held,
            error=read.error,
            kind=read.kind,
            page=read.page,
            drawn=read.drawn,
            picture=read.picture,
            unchanged=read.unchanged,
            prints=prints,
            inside=inside,
            left=left,
            again_in_s=again_in_s,
            patience_s=patience_s,
        )

    async def _look_inside(self, read: Read, mime: str | None) -> tuple[list[Inside], str]:
        """Fingerprints of all that a body holds, one file in memory at a time, unpacked off the event loop, and why a
        part of it was not looked at: one of ``fetching.errors.PARTLY``, or nothing.

        The results of a search hold thumbnails in themselves; as such a page is never notified, they are left alone.
        """
        container = container_for(read.content, mime)
        if container is None or (mime != "application/zip" and is_made_by_query(read.url)):
            return [], ""
        files = container.files(read.content)
        inside: list[Inside] = []
        left: set[str] = set()
        ends = time.monotonic() + LONGEST_S
        while time.monotonic() < ends:
            found = await asyncio.to_thread(next, files, None)
            if found is None:
                break
            if isinstance(found, Left):
                left.add(found.value)
            else:
                inside.append(Inside(found[0], await self._decode(found[1])))
        else:
            left.add(Left.CUT.value)
        return inside, next((reason for reason in PARTLY if reason in left), "")


def failed(fetched: Fetched, error: str) -> Visited:
    """The outcome of a URL of which there is nothing to read, for a reason out of ``fetching.errors.REASONS``."""
    again_in_s, patience_s = _tried_again(fetched, error)
    return Visited(
        fetched.leased, fetched.result, fetched.held, error=error, again_in_s=again_in_s, patience_s=patience_s
    )


def _tried_again(fetched: Fetched, error: str) -> tuple[float | None, float | None]:
    """Seconds until the URL is tried again, if it is, and for which its site is left alone, if it asked for that."""
    if not error:
        return None, None
    result = fetched.result
    patience = asked_patience_s(result) if fetched.patience_s is None else fetched.patience_s
    wait = rules.retry_delay_s(error, result.status, fetched.leased.attempts, patience)
    return wait, min(patience, rules.RETRY_AFTER_MAX_S) if patience is not None else None


def _is_last_attempt(leased: Leased) -> bool:
    return rules.retry_delay_s("incomplete", None, leased.attempts) is None


def is_page(result: FetchResult) -> bool:
    """Whether the bytes are a web page, or another document that leads to media.

    What the server says counts only where the bytes say nothing.
    """
    mime, declared = sniff(result.body), result.header("Content-Type")
    if mime is not None:
        return mime == "text/html" or (mime == "application/gzip" and extractor_of(result.body, declared) is not None)
    if _FIRST_TAG.match(result.body) or extractor_of(result.body, declared) is not None:
        return True
    return declared.split(";")[0].strip().lower() in _PAGE_TYPES and b"<" in result.body[:65536]


def is_file(result: FetchResult) -> bool:
    """Whether the bytes are looked up as a file: anything but text that is no page."""
    if not result.body:
        return False
    kind = result.header("Content-Type").split(";")[0].strip().lower()
    return sniff(result.body) is not None or not kind.startswith(_TEXT_TYPES)


async def is_unchanged(leased: Leased, body: bytes) -> bool:
    """Whether the bytes are a single picture, the one that stood there before. Never what somebody reported: that is
    assessed whatever it is."""
    if leased.sha256 is None or leased.report_id is not None or not _is_one_picture(body):
        return False
    if len(body) <= AT_ONCE:
        return hashlib.sha256(body).digest() == leased.sha256
    return (await asyncio.to_thread(hashlib.sha256, body)).digest() == leased.sha256


def _is_one_picture(body: bytes) -> bool:
    mark = _ONE_PICTURE.get(sniff(body) or "")
    return mark is not None and (not mark or mark not in body[:_BEGINNING])


def with_requests(page: Page, drawn: Drawn) -> Page:
    """The page with the media that its scripts asked for without showing them, and where it wanted to go instead."""
    known = {medium.url.normal for medium in page.media}
    asked_for = [url for url in drawn.media if url.normal not in known]
    media = [FoundMedia(url, len(page.media) + index) for index, url in enumerate(asked_for)]
    linked = {link.normal for link in page.links}
    links = [url for url in drawn.elsewhere if url.normal not in linked]
    return replace(page, media=(*page.media, *media), links=(*page.links, *links))
