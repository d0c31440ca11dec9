"""A proxy on loopback through which a browser reaches the web: it dials what the guard permits and nothing else.

The browser resolves no name and opens no connection of its own, so that what a page's script asks for is checked where
everything else is: at the address dialled. Bytes are counted against a budget for each page. Who asks must know a
secret made anew for each proxy, so that no other program of the machine can use it. Encrypted connections are passed
on as they are (CONNECT): certificates are the browser's to check.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Self

from orbweaver.platform.network.guard import BlockedAddress, Guard
from orbweaver.platform.network.onion import is_onion
from orbweaver.platform.network.resolver import GuardedResolver
from orbweaver.platform.network.urls import InvalidUrl, parse

HEAD_BYTES: Final = 32 * 1024
"""Longest head of a request."""
DIAL_S: Final = 10.0
IDLE_S: Final = 20.0
"""Seconds that a connection may be silent."""
CONNECTIONS: Final = 64
CHUNK: Final = 64 * 1024
METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""A crawler changes nothing on a site."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[str, int], Awaitable[Streams]]


@dataclass
class Traffic:
    """What went through since the page began: connections made and refused, bytes received."""

    budget: int
    dialled: int = 0
    refused: int = 0
    received: int = 0
    addresses: set[str] = field(default_factory=set)

    @property
    def spent(self) -> bool:
        """Whether the page has had all the bytes it may have."""
        return self.received >= self.budget


class FilterProxy:
    """Use as an async context manager; ``address`` and ``password`` are what the browser is told."""

    USER: Final = "orbweaver"

    def __init__(self, guard: Guard, *, dial_onion: Dial | None = None) -> None:
        """``dial_onion`` leads to hosts of the Tor network; without it they are refused."""
        self._guard = guard
        self._dial_onion = dial_onion
        self.password = secrets.token_urlsafe(24)
        self.traffic = Traffic(0)
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._resolver = GuardedResolver(self._guard)
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._resolver.close()

    @property
    def address(self) -> str:
        """Where it listens, as ``http://127.0.0.1:port``."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def begin(self, budget: int) -> Traffic:
        """Count anew, for a page that may receive so many bytes; what is still open is ended."""
        for task in self._tasks:
            task.cancel()
        self.traffic = Traffic(budget)
        return self.traffic

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            async with self._slots:
                await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            pass  # whichever side failed, the browser sees a connection that ended
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(IDLE_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = [line for line in lines if line]
        if not self._knows_secret(headers):
            _answer(writer, "407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="orbweaver"')
        elif method == "CONNECT":
            await self._tunnel(target, reader, writer)
        elif method in METHODS:
            await self._forward(method, target, headers, writer)
        else:
            self._refuse(writer)
        await writer.drain()

    def _knows_secret(self, headers: list[str]) -> bool:
        expected = base64.b64encode(f"{self.USER}:{self.password}".encode()).decode()
        given = next((line.partition(":")[2] for line in headers if _name(line) == "proxy-authorization"), "")
        return hmac.compare_digest(given.strip().encode(), f"Basic {expected}".encode())

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.rpartition(":")
        try:
            upstream = await self._dial(host.strip("[]"), int(port))
        except OSError:
            self._refuse(writer)
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await self._join((reader, writer), upstream)

    async def _forward(self, method: str, target: str, headers: list[str], writer: asyncio.StreamWriter) -> None:
        try:
            url = parse(target)
            up_reader, up_writer = await self._dial(url.host.strip("[]"), url.port)
        except (InvalidUrl, OSError):
            self._refuse(writer)
            return
        kept = [line for line in headers if not _name(line).startswith(("proxy-", "connection", "keep-alive"))]
        path = url.normal[url.normal.index("/", 8) :]
        head = [f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]
        try:
            up_writer.write("\r\n".join(head).encode("latin-1"))
            await self._receive(up_reader, writer)
        finally:
            up_writer.close()

    async def _join(self, browser: Streams, upstream: Streams) -> None:
        """Pass bytes both ways until either side ends."""
        ways = [
            asyncio.create_task(_send(browser[0], upstream[1])),
            asyncio.create_task(self._receive(upstream[0], browser[1])),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            upstream[1].close()

    async def _receive(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Pass on what the web sends, within the page's budget."""
        traffic = self.traffic
        while not traffic.spent:
            async with asyncio.timeout(IDLE_S):
                data = await source.read(CHUNK)
            if not data:
                return
            traffic.received += len(data)
            sink.write(data)
            await sink.drain()

    async def _dial(self, host: str, port: int) -> Streams:
        """A connection to a permitted address of this host. Raises OSError."""
        if self.traffic.spent:
            raise BlockedAddress
        async with asyncio.timeout(DIAL_S):
            if is_onion(host):
                if self._dial_onion is None:
                    raise BlockedAddress
                streams = await self._dial_onion(host, port)
            else:
                streams = await self._dial_direct(host, port)
        self.traffic.dialled += 1
        return streams

    async def _dial_direct(self, host: str, port: int) -> Streams:
        loop = asyncio.get_running_loop()
        failure: OSError = OSError("The host has no address.")
        for answer in await self._resolver.resolve(host, port):
            where = (answer["host"], port)
            try:
                dialled = self._guard.socket_factory(
                    (socket.AddressFamily(answer["family"]), socket.SOCK_STREAM, 0, "", where)
                )
                dialled.setblocking(False)
                try:
                    await loop.sock_connect(dialled, where)
                except BaseException:
                    dialled.close()
                    raise
            except OSError as error:
                failure = error
                continue
            self.traffic.addresses.add(answer["host"])
            return await asyncio.open_connection(sock=dialled)
        raise failure

    def _refuse(self, writer: asyncio.StreamWriter) -> None:
        self.traffic.refused += 1
        _answer(writer, "403 Forbidden")


def _name(line: str) -> str:
    return line.partition(":")[0].strip().lower()


def _answer(writer: asyncio.StreamWriter, status: str, *headers: str) -> None:
    lines = [f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode())


async def _send(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
