"""Files at addresses that a client names: of hosts that its key allows, and nowhere else, whatever they redirect to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from http import HTTPStatus

from orbweaver.detect.fetching.errors import REASONS
from orbweaver.detect.fetching.fetch import Fetcher
from orbweaver.doors.industry.frame.asked import Refusal
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.messages import BUSY, EMPTY, HOST_NOT_ALLOWED, NOT_FETCHED
from orbweaver.errors import VERBATIM
from orbweaver.platform.network.urls import ParsedUrl, parse

AT_ONCE = 16
"""Addresses that are fetched or scanned at once …"""
MOST_WAITING = 64
"""… and that may wait for it."""


class Addresses:
    """Fetches what clients name. Few at a time: a host that stalls costs other addresses, never uploads."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def file_at(self, client: Client, url: str) -> AsyncIterator[bytes]:
        """The bytes at an address, held for the time of the block. Raises Refusal, or InvalidUrl."""
        parsed = parse(url)
        if not may_fetch(client, parsed):
            raise Refusal(HTTPStatus.FORBIDDEN, HOST_NOT_ALLOWED)
        if self._waiting >= MOST_WAITING:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, BUSY, retry_after=5)
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            with ExitStack() as hold:
                yield await self._fetched(client, parsed, hold)
        finally:
            self._slots.release()

    async def _fetched(self, client: Client, url: ParsedUrl, hold: ExitStack) -> bytes:
        fetched = await self._fetcher.fetch(url, follow=lambda target: may_fetch(client, target), hold=hold)
        if not fetched.ok:
            reason = REASONS[fetched.error] if fetched.error is not None else VERBATIM.of(text=str(fetched.status))
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_FETCHED.of(reason=str(reason).rstrip(".")))
        if not fetched.body:
            raise Refusal(HTTPStatus.BAD_REQUEST, EMPTY)
        return fetched.body


def may_fetch(client: Client, url: ParsedUrl) -> bool:
    """Whether the key allows this host: by its name, or by ``.name`` of one above it."""
    host = url.host.lower().rstrip(".")
    labels = host.split(".")
    above = {"." + ".".join(labels[start:]) for start in range(1, len(labels))}
    return bool(client.url_hosts & ({host} | above))
