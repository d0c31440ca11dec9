"""An answer that is too long for memory leaves while it is made."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from orbweaver.platform.runtime.connections import Limits
from orbweaver.platform.runtime.long_answers import MOST_IN_MEMORY, LongAnswer
from orbweaver.platform.runtime.webfront import Front
from orbweaver.platform.runtime.wsgi_call import Forwarding

LINE = b"https://example.org/an/address/that/must/not/stand/on/a/disk\n"
LIMITS = Limits(
    head_timeout_s=5, body_timeout_s=5, least_rate=4096, form_bytes=2**16, form_memory=2**20, upload_memory=2**20,
    answer_memory=2**20, connections=16,
)  # fmt: skip


@dataclass
class Export:
    """An application that yields so many lines, waits at one of them if asked, and ends in an error if asked."""

    lines: int
    waits_at: int = -1
    fails_at: int = -1
    go_on: threading.Event = field(default_factory=threading.Event)
    made: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/csv")])
        return self._lines()

    def _lines(self) -> Iterator[bytes]:
        try:
            for number in range(self.lines):
                self.made = number
                if self.made == self.waits_at:
                    assert self.go_on.wait(30)
                if self.made == self.fails_at:
                    raise ValueError("the database is gone")
                yield LINE
        finally:
            self.closed.set()


async def asked(export: Export, method: str, meet: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> Any:
    """What ``meet`` makes of the answer of a server with this application."""
    front = Front(export, lambda _path: None, LIMITS, Forwarding(None, {}), threads=2)
    server = await asyncio.get_running_loop().create_server(front.doors, "127.0.0.1", 0)
    try:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(f"{method} /list.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        try:
            return await asyncio.wait_for(meet(reader, writer), 60)
        finally:
            writer.close()
    finally:
        await asyncio.to_thread(export.closed.wait, 30)
        await front.stop(5)
        server.close()


async def whole(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> bytes:
    return await reader.read()


async def count(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> int:
    size = 0
    while part := await reader.read(2**16):
        size += len(part)
    return size


def test_an_answer_of_many_megabytes_takes_little_memory() -> None:
    export = Export(lines=600_000)
    tracemalloc.start()
    try:
        size = asyncio.run(asked(export, "GET", count))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > export.lines * len(LINE)
    assert peak < 6 * MOST_IN_MEMORY


def test_its_beginning_arrives_before_its_end_is_made() -> None:
    export = Export(lines=60_000, waits_at=50_000)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(MOST_IN_MEMORY)
        assert export.made <= 50_000
        export.go_on.set()
        return head + b"..." + (await reader.read())[-7:]

    found = asyncio.run(asked(export, "GET", meet))
    assert b"Transfer-Encoding: chunked" in found
    assert found.endswith(b"\r\n0\r\n\r\n")


def test_one_that_breaks_off_is_never_taken_for_whole() -> None:
    found = asyncio.run(asked(Export(lines=60_000, fails_at=50_000), "GET", whole))
    assert found.startswith(b"HTTP/1.1 200")
    assert not found.endswith(b"0\r\n\r\n")


def test_its_maker_stops_when_nobody_reads_any_more() -> None:
    export = Export(lines=10_000_000, waits_at=30_000)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1000)
        writer.transport.abort()
        await asyncio.sleep(0.5)
        export.go_on.set()

    asyncio.run(asked(export, "GET", meet))
    assert export.made < 1_000_000


def test_its_head_alone_is_answered_without_making_it_all() -> None:
    export = Export(lines=10_000_000)
    found = asyncio.run(asked(export, "HEAD", whole))
    assert found.startswith(b"HTTP/1.1 200")
    assert export.made < 100_000


def test_nothing_of_it_stands_in_clear_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    answer = LongAnswer()
    answer.fill([LINE] * 3, iter([LINE] * 3000), lambda: kept.append(os.dup(answer._file.fileno())))
    raw = os.pread(kept[0], 10**6, 0)
    os.close(kept[0])
    assert len(raw) == 3003 * len(LINE)
    assert b"example" not in raw
    assert answer.read(10**6) == LINE * 3003
    answer.abandon()


def test_a_full_disk_is_said_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    found = asyncio.run(asked(Export(lines=60_000), "GET", whole))
    assert found.startswith(b"HTTP/1.1 503")
    assert b"disk" in found


MB = 2**20


@pytest.mark.parametrize(
    ("size", "free", "is_whole"),
    [(2**40, 100 * MB, False), (2**40, 300 * MB, True), (64 * MB, 5 * MB, False), (64 * MB, 20 * MB, True)],
)
def test_the_last_of_a_disk_is_left_to_the_database(
    monkeypatch: pytest.MonkeyPatch, size: int, free: int, is_whole: bool
) -> None:
    looks = 0
    real = os.fstatvfs

    def fills(descriptor: int) -> os.statvfs_result:
        nonlocal looks
        looks += 1
        there = list(real(descriptor))
        there[2] = size // there[1]  # its blocks, and those that are free for us
        there[4] = (free if looks > 10 else size) // there[1]
        return os.statvfs_result(there)

    monkeypatch.setattr(os, "fstatvfs", fills)
    export = Export(lines=100_000)
    found = asyncio.run(asked(export, "GET", whole))
    assert found.startswith(b"HTTP/1.1 200")
    assert found.endswith(b"0\r\n\r\n") == is_whole
    assert (export.made == 99_999) == is_whole


def test_long_answers_leave_threads_to_the_others() -> None:
    """Fifty people who export a large list at once stopped every page until the first lists were made."""
    long, short = Export(lines=60_000, waits_at=50_000), Export(lines=1)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return (long if environ["PATH_INFO"] == "/list.csv" else short)(environ, start_response)

    async def ask(port: int, path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        try:
            return await reader.read()
        finally:
            writer.close()

    async def run() -> None:
        front = Front(application, lambda _path: None, LIMITS, Forwarding(None, {}), threads=2)
        server = await asyncio.get_running_loop().create_server(front.doors, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        lists = [asyncio.create_task(ask(port, "/list.csv")) for _ in range(10)]
        try:
            assert (await asyncio.wait_for(ask(port, "/page"), 10)).startswith(b"HTTP/1.1 200")
        finally:
            long.go_on.set()
        said = [(await each).partition(b"\r\n")[0] for each in lists]
        assert sorted(set(said)) == [b"HTTP/1.1 200 OK", b"HTTP/1.1 503 Service Unavailable"]
        assert (await ask(port, "/list.csv")).endswith(b"0\r\n\r\n")
        await front.stop(5)
        server.close()

    asyncio.run(run())
