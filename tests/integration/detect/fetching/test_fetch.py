"""Fetching over real sockets: what honest servers send arrives, what hostile ones send is bounded and named."""

from __future__ import annotations

import asyncio
import gzip
import random
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest

from orbweaver.detect.fetching.bodies import LARGE_BODIES
from orbweaver.detect.fetching.errors import REASONS
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.urls import parse

MB = 2**20
Serve = Callable[[Any], Any]
_PACKER = zlib.compressobj(9, zlib.DEFLATED, 31)
UNFINISHED = _PACKER.compress(b"x") + _PACKER.flush(zlib.Z_FULL_FLUSH)
"""gzip to which blocks may be added."""


def fetch(
    url: str, *, allow: str = "127.0.0.1:*", seconds: float = 5.0, limit: int = 4 * MB, **more: Any
) -> FetchResult:
    """One fetch with a fetcher of its own."""

    async def go() -> FetchResult:
        guard = Guard(allow)
        async with Fetcher(guard=guard, user_agent="test/1", max_bytes=limit, total_timeout_s=seconds) as fetcher:
            return await fetcher.fetch(url, **more)

    return asyncio.run(go())


def sends(*parts: bytes, pause: float = 0.0, times: int = 1) -> Any:
    """A server that sends these bytes, whatever it is asked."""

    async def script(_reader: Any, writer: Any, _path: str) -> None:
        for part in parts * times:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_a_plain_answer_arrives_with_the_address_that_was_dialled(serve_raw: Serve) -> None:
    server = serve_raw(sends(whole(b"hello", 'ETag: "a"')))
    result = fetch(server.url("/x?b=2&a=1#top"), headers={"If-None-Match": '"b"'})
    assert (result.ok, result.status, result.body, result.address) == (True, 200, b"hello", "127.0.0.1")
    assert result.header("etag") == '"a"'
    assert result.url == server.url("/x?b=2&a=1")
    head = server.requests[0]
    assert head.startswith("GET /x?b=2&a=1 HTTP/1.1")
    assert "User-Agent: test/1" in head
    assert 'If-None-Match: "b"' in head


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("gzip", gzip.compress(b"words " * 1000, mtime=0)),
        ("deflate", zlib.compress(b"words " * 1000)),
        ("deflate", zlib.compress(b"words " * 1000, wbits=-15)),
        ("br", brotli.compress(b"words " * 1000)),
        ("gzip", gzip.compress(b"words " * 400, mtime=0) + gzip.compress(b"words " * 600, mtime=0) + b"\0" * 20),
    ],
)
def test_content_encodings_are_undone(serve_raw: Serve, name: str, packed: bytes) -> None:
    server = serve_raw(sends(whole(packed, f"Content-Encoding: {name}")))
    assert fetch(server.url()).body == b"words " * 1000


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", ["gzip", "br", "gzip, gzip"])
def test_a_bomb_stops_at_the_limit(serve_raw: Serve, name: str) -> None:
    packed = brotli.compress(bytes(512 * MB), quality=5) if name == "br" else gzip.compress(bytes(512 * MB), 9)
    if name == "gzip, gzip":
        packed = gzip.compress(packed, 9)
    server = serve_raw(sends(whole(packed, f"Content-Encoding: {name}")))
    tracemalloc.start()
    result = fetch(server.url())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.error == "too_large"
    assert peak < 24 * MB


@pytest.mark.parametrize("name", ["gzip", "br", "deflate", "zstd", "gzip, br"])
def test_a_body_that_is_not_what_it_says_is_named(serve_raw: Serve, name: str) -> None:
    server = serve_raw(sends(whole(b"\xff\xd8 not packed at all" * 40, f"Content-Encoding: {name}")))
    assert fetch(server.url()).error == "bad_encoding"


def test_an_endless_body_stops_at_the_limit(serve_raw: Serve) -> None:
    async def script(_reader: Any, writer: Any, _path: str) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    assert fetch(serve_raw(script).url()).error == "too_large"


def forever(start: bytes, piece: bytes) -> Any:
    """A server that sends the start, then the piece again and again until nobody listens any more."""

    async def script(_reader: Any, writer: Any, _path: str) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()

    return script


