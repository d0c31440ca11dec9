"""A crawl over servers that mean harm: each one is bounded and named, and what lies beyond them is found.

A sweep; what a fetch bounds is tried one by one in `test_fetch.py`, a sample of crawls over traps in `test_crawl.py`.
"""

from __future__ import annotations

import asyncio
import functools
import gzip
import io
import resource
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from django.db import connection
from PIL import Image
from tests.settings_given import settings_given

from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.fingerprints import pdq
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import parse

from .conftest import WebSite, picture

pytestmark = [pytest.mark.sweep, pytest.mark.django_db(transaction=True)]
MB = 2**20
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"


def whole(body: bytes, *headers: str) -> bytes:
    return OK + "".join(f"{line}\r\n" for line in headers).encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


SENT: Counter[str] = Counter()
"""Bytes that a server without end got rid of."""


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"\r\n")
    while True:
        writer.write(bytes(65536))
        await writer.drain()
        SENT["endless"] += 65536


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n" * 1000)
        await writer.drain()


async def stall(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def forever(start: bytes, piece: bytes, pause: float = 0.0) -> Script:
    """Sends the start, then the piece again and again."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


def large_picture() -> bytes:
    """A PNG of 100 kB with 900 million pixels."""
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return out.getvalue()


def bomb_archive() -> bytes:
    """A zip of pictures that unpack to a thousand times their size, and a good one at the end."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.jpg", picture(1) + bytes(30 * MB))
        archive.writestr("good.jpg", picture(2))
    return out.getvalue()


def html(text: str, charset: str = "utf-8") -> bytes:
    return whole(text.encode(charset), "Content-Type: text/html; charset=utf-8")


EMPTY = gzip.compress(b"", mtime=0)
GOOD = '<img src="/none.jpg">'


