"""One visit: fetch a leased URL, look at what came, say what is to be recorded. Nothing here touches the database."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.extraction.documents import extractor_of
from orbweaver.detect.extraction.extract import Page
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.detect.fetching.patience import asked_patience_s
from orbweaver.doors.workers.crawl_inside import Inside, look_inside
from orbweaver.doors.workers.crawl_unchanged import is_unchanged
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.sniff import sniff
from orbweaver.platform.clock import real_now
from orbweaver.platform.network.urls import ParsedUrl, parse

_PAGE_TYPES: Final = ("text/html", "application/xhtml+xml", "application/xhtml", "text/plain", "")
_TEXT_TYPES: Final = ("text/", "application/json", "application/javascript", "application/xml", "font/")

_FIRST_TAG: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!--|(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title"
    rb"|b|body|br|p|img)[\s>/])",
    re.IGNORECASE,
)
"""How a page may begin that says nothing else of itself; from the WHATWG's MIME sniffing, with img."""

Decode = Callable[[bytes], Awaitable[Fingerprints]]
MayFetch = Callable[[ParsedUrl], bool]


@dataclass(slots=True)
class Outcome:
    """What came of one leased URL: a page, a medium, a redirect to elsewhere, or an error."""

    leased: Leased
    result: FetchResult
    error: str = ""
    kind: FrontierUrl.Kind = FrontierUrl.Kind.UNKNOWN
    page: Page | None = None
    prints: Fingerprints | None = None
    inside: list[Inside] = field(default_factory=list)
    """Pictures within it: of an archive, or of a page that holds them in itself."""
    left: str = ""
    """Why a part of it was not looked at (``fetching.errors.PARTLY``). No error: all that came is recorded."""
    drawn: bool = False
    """The page is read as it looks once its scripts have run."""
    unchanged: bool = False
    again: bool = False
    """It did not change but is on a list since, and is to be fetched in full."""
    hops: int = 0
    """Distance by the time it is recorded."""
    due_at: dt.datetime | None = None
    hold_until: dt.datetime | None = None
    """The site asked for patience until then (real time)."""
    place: ExitStack = field(default_factory=ExitStack)
    """What is held in memory for this outcome; closed once it is recorded."""

    @property
    def is_put_off(self) -> bool:
        """Whether it failed for now, and is tried again after an hour or a day."""
        return self.due_at is not None and rules.is_put_off(self.leased.attempts)

    @property
    def is_image(self) -> bool:
        """Whether it counts as a picture or video that was processed."""
        return self.prints is not None and (self.prints.mime or "").startswith(("image/", "video/"))

    def page_context(self) -> str | None:
        """Title and headings as JSON, for what is found on this page."""
        if self.page is None:
            return None
        return json.dumps({"title": self.page.title, "headings": self.page.headings})


def without_fetch(leased: Leased, error: str, patience_s: float | None = None) -> Outcome:
    """The outcome of a URL that was not fetched, for a reason out of ``fetching.errors.REASONS``.

    ``patience_s`` is what the site asked for instead of its robots.txt.
    """
    outcome = Outcome(leased, FetchResult(url=leased.url, final_url=leased.url, error=error), error=error)
    return _judged(outcome, patience_s)


async def fetch(leased: Leased, fetcher: Fetcher, may_fetch: MayFetch) -> Outcome:
    """Fetch. ``may_fetch`` says whether robots.txt lets us follow a redirect within the site."""
    origin = parse(leased.url)
    outcome = Outcome(leased, FetchResult(url=leased.url, final_url=leased.url))
    outcome.result = await fetcher.fetch(
        origin,
        headers=_validators(leased),
        follow=lambda target: target.site == origin.site and may_fetch(target),
        hold=outcome.place,
    )
    return outcome


async def look(outcome: Outcome, reader: PageReader, decode: Decode) -> None:
    """Find out what came, read it, and decide whether the URL is tried again."""
    try:
        await _look(outcome, reader, decode)
    except FetchFailed as failed:
        outcome.error = failed.code
    _judged(outcome)


def _validators(leased: Leased) -> dict[str, str]:
    headers = {"If-None-Match": leased.etag, "If-Modified-Since": leased.last_modified}
    return {name: value for name, value in headers.items() if value}


async def _look(outcome: Outcome, reader: PageReader, decode: Decode) -> None:
    result = outcome.result
    if result.status == 304 and result.error is None and _validators(outcome.leased):  # else nobody asked
        outcome.unchanged = True
        return
    if result.error is None and not result.ok:
        outcome.error = "http_error"
        return
    outcome.error = result.error or ""
    worth_reading = result.ok or (result.error == "incomplete" and _is_last_attempt(outcome))
    if not worth_reading:
        return
    if is_page(result):
        outcome.kind = FrontierUrl.Kind.PAGE
        outcome.page = await reader.read(result.body, result.final_url, result.headers.get("Content-Type", ""))
    elif is_file(result):
        outcome.kind = FrontierUrl.Kind.MEDIA
        if await is_unchanged(outcome.leased, result.body):
            outcome.unchanged = True
            return
        outcome.prints = await decode(result.body)
    mime = outcome.prints.mime if outcome.prints is not None else None
    outcome.inside, outcome.left = await look_inside(result.body, mime, result.final_url, decode)


def _is_last_attempt(outcome: Outcome) -> bool:
    return rules.retry_delay_s("incomplete", None, outcome.leased.attempts) is None


def is_page(result: FetchResult) -> bool:
    """Whether the bytes are a web page, or another document that leads to media.

    What the server says counts only where the bytes say nothing.
    """
    mime, said = sniff(result.body), result.header("Content-Type")
    if mime is not None:
        return mime == "text/html" or (mime == "application/gzip" and extractor_of(result.body, said) is not None)
    if _FIRST_TAG.match(result.body) or extractor_of(result.body, said) is not None:
        return True
    return said.split(";")[0].strip().lower() in _PAGE_TYPES and b"<" in result.body[:65536]


def is_file(result: FetchResult) -> bool:
    """Whether the bytes are looked up as a file: anything but text that is no page."""
    if not result.body:
        return False
    kind = result.header("Content-Type").split(";")[0].strip().lower()
    return sniff(result.body) is not None or not kind.startswith(_TEXT_TYPES)


def _judged(outcome: Outcome, patience_s: float | None = None) -> Outcome:
    """Decide whether it is tried again, and when."""
    if not outcome.error or outcome.page is not None or outcome.prints is not None:
        return outcome
    patience = asked_patience_s(outcome.result) if patience_s is None else patience_s
    wait = rules.retry_delay_s(outcome.error, outcome.result.status, outcome.leased.attempts, patience)
    now = real_now()
    if patience is not None:
        outcome.hold_until = now + dt.timedelta(seconds=min(patience, rules.RETRY_AFTER_MAX_S))
    if wait is not None:
        outcome.due_at = now + dt.timedelta(seconds=wait)
    return outcome
