"""A server on loopback that sends exactly the bytes a test wants, however wrong they are."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]
"""Answers one request on an open connection; gets the request's path."""


@dataclass
class RawServer:
    """Where the server listens, and what it was asked (one head a request)."""

    port: int
    requests: list[str] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def serve_raw() -> Iterator[Callable[[Script], RawServer]]:
    """Starts servers, each on a port of its own, and stops them at the end of the test."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    host = _Host()

    def start(script: Script) -> RawServer:
        return asyncio.run_coroutine_threadsafe(host.listen(script), loop).result(10)

    yield start
    asyncio.run_coroutine_threadsafe(host.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


class _Host:
    """The servers of one test and their open connections."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self, script: Script) -> RawServer:
        state = RawServer(0)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                head = (await reader.readexactly(3)).decode("latin-1")
                if head == "GET":
                    head += (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                state.requests.append(head)
                await script(reader, writer, head.split(" ", 2)[1] if head != head[:3] else "")
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        self._servers.append(server)
        state.port = server.sockets[0].getsockname()[1]
        return state

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)
