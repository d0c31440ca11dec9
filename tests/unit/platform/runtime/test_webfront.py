"""A connection stays with one process: it is given back while that process is busy and another may be free."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from orbweaver.platform.runtime.connections import Limits
from orbweaver.platform.runtime.webfront import Front
from orbweaver.platform.runtime.wsgi_call import Forwarding

LIMITS = Limits(
    head_timeout_s=5, body_timeout_s=5, least_rate=4096, form_bytes=2**16, form_memory=2**20, upload_memory=2**20,
    answer_memory=2**20, connections=16,
)  # fmt: skip


@dataclass
class Pages:
    """An application with a page that is made at once, and one that takes as long as it is let."""

    go_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            assert self.go_on.wait(30)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"page"]


@dataclass
class Browser:
    """One connection that would be kept."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def ask(self, path: str) -> None:
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    async def answered(self) -> bytes:
        """The head of the next answer, whose body is read, too."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
        assert await asyncio.wait_for(self.reader.readexactly(4), 20) == b"page"
        return head

    async def is_kept(self) -> bool:
        """Whether the server leaves the connection open."""
        try:
            return await asyncio.wait_for(self.reader.read(1), 0.5) != b""
        except TimeoutError:
            return True


@pytest.mark.parametrize(("has_peers", "kept_while_busy"), [(True, False), (False, True)])
def test_a_busy_process_lets_go_of_connections_where_another_could_take_them(
    has_peers: bool, kept_while_busy: bool
) -> None:
    async def run() -> None:
        pages = Pages()
        front = Front(pages, lambda _path: None, LIMITS, Forwarding(None, {}), threads=2, has_peers=has_peers)
        server = await asyncio.get_running_loop().create_server(front.doors, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()[:2]
        one, other = [Browser(*await asyncio.open_connection(*address)) for _ in range(2)]
        one.ask("/page")
        assert b"connection: close" not in (await one.answered()).lower()
        assert await one.is_kept()  # nobody else is answered
        other.ask("/slow")
        await asyncio.sleep(0.2)
        one.ask("/page")
        said = (await one.answered()).lower()
        assert (b"connection: close" not in said) is kept_while_busy
        assert await one.is_kept() is kept_while_busy
        pages.go_on.set()
        await other.answered()
        assert await other.is_kept()
        for each in (one, other):
            each.writer.close()
        await front.stop(5)
        server.close()

    asyncio.run(run())
