"""Requests to one exchange: past the address guard, to its own host alone, within bounds, asked again where that helps.

Redirects are not followed: credentials would go along.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from orbweaver.detect.exchanges.credentials import origin
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.messages import ANSWERED, ELSEWHERE, NOT_LET_IN, TOO_FAST, TOO_LARGE, UNREACHED
from orbweaver.detect.exchanges.settings import ExchangeSettings
from orbweaver.detect.fetching.connectors import DirectConnector
from orbweaver.detect.fetching.errors import REASONS
from orbweaver.detect.fetching.failures import error_code
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.settings import NetworkSettings
from orbweaver.platform.settings import PlatformSettings

MOST_BYTES: Final = 64 * 2**20
PAUSES_S = (1.0, 4.0, 15.0)
"""Real seconds before a page is asked for again, as long as it fails in a way that may pass."""
LONGEST_PAUSE_S: Final = 60.0
"""A longer one that the exchange asks for ends the pull, which goes on then."""
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_LASTING: Final = frozenset({"address_blocked", "invalid_url"})
"""Reasons that stay until somebody changes a setting."""


class Calls:
    """Requests to one base address. Made by ``calls``."""

    def __init__(self, address: str, runner: asyncio.Runner, session: aiohttp.ClientSession) -> None:
        self._address, self._runner, self._session = address, runner, session

    def get(self, path: str, headers: Mapping[str, str], query: Mapping[str, str] | None = None) -> bytes:
        """The body of what lies at a path below the base address; tried again while that may help.

        Raises ExchangeFailed.
        """
        url = self._url(path).update_query(dict(query or {}))
        for pause in PAUSES_S:
            try:
                return self._runner.run(self._ask("GET", url, headers, None))
            except ExchangeFailed as error:
                wait = pause if error.wait_s is None else error.wait_s
                if not _may_pass(error) or wait > LONGEST_PAUSE_S:
                    raise
                time.sleep(wait)
        return self._runner.run(self._ask("GET", url, headers, None))

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """Send something, once; the body of the answer. Raises ExchangeFailed."""
        return self._runner.run(self._ask(method, self._url(path), headers, body))

    def require_own(self, path: str) -> None:
        """Raise ExchangeFailed unless this path, which the exchange named, lies at its own host."""
        self._url(path)

    def _url(self, path: str) -> URL:
        url = URL(self._address + path, encoded=True) if path.startswith("/") else None
        if url is None or str(url.origin()) != origin(self._address):
            raise ExchangeFailed(ELSEWHERE)
        return url

    async def _ask(self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None) -> bytes:
        try:
            request = self._session.request(method, url, headers=headers, data=body, allow_redirects=False)
            async with asyncio.timeout(ExchangeSettings.current().exchange_timeout_s), request as response:
                _require_success(response)
                found = bytearray()
                async for piece in response.content.iter_any():
                    found += piece
                    if len(found) > MOST_BYTES:
                        raise ExchangeFailed(TOO_LARGE.of(megabytes=MOST_BYTES // 2**20), status=response.status)
                return bytes(found)
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
            code = error_code(error)
            raise ExchangeFailed(UNREACHED.of(reason=REASONS[code]), passes=code not in _LASTING) from None


@contextmanager
def calls(address: str) -> Iterator[Calls]:
    """Requests to an exchange, within the block."""
    platform = PlatformSettings.current()

    async def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=DirectConnector(Guard(NetworkSettings.current().network_allow), 2),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            headers={"User-Agent": platform.user_agent_text},
        )

    with asyncio.Runner() as runner:
        opened = runner.run(session())
        try:
            yield Calls(address, runner, opened)
        finally:
            runner.run(opened.close())


def _may_pass(error: ExchangeFailed) -> bool:
    return error.passes if error.status is None else error.status in _PASSING


def _require_success(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    wait = _seconds(response.headers.get("Retry-After", ""))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise ExchangeFailed(NOT_LET_IN.of(status=status), status=status)
    if wait is not None and status in _PASSING:
        raise ExchangeFailed(TOO_FAST.of(seconds=round(wait)), status=status, wait_s=wait)
    raise ExchangeFailed(ANSWERED.of(status=status), status=status)


def _seconds(text: str) -> float | None:
    """Of Retry-After, where it gives seconds; a date is as good as none, as clocks differ."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
