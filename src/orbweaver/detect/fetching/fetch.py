"""Fetching one URL within limits: bytes, time, redirects, headers. Used by the crawler and by rechecks.

What a server sends is hostile until shown otherwise. Nothing here decides *whether* to fetch: robots.txt and politeness
belong to the frontier. The guard decides what may be dialled, at the socket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final, Self

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from orbweaver.detect.fetching.bodies import LARGE_BODIES, SMALL_BODY, Body
from orbweaver.detect.fetching.connectors import DirectConnector, Peer, dialled, proxied_connector, refuse_literal
from orbweaver.detect.fetching.encodings import ACCEPTED, decoder_for
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.detect.fetching.exchanges import Exchange, exchange_of
from orbweaver.detect.fetching.failures import error_code
from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.platform.clock import real_now
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.onion import is_onion, is_valid_onion
from orbweaver.platform.network.settings import NetworkSettings
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse
from orbweaver.platform.settings import PlatformSettings

MAX_REDIRECTS: Final = 10
"""Redirects followed for one fetch; browsers stop at 20, honest sites need three."""
CONNECT_S: Final = 10.0
"""Seconds to make a connection."""
MAX_HEADERS: Final = 128
MAX_HEADER_BYTES: Final = 8190
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NO_HEADERS: Final[Mapping[str, str]] = CIMultiDict()

Follow = Callable[[ParsedUrl], bool]
"""Whether a redirect to this place may be followed within the same fetch."""


def follow_anywhere(target: ParsedUrl) -> bool:
    """Follow every redirect."""
    return True


def as_led_on(headers: Mapping[str, str], source: ParsedUrl, target: ParsedUrl) -> Mapping[str, str]:
    """The headers with which a browser follows a redirect: another origin is told no path of where it came from."""
    if "Referer" not in headers or (source.scheme, source.site) == (target.scheme, target.site):
        return headers
    kept = {name: value for name, value in headers.items() if name != "Referer"}
    if "Sec-Fetch-Site" in kept:
        kept["Sec-Fetch-Site"] = "cross-site"
    if source.scheme == "https" and target.scheme == "http":
        return kept
    return kept | {"Referer": parse("/", base=parse(headers["Referer"])).normal}


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What came of a fetch. ``error`` is None or a code of ``fetching.errors.REASONS``."""

    url: str
    """As asked for, in normal form."""
    target: ParsedUrl | None = None
    """Where redirects that were followed led to; None where nothing was asked, or the address cannot be used."""
    status: int | None = None
    """HTTP status of the last answer, if one came at all."""
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    """Case-insensitive. As sent: may hold anything; see ``header``."""
    body: bytes = b""
    """Decompressed. What came so far when ``error`` is ``incomplete``, else empty with an error."""
    address: str | None = None
    """Address that was dialled; None through a proxy, which does not tell."""
    error: str | None = None
    answered_s: float | None = None
    """Seconds until the last answer began, if one came at all."""
    location: ParsedUrl | None = None
    """Target of a redirect that was not followed (``error`` is ``redirect``)."""
    redirects: tuple[str, ...] = ()
    """Every URL on the way, the first one included, the last one not."""
    exchanges: tuple[Exchange, ...] = ()
    """What went over the wire, redirects first; where it was asked for, and a whole answer came."""

    @property
    def final_url(self) -> str:
        """``target`` in its normal form, or what was asked for."""
        return self.url if self.target is None else self.target.normal

    @property
    def ok(self) -> bool:
        """Whether a whole answer of the 2xx kind came."""
        return self.error is None and self.status is not None and 200 <= self.status < 300

    def header(self, name: str, limit: int = 400) -> str:
        """A header as printable ASCII of at most ``limit`` characters, or "" (safe to store)."""
        value = self.headers.get(name, "")
        return value if len(value) <= limit and value.isascii() and value.isprintable() else ""


