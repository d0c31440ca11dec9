"""What one fetch sees of a URL: fetch, decode in another process, judge.

Where a page or another picture stands in the place, it also looks at what the host gives for a path that cannot exist
and for its front page: at most two further requests, remembered for an hour.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace

from orbweaver.detect.extraction.page import MAX_HTML
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.detect.fetching.patience import asked_patience_s
from orbweaver.errors import OrbweaverError
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.sniff import sniff
from orbweaver.fingerprints.svg import rasters
from orbweaver.follow.recheck.pages import (
    ALIKE,
    Page,
    Shape,
    is_text,
    likeness,
    missing_sibling,
    read_page,
    rule_of_target,
    same_target,
    shape_of,
    varies_by_country,
)
from orbweaver.follow.recheck.rules import (
    THERE,
    FetchFacts,
    Judgement,
    judge,
    same_picture,
    without_comparison,
)
from orbweaver.platform.network.urls import parse

SHAPES_KEPT = 2_000
"""Shapes of hosts that are remembered at most."""
SHAPE_VALID = dt.timedelta(hours=1)
"""Domain time for which the page for missing files is taken to stay the same."""

_NO_FILE = frozenset({None, "text/html"})
"""What ``sniff`` says of a body that no decoder takes for a picture or a film."""

Decode = Callable[[bytes], Future[Fingerprints]]
Headers = Mapping[str, str] | None


@dataclass(frozen=True)
class Wanted:
    """The medium that is looked for, and on how many other URLs of the host a picture stood in its like's place."""

    url: str
    sha256: bytes
    pdq: bytes | None
    stood_elsewhere: Callable[[bytes], int]
    is_removed: bool = False


@dataclass(frozen=True)
class JudgedFetch:
    """One fetch: the judgement, the HTTP status, the error code of the fetch, when the host wants to be asked again.

    ``instead`` is the SHA-256 of the picture that stood there instead, if one did; ``by_country``: the answer says that
    it depends on the country of whoever asks. ``page`` is the answer where it is a page, whatever its status.
    """

    judgement: Judgement
    status: int | None
    error: str | None = None
    not_before: dt.datetime | None = None
    instead: bytes | None = None
    by_country: bool = False
    page: FetchResult | None = None
    shape: Shape | None = None
    """What the answer is compared by with that for a path that cannot exist; None without an answer."""


