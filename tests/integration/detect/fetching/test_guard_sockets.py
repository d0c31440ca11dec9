"""The address guard over real sockets: whatever form an address takes, a server on loopback hears nothing."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.platform.network.guard import Guard

Serve = Callable[[Any], Any]

FORMS = {
    "plain": "127.0.0.1",
    "decimal": "2130706433",
    "hexadecimal": "0x7f000001",
    "octal": "017700000001",
    "octal parts": "0177.0.0.01",
    "mixed parts": "0x7f.0.1",
    "short": "127.1",
    "another loopback": "127.255.255.254",
    "full-width digits": "１２７.０.０.１",
    "trailing dot": "127.0.0.1.",
    "percent": "%31%32%37.0.0.1",
    "zero": "0.0.0.0",
    "zero alone": "0",
    "broadcast": "255.255.255.255",
    "ipv6": "[::1]",
    "ipv6 long": "[0:0:0:0:0:0:0:1]",
    "unspecified": "[::]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped in hexadecimal": "[::ffff:7f00:1]",
    "compatible": "[::127.0.0.1]",
    "translated": "[::ffff:0:127.0.0.1]",
    "NAT64": "[64:ff9b::127.0.0.1]",
    "NAT64 of a network's own": "[64:ff9b:1::7f00:1]",
    "6to4": "[2002:7f00:1::1]",
    "Teredo": "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "link-local": "[fe80::1]",
    "unique local": "[fc00::1]",
    "site-local": "[fec0::1]",
    "multicast": "[ff02::1]",
    "documentation": "[2001:db8::1]",
    "metadata": "169.254.169.254",
    "metadata by IPv6": "[fd00:ec2::254]",
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 192": "192.168.0.1",
    "shared": "100.64.0.1",
    "localhost": "localhost",
    "LOCALHOST.": "LOCALHOST.",
    "below localhost": "a.b.localhost",
}


def fetch(url: str, *, allow: str = "", **more: Any) -> FetchResult:
    async def go() -> FetchResult:
        async with Fetcher(guard=Guard(allow), user_agent="test/1", total_timeout_s=5.0, **more) as fetcher:
            return await fetcher.fetch(url)

    return asyncio.run(go())


def answer(body: bytes = b"secret", *, location: str = "") -> Any:
    status = f"302 Found\r\nLocation: {location}" if location else "200 OK"

    async def script(_reader: Any, writer: Any, _path: str) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return script


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_no_form_of_an_address_reaches_a_server_on_loopback(serve_raw: Serve, form: str) -> None:
    server = serve_raw(answer())
    result = fetch(f"http://{form}:{server.port}/")
    assert (result.error, result.body, server.requests) == ("address_blocked", b"", [])


@pytest.mark.parametrize("form", [FORMS[name] for name in ("decimal", "mapped", "NAT64", "6to4", "ipv6", "localhost")])
def test_no_redirect_leads_to_an_address_in_any_form(serve_raw: Serve, form: str) -> None:
    inner = serve_raw(answer())
    outer = serve_raw(answer(location=f"http://{form}:{inner.port}/"))
    result = fetch(outer.url(), allow=f"127.0.0.1:{outer.port}")
    assert (result.error, inner.requests) == ("address_blocked", [])


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_name_whose_second_answer_is_private_is_not_dialled(
    serve_raw: Serve, monkeypatch: pytest.MonkeyPatch, family: int
) -> None:
    """The name server says something public first and this machine afterwards, as in DNS rebinding."""
    server = serve_raw(answer(location="/again"))
    private = ("127.0.0.1", server.port) if family == socket.AF_INET else ("::ffff:127.0.0.1", server.port, 0, 0)
    asked: list[str] = []
    ask = socket.getaddrinfo

    def changing(host: Any, *rest: Any, **more: Any) -> Any:
        if host != "changing.example":
            return ask(host, *rest, **more)
        asked.append(host)
        if len(asked) == 1:  # nobody answers there (RFC 5737 is blocked, so a public one that refuses is not needed)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", server.port))]
        return [(family, socket.SOCK_STREAM, 6, "", private)]

    monkeypatch.setattr("socket.getaddrinfo", changing)

    async def go() -> list[FetchResult]:
        monkeypatch.setattr("orbweaver.detect.fetching.connectors.DNS_TTL_S", 0)
        async with Fetcher(guard=Guard(), user_agent="test/1", total_timeout_s=5.0) as fetcher:
            return [await fetcher.fetch(f"http://changing.example:{server.port}/") for _ in range(3)]

    assert [result.error for result in asyncio.run(go())] == ["address_blocked"] * 3
    assert server.requests == []
    assert len(asked) == 3


@pytest.mark.parametrize("private", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_name_that_led_to_a_permitted_host_and_then_leads_inside_is_dialled_the_first_time_alone(
    serve_raw: Serve, monkeypatch: pytest.MonkeyPatch, private: str
) -> None:
    """As in DNS rebinding: the first answer is good, and a redirect to the same name comes after the second one."""
    inside = serve_raw(answer())
    outside = ThreadingHTTPServer(("127.0.0.2", inside.port), Redirecting)
    threading.Thread(target=outside.serve_forever, daemon=True).start()
    answers = iter(["127.0.0.2", private, private])
    ask = socket.getaddrinfo

    def changing(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        return ask(next(answers) if host == "changing.example" else host, port, *rest, **more)

    monkeypatch.setattr("socket.getaddrinfo", changing)
    monkeypatch.setattr("orbweaver.detect.fetching.connectors.DNS_TTL_S", 0)
    try:
        result = fetch(f"http://changing.example:{inside.port}/", allow=f"127.0.0.2:{inside.port}")
    finally:
        outside.shutdown()
        outside.server_close()
    assert (result.error, len(result.redirects), inside.requests) == ("address_blocked", 1, [])
    assert next(answers, None) == private  # asked twice


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody on to the same host, over a new connection."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/again")
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_a_name_with_a_public_and_a_private_answer_is_never_dialled_at_the_private_one(
    serve_raw: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both answers at once: the private one is left out even though it would be the first to connect."""
    server = serve_raw(answer())
    monkeypatch.setattr(
        "orbweaver.platform.network.look_ups._ask",
        lambda *_: [(socket.AF_INET, "127.0.0.1", 0), (socket.AF_INET, "127.0.0.2", 0)],
    )
    result = fetch(f"http://both.example:{server.port}/", allow=f"127.0.0.2:{server.port}")
    assert result.error == "refused"
    assert server.requests == []


PROXIED = ("plain", "decimal", "octal parts", "mapped", "NAT64", "6to4", "ipv6", "metadata", "localhost", "private 10")


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("form", [FORMS[name] for name in PROXIED])
def test_a_proxy_is_asked_for_no_address_that_may_not_be_dialled(serve_raw: Serve, scheme: str, form: str) -> None:
    pytest.importorskip("aiohttp_socks")
    proxy = serve_raw(answer())
    result = fetch(f"http://{form}:8080/", proxy=f"{scheme}://127.0.0.1:{proxy.port}")
    assert (result.error, proxy.requests) == ("address_blocked", [])


def test_a_proxy_of_the_environment_is_not_used(serve_raw: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve_raw(answer(b"proxied")), serve_raw(answer(b"direct"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url())
    assert fetch(server.url(), allow="127.0.0.1:*").body == b"direct"
    assert proxy.requests == []
