"""Clients that cost little beside the servers they keep busy on the same machine: requests made once, answers read by
their length, nothing kept of them but how long they took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from orbweaver.errors import Unavailable


async def busy(
    address: str, headers: Mapping[str, str], bodies: Sequence[bytes], seconds: float, clients: int
) -> list[float]:
    """Post the bodies in turn, so many clients at once for so long; each asks again once it has its answer, over
    the same connection where the server keeps it. Milliseconds of each answer. Raises Unavailable for another status
    than 200.
    """
    requests = [_request(address, headers, body) for body in bodies]
    end = time.monotonic() + seconds
    latencies: list[float] = []
    await asyncio.gather(*(_ask(address, requests, number, clients, end, latencies) for number in range(clients)))
    return latencies


def _request(address: str, headers: Mapping[str, str], body: bytes) -> bytes:
    parts = urlsplit(address)
    lines = [f"POST {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _ask(
    address: str, requests: Sequence[bytes], number: int, step: int, end: float, latencies: list[float]
) -> None:
    parts, loop = urlsplit(address), asyncio.get_running_loop()
    client: _Client | None = None
    try:
        while time.monotonic() < end:
            began = time.monotonic()
            if client is None or client.closed:
                _, client = await loop.create_connection(_Client, parts.hostname or "", parts.port or 80)
            await client.post(requests[number % len(requests)])
            latencies.append(1000 * (time.monotonic() - began))
            number += step
    finally:
        if client is not None:
            client.close()


class _Client(asyncio.Protocol):
    """One connection. Its answers have a Content-Length."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._head, self._status = b"", ""
        self._left: int | None = None
        self._answered: asyncio.Future[None] | None = None

    async def post(self, request: bytes) -> None:
        """Send, and wait for all of the answer. Raises Unavailable."""
        assert self._transport is not None
        self._head, self._left = b"", None
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._answered

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone: no matter once the answer is there."""
        self.closed = True
        self._end("without an answer")

    def data_received(self, data: bytes) -> None:
        """A part of the answer."""
        if self._left is None:
            self._head += data
            head, found, body = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            self._read_head(head.lower())
            data = body
        assert self._left is not None
        self._left -= len(data)
        if self._left <= 0:
            if self.closed:
                self.close()
            self._end(None if self._status == "200" else self._status)

    def _read_head(self, head: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        fields = dict(line.split(b": ", 1) for line in lines)
        self._status = first.split(b" ")[1].decode()
        self._left = int(fields[b"content-length"])
        self.closed = self.closed or fields.get(b"connection") == b"close"

    def _end(self, wrong: str | None) -> None:
        if self._answered is None or self._answered.done():
            return
        if wrong is None:
            self._answered.set_result(None)
        else:
            text = f"A server answered {wrong}, so there is nothing to measure."
            self._answered.set_exception(Unavailable(text))