class VantagePoint:
    """Looks from one vantage point. Remembers shapes of hosts for a while."""

    def __init__(self, decode: Decode, delay_s: float) -> None:
        self._decode = decode
        self._delay_s = delay_s
        self._shapes: OrderedDict[tuple[str, str, str], tuple[dt.datetime, Shape | None]] = OrderedDict()

    async def fetch_once(
        self, fetcher: Fetcher, wanted: Wanted, at: dt.datetime, headers: Headers = None
    ) -> JudgedFetch:
        """Fetch and judge: one request (and where it redirects to)."""
        return (await self._fetch_once(fetcher, wanted, at, headers))[0]

    async def fetch_and_compare(
        self, fetcher: Fetcher, wanted: Wanted, at: dt.datetime, headers: Headers = None
    ) -> JudgedFetch:
        """Fetch and judge; up to two further requests to the host when something else stands there."""
        judged, seen = await self._fetch_once(fetcher, wanted, at, headers)
        judgement = judged.judgement
        if judgement.wants_siblings:
            seen = replace(seen, missing=await self._missing(fetcher, wanted.url, at, headers))
            judgement = without_comparison(judge(seen, wanted.sha256, wanted.pdq))
            if judgement.by_likeness:
                seen = replace(seen, home=await self._home(fetcher, wanted.url, at, headers))
                judgement = judge(seen, wanted.sha256, wanted.pdq)
        return replace(judged, judgement=judgement)

    async def is_as_missing_beside(
        self, fetcher: Fetcher, other: str, judged: JudgedFetch, at: dt.datetime, headers: Headers
    ) -> bool:
        """Whether the answer is what the host gives for a path that cannot exist beside ``other``, asked for alike."""
        missing = await self._missing(fetcher, other, at, headers)
        if judged.shape is None or missing is None or missing.status != judged.shape.status:
            return False
        if judged.instead is not None:
            return same_picture(missing, judged.shape.sha256, judged.shape.pdqs)
        return same_target(judged.shape, missing) or likeness(judged.shape, missing) >= ALIKE

    async def compare_within(self, page: FetchResult, wanted: Wanted, most: int) -> int | None:
        """How far the medium is from one of the ``most`` largest pictures that a page holds in itself (``data:``)."""
        for picture in sorted(rasters(page.body), key=len, reverse=True)[:most]:
            seen = await self._see(FetchResult(wanted.url, status=200, body=picture), wanted)
            found = judge(seen, wanted.sha256, wanted.pdq)
            if found.outcome in THERE:
                return found.distance
        return None

    async def _fetch_once(
        self, fetcher: Fetcher, wanted: Wanted, at: dt.datetime, headers: Headers
    ) -> tuple[JudgedFetch, FetchFacts]:
        with ExitStack() as hold:
            result = await fetcher.fetch(wanted.url, headers=headers, hold=hold)
            seen = await self._see(result, wanted)
        judgement = judge(seen, wanted.sha256, wanted.pdq)
        instead = seen.sha256 if seen.pdqs and seen.sha256 != wanted.sha256 else None
        patience_s = asked_patience_s(result)
        not_before = None if patience_s is None else at + dt.timedelta(seconds=patience_s)
        by_country = varies_by_country(result.headers)
        page = replace(result, body=result.body[:MAX_HTML]) if seen.page is not None or is_svg(result) else None
        shape = seen.page.shape if seen.page is not None else _bare_shape(result, seen)
        judged = JudgedFetch(judgement, result.status, result.error, not_before, instead, by_country, page, shape)
        return judged, seen

    async def _see(self, result: FetchResult, wanted: Wanted) -> FetchFacts:
        """The facts of a fetch; a body that differs from the known bytes is decoded in a process of its own.

        So is that of an error, whatever type it names: browsers show pictures by their bytes.
        """
        redirected = result.final_url != result.url
        if result.error is not None or result.status is None:
            return FetchFacts(result.status, result.error, redirected)
        sha256 = hashlib.sha256(result.body).digest()
        if sha256 == wanted.sha256:
            return FetchFacts(result.status, None, redirected, sha256)
        if not result.ok and sniff(result.body) in _NO_FILE:  # most errors: no decoder has to start for them
            page = _page(result, sha256, redirected)
            leaves_open = _leaves_open(result, page)
            return FetchFacts(result.status, None, redirected, sha256, page=page, leaves_open=leaves_open)
        try:
            prints = await asyncio.wrap_future(self._decode(result.body))
        except OrbweaverError as error:
            return FetchFacts(result.status, None, redirected, sha256, undecoded=error.code)
        pdqs = _pdqs(prints)
        page = None if pdqs else _page(result, sha256, redirected)
        elsewhere = wanted.stood_elsewhere(sha256) if pdqs else 0
        return FetchFacts(
            result.status,
            None,
            redirected,
            sha256,
            pdqs,
            prints.error or "",
            page=page,
            stood_elsewhere=elsewhere,
            led_to=rule_of_target(result.final_url) if redirected else None,
        )

    async def _missing(self, fetcher: Fetcher, url: str, at: dt.datetime, headers: Headers) -> Shape | None:
        """What the host gives for a sibling that cannot exist; remembered for the folder and the ending."""
        pattern = missing_sibling(url, "*")
        return await self._shape(fetcher, pattern, missing_sibling(url, secrets.token_hex(10)), at, headers)

    async def _home(self, fetcher: Fetcher, url: str, at: dt.datetime, headers: Headers) -> Shape | None:
        front = parse("/", base=parse(url)).normal
        return await self._shape(fetcher, front, front, at, headers)

    async def _shape(self, fetcher: Fetcher, pattern: str, url: str, at: dt.datetime, headers: Headers) -> Shape | None:
        asked_as = (headers or {}).get("Sec-Fetch-Dest", "")
        key = (parse(url).site, pattern, asked_as)
        known = self._shapes.get(key)
        if known is not None and at - known[0] < SHAPE_VALID:
            return known[1]
        await asyncio.sleep(self._delay_s)
        with ExitStack() as hold:
            result = await fetcher.fetch(url, headers=headers, hold=hold)
            shape = await self._shape_of(result)
        self._shapes[key] = (at, shape)
        while len(self._shapes) > SHAPES_KEPT:
            self._shapes.popitem(last=False)
        return shape

    async def _shape_of(self, result: FetchResult) -> Shape | None:
        """What an answer is compared by; a picture is decoded, as hosts save placeholders anew for each address."""
        if result.error is not None or result.status is None:
            return None
        redirected = result.final_url != result.url
        shape = shape_of(
            result.body, result.headers, final_url=result.final_url, redirected=redirected, status=result.status
        )
        if shape.shingles or sniff(result.body) in _NO_FILE:
            return shape
        try:
            return replace(shape, pdqs=_pdqs(await asyncio.wrap_future(self._decode(result.body))))
        except OrbweaverError:
            return shape


def is_svg(result: FetchResult) -> bool:
    """Whether an answer is a drawing that may lead to pictures, which browsers show within it."""
    return "svg" in result.headers.get("Content-Type", "").lower() or b"<svg" in result.body[:1024].lower()


def _bare_shape(result: FetchResult, seen: FetchFacts) -> Shape | None:
    if result.error is not None or result.status is None:
        return None
    redirected = result.final_url != result.url
    return Shape(seen.sha256, frozenset(), result.final_url, redirected, result.status, seen.pdqs)


def _page(result: FetchResult, sha256: bytes, redirected: bool) -> Page | None:
    if not result.body or not is_text(result.headers.get("Content-Type", ""), result.body):
        return None
    return read_page(
        result.body, result.headers, Shape(sha256, frozenset(), result.final_url, redirected, result.status or 0)
    )


def _leaves_open(result: FetchResult, page: Page | None) -> bool:
    """Whether an error asks to come again, or holds what is no text: browsers show pictures in many wrappings."""
    return "Retry-After" in result.headers or (page is None and b"\0" in result.body[:4096])


def _pdqs(prints: Fingerprints) -> tuple[bytes, ...]:
    """Every hash that may show the medium: of the picture, of further frames, turned and mirrored ones."""
    own = prints.dihedral or ((prints.pdq,) if prints.pdq else ())
    return own + tuple(found for frame in prints.frames for found in (frame.dihedral or (frame.pdq,)))
