"""The proxy that a browser must use, over real sockets: it reaches nothing that the crawler may not reach."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.platform.network.filter_proxy import FilterProxy, Traffic
from orbweaver.platform.network.guard import Guard

from .conftest import RawServer

Serve = Callable[[Any], RawServer]
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def sends(*parts: bytes, pause: float = 0.0) -> Any:
    async def script(_reader: Any, writer: Any, _path: str) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


def ask(
    first: str, *, allow: str = "127.0.0.1:*", secret: str | None = None, then: bytes = b"", budget: int = 2**20
) -> tuple[bytes, Traffic]:
    """What the proxy answers to one request, and what went through it."""

    async def go() -> tuple[bytes, Traffic]:
        async with FilterProxy(Guard(allow)) as proxy:
            traffic = proxy.begin(budget)
            given = proxy.password if secret is None else secret
            token = base64.b64encode(f"{FilterProxy.USER}:{given}".encode()).decode()
            reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.address.rpartition(":")[2]))
            head = (
                f"{first} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic {token}\r\nConnection: keep-alive\r\n\r\n"
            )
            writer.write(head.encode())
            answer = b""
            if then:
                answer = await reader.readuntil(b"\r\n\r\n")
                writer.write(then)
            answer += await asyncio.wait_for(reader.read(), 20)
            writer.close()
            return answer, traffic

    return asyncio.run(go())


def test_a_plain_request_is_passed_on_without_what_concerns_the_proxy(serve_raw: Serve) -> None:
    server = serve_raw(sends(HELLO))
    answer, traffic = ask(f"GET {server.url('/a?b=c')}")
    assert answer == HELLO
    assert server.requests[0].startswith("GET /a?b=c HTTP/1.1\r\n")
    assert "proxy" not in server.requests[0].lower()
    assert "Connection: close" in server.requests[0]
    assert (traffic.dialled, traffic.received, traffic.addresses) == (1, len(HELLO), {"127.0.0.1"})


def test_an_encrypted_connection_is_passed_on_as_it_is(serve_raw: Serve) -> None:
    server = serve_raw(sends(HELLO))
    answer, _ = ask(f"CONNECT 127.0.0.1:{server.port}", then=b"GET / HTTP/1.1\r\n\r\n")
    assert answer == b"HTTP/1.1 200 Connection established\r\n\r\n" + HELLO


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "a.localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "2130706433",
     "0x7f.1", "0177.0.0.1", "127.1", "10.0.0.1", "169.254.169.254", "[fe80::1]", "x.onion"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["GET http://{}:{}/", "CONNECT {}:{}"])
def test_nothing_is_dialled_that_is_not_public(host: str, way: str, serve_raw: Serve) -> None:
    server = serve_raw(sends(HELLO))
    answer, traffic = ask(way.format(host, server.port), allow="")
    assert answer.startswith(b"HTTP/1.1 403")
    assert (server.requests, traffic.dialled, traffic.refused) == ([], 0, 1)


def test_whoever_does_not_know_the_secret_gets_nothing(serve_raw: Serve) -> None:
    server = serve_raw(sends(HELLO))
    answer, _ = ask(f"GET {server.url()}", secret="guess")
    assert answer.startswith(b"HTTP/1.1 407")
    assert server.requests == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_changed_on_a_site(method: str, serve_raw: Serve) -> None:
    server = serve_raw(sends(HELLO))
    assert ask(f"{method} {server.url()}")[0].startswith(b"HTTP/1.1 403")
    assert server.requests == []


def test_a_page_gets_no_more_bytes_than_its_budget(serve_raw: Serve) -> None:
    server = serve_raw(sends(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 200))
    answer, traffic = ask(f"GET {server.url()}", budget=300_000)
    assert traffic.spent
    assert len(answer) <= 300_000 + 2 * 65536


@pytest.mark.parametrize("first", ["GET", "GET nonsense", "CONNECT nowhere", "CONNECT 127.0.0.1:port", "GET ftp://x/"])
def test_nonsense_ends_the_connection_and_nothing_else(first: str) -> None:
    answer, traffic = ask(first)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 403")
    assert traffic.dialled == 0