class Fetcher:
    """Fetches over one pool of connections. Use as ``async with Fetcher.from_settings() as fetcher``.

    Onion hosts go through ``tor_proxy`` and nowhere else; with ``proxy`` everything else goes through that one, which
    is a second vantage point (see ``connectors`` for what the guard can and cannot say then). With ``capture`` results
    hold what went over the wire.
    """

    def __init__(
        self,
        *,
        guard: Guard,
        user_agent: str,
        max_bytes: int = 64 * 2**20,
        total_timeout_s: float = 60.0,
        connections: int = 64,
        max_redirects: int = MAX_REDIRECTS,
        proxy: str = "",
        tor_proxy: str = "",
        capture: bool = False,
    ) -> None:
        self._guard = guard
        self._user_agent = user_agent
        self._max_bytes = max_bytes
        self._total_timeout_s = total_timeout_s
        self._connections = connections
        self._max_redirects = max_redirects
        self._proxy = proxy
        self._tor_proxy = tor_proxy
        self._capture = capture
        self._session: aiohttp.ClientSession | None = None
        self._onion_session: aiohttp.ClientSession | None = None
        self._large = asyncio.Semaphore(LARGE_BODIES)

    @classmethod
    def from_settings(cls, *, proxy: str = "", capture: bool = False) -> Fetcher:
        """A fetcher with the limits that the settings give, through ``proxy`` if one is named."""
        return cls(
            guard=Guard(NetworkSettings.current().network_allow),
            user_agent=PlatformSettings.current().user_agent_text,
            max_bytes=FetchingSettings.current().crawl_max_bytes,
            total_timeout_s=FetchingSettings.current().crawl_total_timeout_s,
            connections=FetchingSettings.current().crawl_concurrency,
            proxy=proxy,
            tor_proxy=FetchingSettings.current().tor_proxy,
            capture=capture,
        )

    async def __aenter__(self) -> Self:
        if self._proxy:
            connector = proxied_connector(self._proxy, self._connections)
        else:
            connector = DirectConnector(self._guard, self._connections)
        self._session = self._make_session(connector)
        if self._tor_proxy:
            self._onion_session = self._make_session(proxied_connector(self._tor_proxy, self._connections))
        return self

    def _make_session(self, connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            connector_owner=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            max_headers=MAX_HEADERS,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            headers={"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": ACCEPTED},
        )

    async def __aexit__(self, *_: object) -> None:
        for session in (self._session, self._onion_session):
            if session is not None:
                await session.close()

    def _session_for(self, target: ParsedUrl) -> aiohttp.ClientSession:
        """The connections that lead to this host. Raises FetchFailed or BlockedAddress where there is no way."""
        if self._session is None:
            raise RuntimeError("Use the fetcher inside `async with`.")
        if is_onion(target.host):
            if not is_valid_onion(target.host):
                raise FetchFailed("invalid_url")
            if self._onion_session is None:
                raise FetchFailed("no_tor")
            return self._onion_session
        if self._proxy:
            refuse_literal(target, self._guard)
        return self._session

    async def fetch(
        self,
        url: str | ParsedUrl,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        follow: Follow = follow_anywhere,
        hold: ExitStack | None = None,
        cut: bool = False,
    ) -> FetchResult:
        """Fetch one URL; never raises for what the other side does.

        ``headers`` are added (``If-None-Match`` and the like). ``follow`` is asked about each redirect. A body over
        ``SMALL_BODY`` takes one of a few slots; with ``hold`` the slot is kept until that stack is closed, so that
        the caller bounds how many large bodies are in memory at once. With ``cut`` a body over the limit is no error:
        its first ``max_bytes`` are what is given.
        """
        try:
            parsed = parse(url) if isinstance(url, str) else url
        except InvalidUrl:
            return FetchResult(url=str(url), error="invalid_url")
        limit = max_bytes or self._max_bytes
        if hold is not None:
            return await self._within_time(_Trail(parsed, limit, hold, cut, self._capture), headers or {}, follow)
        with ExitStack() as own:
            return await self._within_time(_Trail(parsed, limit, own, cut, self._capture), headers or {}, follow)

    async def _within_time(self, trail: _Trail, headers: Mapping[str, str], follow: Follow) -> FetchResult:
        try:
            async with asyncio.timeout(self._total_timeout_s):
                await self._follow(trail, headers, follow)
        except Exception as error:  # every way to fail becomes a code; what is no failure of a fetch goes on
            trail.error = error_code(error)
        return trail.result()

    async def _follow(self, trail: _Trail, headers: Mapping[str, str], follow: Follow) -> None:
        for _ in range(self._max_redirects + 1):
            location = await self._one(trail, headers)
            if location is None:
                return
            try:
                target = parse(location, base=trail.target)
            except InvalidUrl:
                raise FetchFailed("bad_redirect") from None
            if not follow(target):
                trail.location = target
                raise FetchFailed("redirect")
            headers = as_led_on(headers, trail.target, target)
            trail.redirects.append(trail.target.normal)
            trail.target = target
        raise FetchFailed("too_many_redirects")

    async def _one(self, trail: _Trail, headers: Mapping[str, str]) -> str | None:
        """One request. The Location of a redirect, or None once ``trail`` holds the body."""
        session = self._session_for(trail.target)
        peers: list[Peer] = []
        dialled.set(peers)
        began_at = real_now()
        address = URL(trail.target.normal, encoded=True)
        began = time.monotonic()
        async with session.get(address, headers=headers, allow_redirects=False) as response:
            trail.answered_s = time.monotonic() - began
            trail.status, trail.headers = response.status, response.headers
            peer = peers[-1] if peers else None
            trail.address = peer.address if peer else None
            if trail.capture:
                trail.exchanges.append(exchange_of(trail.target.normal, began_at, response, peer))
            if response.status in _REDIRECTS and "Location" in response.headers:
                return response.headers["Location"]
            await self._read(response, trail)
        return None

    async def _read(self, response: aiohttp.ClientResponse, trail: _Trail) -> None:
        announced = response.content_length or 0
        if announced > trail.limit and not trail.cut:
            raise FetchFailed("too_large")
        decoder = decoder_for(response.headers.get("Content-Encoding", ""))
        body = Body(trail.limit, announced, SMALL_BODY / self._total_timeout_s, self._large, trail.hold)
        try:
            while data := await body.kept_in_pace(response.content.readany()):
                trail.note_sent(data)
                for piece in decoder.feed(data):
                    if trail.cut and body.add_until_full(piece):
                        return
                    if not trail.cut:
                        await body.add(piece)
                if body.is_too_long_as_sent(len(data)):
                    if trail.cut:
                        return
                    raise FetchFailed("too_large")
        except aiohttp.ClientPayloadError:
            raise FetchFailed("incomplete") from None
        finally:
            trail.body = body.joined()
        if not decoder.complete:
            raise FetchFailed("incomplete")
        trail.note_whole()


