"""One visit: fetch a leased URL, look at what came, say what is to be recorded. Nothing here touches the database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from typing import Final

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.extraction.documents import extractor_of
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.detect.fetching.patience import asked_patience_s
from orbweaver.detect.visiting.inside import look_inside
from orbweaver.detect.visiting.outcome import Outcome
from orbweaver.detect.visiting.unchanged import is_unchanged
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