OK = b"HTTP/1.1 200 OK\r\n"
PACKED = OK + b"Content-Encoding: gzip\r\n\r\n"
EMPTY = gzip.compress(b"", mtime=0)
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("start", "piece", "code"),
    [
        (PACKED, EMPTY * 3000, "bad_encoding"),
        (PACKED + UNFINISHED, b"\0\0\0\xff\xff" * 10_000, "too_large"),
        (PACKED + EMPTY, b"junk" * 10_000, "too_large"),
        (CHUNKED, b"1\r\nx\r\n" * 5000, "too_large|deadline"),
        (CHUNKED + b"1;a=", b"b" * 50_000, "deadline"),
        (CHUNKED, b"0" * 50_000, "deadline"),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"X-T: y\r\n" * 5000, "incomplete|bad_response|deadline"),
        (CHUNKED + b"1\r\nx\r\n0\r\nX-T: ", b"y" * 50_000, "incomplete|bad_response|deadline"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, "deadline"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <" + b"a" * 5000 + b">\r\n\r\n", "deadline"),
        (OK + b"X: ", b"y" * 50_000, "bad_response"),
        (OK + b"X: y\r\n", b" z\r\n" * 10_000, "bad_response"),
        (b"HTTP/1.1 200 ", b"y" * 50_000, "bad_response"),
    ],
    ids=[
        *("empty members", "empty blocks", "junk after the end", "small chunks"),
        *("chunk extension", "chunk size", "trailers", "one trailer", "100 Continue", "early hints"),
        *("one header", "folded header", "status line"),
    ],
)
def test_whatever_part_of_an_answer_never_ends_the_fetch_does(
    serve_raw: Serve, start: bytes, piece: bytes, code: str
) -> None:
    server = serve_raw(forever(start, piece))
    tracemalloc.start()
    began = time.monotonic()
    result = fetch(server.url(), seconds=1.5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.error in code.split("|")
    assert time.monotonic() - began < 10
    assert peak < 24 * MB


@pytest.mark.parametrize("length", [10, 10**6])
@pytest.mark.parametrize("name", ["gzip", "br"])
def test_a_bomb_with_a_wrong_length_is_bounded_like_any_other(serve_raw: Serve, name: str, length: int) -> None:
    packed = gzip.compress(bytes(64 * MB), 9) if name == "gzip" else brotli.compress(bytes(64 * MB), quality=5)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {name}\r\nContent-Length: {length}\r\n\r\n".encode()
    assert fetch(serve_raw(sends(head + packed)).url()).error in ("too_large", "bad_response", "incomplete")


def test_noise_up_to_the_limit_arrives_however_it_is_packed(serve_raw: Serve) -> None:
    noise = random.Random(1).randbytes(MB)
    for name, packed in (("gzip", gzip.compress(noise)), ("br", brotli.compress(noise)), ("identity", noise)):
        server = serve_raw(sends(whole(packed, f"Content-Encoding: {name}")))
        assert fetch(server.url(), limit=MB + 1000).body == noise


def test_cookies_are_neither_kept_nor_sent_back_over_redirects(serve_raw: Serve) -> None:
    async def script(_reader: Any, writer: Any, path: str) -> None:
        flood = [f"Set-Cookie: c{number}={'z' * 60}" for number in range(100)]
        if len(path) < 10:
            writer.write(whole(b"", *flood, f"Location: {path}x", status="302 Found"))
        else:
            writer.write(whole(b"end", *flood))

    server = serve_raw(script)
    assert fetch(server.url("/a")).body == b"end"
    assert len(server.requests) == 9
    assert not [head for head in server.requests if "cookie" in head.lower()]


def test_an_announced_body_that_is_too_large_is_not_even_read(serve_raw: Serve) -> None:
    server = serve_raw(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", pause=3))
    start = time.monotonic()
    assert fetch(server.url()).error == "too_large"
    assert time.monotonic() - start < 2


def test_a_slow_drip_ends_at_the_deadline(serve_raw: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"

    async def script(_reader: Any, writer: Any, _path: str) -> None:
        writer.write(head)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    start = time.monotonic()
    result = fetch(serve_raw(script).url(), seconds=0.7)
    assert (result.error, result.status, result.body) == ("deadline", 200, b"")
    assert time.monotonic() - start < 2


def test_slow_headers_end_at_the_deadline(serve_raw: Serve) -> None:
    server = serve_raw(sends(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 100, pause=0.05))
    assert fetch(server.url(), seconds=0.5).error == "deadline"


def test_endless_redirects_end(serve_raw: Serve) -> None:
    async def script(_reader: Any, writer: Any, path: str) -> None:
        writer.write(whole(b"", f"Location: {path}x", status="302 Found"))

    server = serve_raw(script)
    result = fetch(server.url("/a"))
    assert result.error == "too_many_redirects"
    assert len(server.requests) == 11


def test_redirects_are_followed_and_kept(serve_raw: Serve) -> None:
    async def script(_reader: Any, writer: Any, path: str) -> None:
        answer = whole(b"here") if path == "/b/end" else whole(b"", "Location: b/end", status="301 Moved")
        writer.write(answer)

    server = serve_raw(script)
    result = fetch(server.url("/start"))
    assert (result.body, result.final_url) == (b"here", server.url("/b/end"))
    assert result.redirects == (server.url("/start"),)


def test_a_redirect_that_may_not_be_followed_is_handed_back(serve_raw: Serve) -> None:
    server = serve_raw(sends(whole(b"", "Location: http://elsewhere.example/x", status="302 Found")))
    result = fetch(server.url(), follow=lambda target: target.host == "127.0.0.1")
    assert (result.error, result.location) == ("redirect", parse("http://elsewhere.example/x"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://x/", "http://", "//[bad"])
def test_a_redirect_to_no_web_address_is_refused(serve_raw: Serve, target: str) -> None:
    server = serve_raw(sends(whole(b"", f"Location: {target}", status="302 Found")))
    assert fetch(server.url()).error == "bad_redirect"


@pytest.mark.parametrize(
    "flood",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(100_000)),
        b"X: " + b"y" * 1_000_000 + b"\r\n",
        b"".join(b"Set-Cookie: c%d=%s\r\n" % (number, b"z" * 200) for number in range(5000)),
    ],
)
def test_a_flood_of_headers_is_refused(serve_raw: Serve, flood: bytes) -> None:
    server = serve_raw(sends(b"HTTP/1.1 200 OK\r\n" + flood + b"\r\nbody"))
    assert fetch(server.url()).error == "bad_response"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "disconnected"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "incomplete"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhalf", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nhalf", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf", "incomplete"),
        (b"HTTP/1.1 302 Found\r\nLocation: \r\nContent-Length: 0\r\n\r\n", "too_many_redirects"),
    ],
)
def test_broken_http_is_named(serve_raw: Serve, sent: bytes, code: str) -> None:
    assert fetch(serve_raw(sends(sent)).url()).error == code


def test_a_body_that_ends_early_is_kept_as_far_as_it_came(serve_raw: Serve) -> None:
    server = serve_raw(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
    assert fetch(server.url()).body == b"half"


def test_a_packed_body_that_ends_early_is_incomplete(serve_raw: Serve) -> None:
    packed = gzip.compress(b"words " * 5000)[:-20]
    result = fetch(serve_raw(sends(whole(packed, "Content-Encoding: gzip"))).url())
    assert result.error == "incomplete"


def test_large_bodies_wait_for_one_another_and_all_arrive(serve_raw: Serve) -> None:
    server = serve_raw(sends(whole(bytes(3 * MB))))

    async def go() -> list[FetchResult]:
        async with Fetcher(guard=Guard("127.0.0.1:*"), user_agent="t") as fetcher:
            return await asyncio.gather(*(fetcher.fetch(server.url(f"/{number}")) for number in range(10)))

    assert [len(result.body) for result in asyncio.run(go())] == [3 * MB] * 10


@pytest.mark.parametrize("piece", [b"", b"x"], ids=["stands still", "drips"])
def test_large_bodies_that_hardly_come_do_not_keep_others_from_arriving(
    serve_raw: Serve, monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    """Places for large bodies are few: who takes one and then says next to nothing loses it."""
    monkeypatch.setattr("orbweaver.detect.fetching.bodies.PATIENCE_S", 0.5)

    async def script(_reader: Any, writer: Any, path: str) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3145728\r\n\r\n" + bytes(5 * MB // 2))
        if path == "/honest":
            writer.write(bytes(MB // 2))
            return
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)

    server = serve_raw(script)

    async def go() -> list[FetchResult]:
        async with Fetcher(guard=Guard("127.0.0.1:*"), user_agent="t", total_timeout_s=30) as fetcher:
            slow = [asyncio.create_task(fetcher.fetch(server.url(f"/{number}"))) for number in range(LARGE_BODIES)]
            await asyncio.sleep(0.3)
            return await asyncio.gather(fetcher.fetch(server.url("/honest")), *slow)

    began = time.monotonic()
    honest, *slow = asyncio.run(go())
    assert len(honest.body) == 3 * MB
    assert [result.error for result in slow] == ["deadline"] * LARGE_BODIES
    assert time.monotonic() - began < 20


def test_a_large_body_that_came_whole_is_whole_though_its_server_is_slow_to_hang_up(
    serve_raw: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.detect.fetching.bodies.PATIENCE_S", 2.0)

    async def script(_reader: Any, writer: Any, _path: str) -> None:
        writer.write(OK + b"\r\n" + bytes(2 * MB))
        for pause in (0.3, 1.3):
            await asyncio.sleep(pause)
            writer.write(b"x")
            await writer.drain()
        await asyncio.sleep(1.3)

    result = fetch(serve_raw(script).url(), seconds=30)
    assert (result.error, result.body) == (None, bytes(2 * MB) + b"xx")


def test_nothing_is_sent_to_a_loopback_server_unless_it_is_named(serve_raw: Serve) -> None:
    server = serve_raw(sends(whole(b"secret")))
    port = server.port
    forms = [
        f"http://127.0.0.1:{port}/",
        f"http://2130706433:{port}/",
        f"http://0x7f000001:{port}/",
        f"http://0177.0.0.1:{port}/",
        f"http://127.1:{port}/",
        f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://[64:ff9b::127.0.0.1]:{port}/",
        f"http://localhost:{port}/",
        f"http://a.localhost:{port}/",
        f"http://0.0.0.0:{port}/",
    ]
    assert {fetch(form, allow="127.0.0.1:1").error for form in forms} == {"address_blocked"}
    assert server.requests == []
    assert fetch(f"http://some.localhost:{port}/").body == b"secret"


def test_a_redirect_to_a_blocked_address_sends_nothing(serve_raw: Serve) -> None:
    inner = serve_raw(sends(whole(b"secret")))
    outer = serve_raw(sends(whole(b"", f"Location: {inner.url()}", status="302 Found")))
    result = fetch(outer.url(), allow=f"127.0.0.1:{outer.port}")
    assert (result.error, result.redirects) == ("address_blocked", (outer.url(),))
    assert inner.requests == []


def test_a_name_whose_answer_changes_is_checked_at_each_connection(
    serve_raw: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver is deceived altogether here: the socket still is not made."""
    server = serve_raw(sends(whole(b"secret")))

    async def deceived(*_: Any, **__: Any) -> list[Any]:
        return [{"hostname": "x", "host": "127.0.0.1", "port": server.port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr("orbweaver.platform.network.resolver.GuardedResolver.resolve", deceived)
    assert fetch(f"http://public.example:{server.port}/", allow="").error == "address_blocked"
    assert server.requests == []


def test_a_closed_port_is_refused_and_a_name_that_does_not_exist_is_dns(serve_raw: Serve) -> None:
    assert fetch("http://127.0.0.1:1/").error == "refused"
    assert fetch("http://does-not-exist.invalid/").error == "dns"


def test_plain_http_behind_an_https_address_is_a_tls_error(serve_raw: Serve) -> None:
    server = serve_raw(sends(b"HTTP/1.1 400 Bad\r\n\r\n" * 10))
    assert fetch(server.url().replace("http:", "https:")).error == "tls"


@pytest.mark.parametrize("text", ["ftp://a/", "nonsense", "", "http://" + "a" * 9000])
def test_what_is_no_address_is_an_error_of_the_fetch(text: str) -> None:
    assert fetch(text).error == "invalid_url"


def test_every_reason_is_a_sentence() -> None:
    assert all(str(reason).endswith(".") for reason in REASONS.values())