@functools.cache
def expected() -> dict[str, tuple[Any, str]]:
    """Path → what is sent there, and the codes that it may be given. Made by who crawls: it takes a second."""
    bomb = gzip.compress(bytes(64 * MB), 9)
    return {
        "gzip-bomb": (whole(bomb, "Content-Encoding: gzip"), "too_large"),
        "brotli-bomb": (whole(brotli.compress(bytes(64 * MB), quality=5), "Content-Encoding: br"), "too_large"),
        "endless": (endless, "too_large"),
        "drip": (drip, "deadline"),
        "chunks": (chunks, "too_large|deadline"),
        "stall": (stall, "deadline"),
        "long": (
            OK + b"Content-Length: 3\r\nContent-Type: text/html\r\n\r\n<b>far more than was announced",
            "|bad_response",
        ),
        "two-lengths": (OK + b"Content-Length: 3\r\nContent-Length: 9\r\n\r\nabc", "bad_response"),
        "cookie-flood": (OK + b"Set-Cookie: a=b\r\n" * 50_000 + b"\r\n", "bad_response"),
        "no-answer": (b"", "disconnected"),
        "short": (OK + b"Content-Length: 5000\r\nContent-Type: image/jpeg\r\n\r\n" + picture(1)[:4000], "incomplete"),
        "not-http": (b"SSH-2.0-x\r\n", "bad_response"),
        "headers": (OK + b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\n", "bad_response"),
        "cookies": (OK + b"Set-Cookie: a=%s\r\n" % (b"z" * 100_000) + b"\r\n", "bad_response"),
        "redirects": (b"HTTP/1.1 302 x\r\nLocation: /redirects\r\nContent-Length: 0\r\n\r\n", "too_many_redirects"),
        "file": (b"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", "bad_redirect"),
        "metadata": (b"HTTP/1.1 302 x\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n", "redirect"),
        "liar": (whole(b"not packed", "Content-Encoding: gzip"), "bad_encoding"),
        "title": (whole(b"<title>" + b"x" * 10 * MB, "Content-Type: text/html"), "|page_too_complex"),
        "no-charset": (whole("<title>ü</title>".encode("utf-16"), "Content-Type: text/html; charset=nonsense-8"), ""),
        "charset": (whole(b"<title>\xff\xfe\x00x</title>", "Content-Type: text/html; charset=utf-7"), ""),
        "nul": (
            whole(b"<title>a\x00b</title><img alt='\x00\xed\xa0\x80' src=/good.jpg>", "Content-Type: text/html"),
            "",
        ),
        "zero": (whole(b"", "Content-Type: image/png"), ""),
        "header-drip": (forever(OK + b"X: ", b"y", 0.05), "deadline"),
        "informed": (forever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.01), "deadline"),
        "trailers": (forever(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"y", 0.01), "deadline|incomplete"),
        "members": (forever(OK + b"Content-Encoding: gzip\r\n\r\n", EMPTY * 1000), "bad_encoding"),
        "after-the-end": (forever(OK + b"Content-Encoding: gzip\r\n\r\n" + EMPTY, bytes(65536)), "too_large|deadline"),
        "bomb-short": (OK + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n" + bomb, "bad_response|incomplete"),
        "not-modified": (b"HTTP/1.1 304 x\r\n\r\n", "http_error"),
        "patience": (
            b"HTTP/1.1 503 x\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 +%s\r\nContent-Length: 0\r\n\r\n" % (b"9" * 90),
            "http_error",
        ),
        "refresh": (html(f"<meta http-equiv=refresh content='{' ' * 31_000}'>{GOOD}"), ""),
        "srcset": (html(f"<img srcset='{' ' * 19_000},{'/a.jpg 1x,' * 9000}'>{GOOD}"), ""),
        "json": (html(f"<script type=application/ld+json>{'[' * 10_000}{']' * 10_000}</script>{GOOD}"), ""),
        "nested": (html("<div>" * 400_000), "page_too_complex|"),
        "data": (html(f"<img src='data:image/jpeg;base64,{'A' * 11 * MB}'>{GOOD}"), ""),
        "utf-16": (html(f"<title>x</title>{GOOD}", "utf-16-le"), ""),
        "picture": (whole(large_picture(), "Content-Type: image/png"), ""),
        "zip": (whole(bomb_archive(), "Content-Type: application/zip"), "archive_cut"),
    }


@asynccontextmanager
async def hostile_server() -> AsyncIterator[int]:
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()[1:]
            sent = expected().get(path, (b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", ""))[0]
            if callable(sent):
                await sent(writer)
            else:
                writer.write(sent)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            with suppress(AttributeError):  # of asyncio: a transport that is gone may have no loop any more
                writer.transport.abort()
        await asyncio.sleep(0.1)


def lead(url: str) -> Lead:
    try:
        return add_lead(url, source=Lead.Source.OPERATOR, now=now())
    finally:
        connection.close()


def test_a_crawl_over_hostile_servers_ends_in_bounded_memory_and_finds_what_lies_beyond(
    make_site: Callable[..., WebSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.rules.QUICK_ATTEMPTS", 1)
    site = make_site()
    site.picture("/good.jpg", picture(2))
    known = get_or_create_list("Known", "NCMEC", now())
    value = bytes.fromhex(pdq(picture(2))[0])
    upsert_entries(known, [EntryRow("pdq", value, "csam", "unidentified", "", "NCMEC", False)], now())
    expected()  # what making it takes is not the crawl's memory
    settings: dict[str, Any] = {"crawl_host_delay_s": 0.0, "crawl_total_timeout_s": 20.0, "crawl_max_bytes": 12 * MB}

    async def go() -> int:
        async with hostile_server() as port:
            links = "".join(f'<a href="http://127.0.0.1:{port}/{name}">x</a>' for name in expected())
            await asyncio.to_thread(site.page, "/", f'{links}<a href="/after">x</a>')
            await asyncio.to_thread(site.page, "/after", '<img src="/good.jpg">')
            begin = await asyncio.to_thread(lead, site.url())
            async with asyncio.timeout(300):  # each address has 20 s: this bound is there for a crawl without end
                await Crawler(lead_ids=[begin.pk]).run()
            return port

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with settings_given(network_allow="127.0.0.1:*", decode_workers=1, **settings):
        port = asyncio.run(go())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024
    errors = {
        name: FrontierUrl.objects.get(url_key=parse(f"http://127.0.0.1:{port}/{name}").key).error for name in expected()
    }
    wrong = {name: errors[name] for name, (_, code) in expected().items() if errors[name] not in code.split("|")}
    assert wrong == {}
    assert FrontierUrl.objects.get(url_key=parse(f"http://127.0.0.1:{port}/short").key).sha256 is not None
    assert FrontierUrl.objects.get(url_key=parse("http://169.254.169.254/").key).error == "address_blocked"
    seen = {url.removeprefix(f"http://127.0.0.1:{port}") for url in Sighting.objects.values_list("url", flat=True)}
    assert seen == {site.url("/good.jpg"), "/zip"}
    large = FrontierUrl.objects.get(url_key=parse(f"http://127.0.0.1:{port}/picture").key)
    assert (large.sha256 is not None, large.pdq) == (True, None)
    assert SENT["endless"] < 32 * MB
