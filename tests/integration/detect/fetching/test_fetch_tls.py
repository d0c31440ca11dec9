"""Encrypted connections that go wrong, over real sockets: each is named, nothing is sent, and none takes long."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orbweaver.detect.fetching.errors import REASONS, TRANSIENT
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.detect.fetching.tls import client_context
from orbweaver.platform.network.guard import Guard

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
Serve = Callable[[Any], Any]


class Authority:
    """A certificate authority of the test; ``trusted`` is what makes clients trust it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of a test")])
        root = self._builder(self._name, self._key, NOW - 30 * DAY, NOW + 30 * DAY)
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.trusted = folder / "root.pem"
        self.trusted.write_bytes(root.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _builder(self, name: x509.Name, key: Any, start: dt.datetime, end: dt.datetime) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
        return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)

    def context(
        self,
        *,
        address: str = "127.0.0.1",
        start: dt.datetime = NOW - DAY,
        end: dt.datetime = NOW + DAY,
        self_signed: bool = False,
    ) -> ssl.SSLContext:
        """What a server needs to show such a certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A server of a test")])
        builder = self._builder(name, key, start, end)
        if self_signed:
            builder = _issued_by_itself(name, key, start, end)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        signed = builder.add_extension(names, critical=False).sign(key if self_signed else self._key, hashes.SHA256())
        file = self._folder / f"{signed.serial_number}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _issued_by_itself(name: x509.Name, key: Any, start: dt.datetime, end: dt.datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """An authority that clients of this test trust. Like many a private one it names no key identifiers."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.trusted))
    client_context.cache_clear()
    yield made
    client_context.cache_clear()


@pytest.fixture
def serve_tls() -> Iterator[Callable[[ssl.SSLContext], tuple[str, list[bytes]]]]:
    """Starts servers that answer over TLS; gives their address and what they were asked."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers: list[asyncio.Server] = []

    def start(context: ssl.SSLContext) -> tuple[str, list[bytes]]:
        asked: list[bytes] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.read(1000))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            await writer.drain()
            writer.close()

        async def listen() -> asyncio.Server:
            return await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)

        servers.append(asyncio.run_coroutine_threadsafe(listen(), loop).result(10))
        return f"https://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}/", asked

    yield start
    for server in servers:
        loop.call_soon_threadsafe(server.close)
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def fetch(url: str, *, seconds: float = 5.0, capture: bool = False) -> FetchResult:
    async def go() -> FetchResult:
        guard = Guard("127.0.0.1:*")
        async with Fetcher(guard=guard, user_agent="test/1", total_timeout_s=seconds, capture=capture) as fetcher:
            return await fetcher.fetch(url)

    return asyncio.run(go())


def test_a_good_certificate_is_taken(authority: Authority, serve_tls: Any) -> None:
    url, asked = serve_tls(authority.context())
    assert (fetch(url).body, len(asked)) == (b"hello", 1)


def test_what_went_over_the_wire_is_kept_where_it_is_asked_for(authority: Authority, serve_tls: Any) -> None:
    url, asked = serve_tls(authority.context())
    result = fetch(url, capture=True)
    [exchange] = result.exchanges
    assert exchange.request == asked[0]  # to the byte
    assert exchange.response == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    assert (exchange.body, exchange.is_whole, exchange.address) == (None, True, "127.0.0.1")  # the result has the body
    assert exchange.certificate is not None
    shown = x509.load_der_x509_certificate(exchange.certificate)
    assert shown.subject.rfc4514_string() == "CN=A server of a test"
    assert fetch(url).exchanges == ()


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        ({"start": NOW - 3 * DAY, "end": NOW - DAY}, "tls_expired"),
        ({"start": NOW + DAY, "end": NOW + 3 * DAY}, "tls_expired"),
        ({"self_signed": True}, "tls_untrusted"),
        ({"address": "127.0.0.9"}, "tls_wrong_name"),
    ],
)
def test_a_bad_certificate_is_named_and_nothing_is_sent(
    authority: Authority, serve_tls: Any, certificate: dict[str, Any], code: str
) -> None:
    url, asked = serve_tls(authority.context(**certificate))
    result = fetch(url)
    assert (result.error, result.status, result.body) == (code, None, b"")
    assert asked in ([], [b""])
    assert code in REASONS
    assert code not in TRANSIENT


def test_a_certificate_of_an_unknown_authority_is_named(tmp_path: Path, serve_tls: Any) -> None:
    url, _ = serve_tls(Authority(tmp_path).context())
    assert fetch(url).error == "tls_untrusted"


ALERT = b"\x15\x03\x01\x00\x02\x02\x46"
"""A fatal alert "protocol version" (RFC 8446, section 6)."""
OLD_HELLO = (
    b"\x16\x03\x01\x00\x31\x02\x00\x00\x2d\x03\x01" + bytes(32) + b"\x00\x00\x2f\x00\x00\x05\xff\x01\x00\x01\x00"
)
"""A ServerHello of TLS 1.0."""


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        (ALERT, {"tls_old"}),
        (OLD_HELLO, {"tls_old"}),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", {"tls"}),
        (b"\x16\x03\x03\xff\xff" + bytes(70_000), {"tls"}),
        (b"", {"tls", "disconnected", "refused"}),
    ],
    ids=["alert", "old", "plain", "nonsense", "nothing"],
)
def test_handshakes_that_fail_are_named(serve_raw: Serve, sent: bytes, codes: set[str]) -> None:
    async def script(_reader: Any, writer: Any, _path: str) -> None:
        writer.write(sent)
        await writer.drain()

    assert fetch(serve_raw(script).url().replace("http:", "https:")).error in codes


@pytest.mark.parametrize("start", [b"", b"\x16\x03\x03\x00\x7a"], ids=["silent", "begun"])
def test_a_handshake_that_stalls_ends_at_the_deadline(serve_raw: Serve, start: bytes) -> None:
    async def script(_reader: Any, writer: Any, _path: str) -> None:
        writer.write(start)
        await writer.drain()
        await asyncio.sleep(60)

    began = time.monotonic()
    result = fetch(serve_raw(script).url().replace("http:", "https:"), seconds=0.7)
    assert result.error in ("deadline", "connect_timeout")
    assert time.monotonic() - began < 5