class _Trail:
    """What is known of a fetch so far, so that a failure keeps what was learnt before it."""

    __slots__ = (
        "address",
        "answered_s",
        "body",
        "capture",
        "cut",
        "error",
        "exchanges",
        "headers",
        "hold",
        "limit",
        "location",
        "origin",
        "packed",
        "redirects",
        "status",
        "target",
    )

    def __init__(self, origin: ParsedUrl, limit: int, hold: ExitStack, cut: bool, capture: bool) -> None:
        self.origin = origin
        self.target = origin
        self.limit = limit
        self.hold = hold
        self.cut = cut
        self.capture = capture
        self.exchanges: list[Exchange] = []
        self.packed: list[bytes] = []
        self.status: int | None = None
        self.headers = _NO_HEADERS
        self.body = b""
        self.address: str | None = None
        self.error: str | None = None
        self.location: ParsedUrl | None = None
        self.answered_s: float | None = None
        self.redirects: list[str] = []

    def note_sent(self, data: bytes) -> None:
        """Keep what came where evidence of it is wanted and it is not kept as it is: of a packed body."""
        if self.capture and "Content-Encoding" in self.headers:
            self.packed.append(data)

    def note_whole(self) -> None:
        """The body has come to its end."""
        if self.capture:
            sent = b"".join(self.packed) if "Content-Encoding" in self.headers else None
            self.exchanges[-1] = replace(self.exchanges[-1], body=sent, is_whole=True)

    def result(self) -> FetchResult:
        """The result as it stands."""
        return FetchResult(
            url=self.origin.normal,
            target=self.target,
            status=self.status,
            headers=self.headers,
            body=self.body if self.error in (None, "incomplete") else b"",
            address=self.address,
            error=self.error,
            location=self.location,
            answered_s=self.answered_s,
            redirects=tuple(self.redirects),
            exchanges=tuple(self.exchanges) if self.error is None else (),
        )
