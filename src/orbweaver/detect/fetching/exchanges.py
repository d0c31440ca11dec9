"""A request and its answer as they went over the wire, for evidence: kept only where the caller asks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import aiohttp

from orbweaver.detect.fetching.connectors import Peer


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer. Through a proxy, ``address`` and ``certificate`` are None: it does not tell them."""

    url: str
    """As asked for, in normal form."""
    at: dt.datetime
    """When it was asked; real time, UTC."""
    address: str | None
    """IP address that was dialled."""
    certificate: bytes | None
    """The host's own certificate, DER; None without TLS."""
    request: bytes
    """Request line and headers, with the empty line that ends them."""
    response: bytes
    """Status line and headers as they came, with the empty line that ends them."""
    body: bytes | None = b""
    """As sent: packed where the host packed it, without the frames of chunked transfer. None: the very bytes that
    ``FetchResult.body`` holds, which are not held twice."""
    is_whole: bool = False
    """Whether the body was read to its end; that of a redirect is not."""


def exchange_of(url: str, began_at: dt.datetime, response: aiohttp.ClientResponse, peer: Peer | None) -> Exchange:
    """The exchange as far as headers tell; its body is to come."""
    asked = response.request_info
    request = [f"{asked.method} {asked.url.raw_path_qs} HTTP/1.1", *(f"{k}: {v}" for k, v in asked.headers.items())]
    version = response.version or aiohttp.HttpVersion11
    status = f"HTTP/{version.major}.{version.minor} {response.status} {response.reason or ''}"
    answer = [status.encode("utf-8", "surrogateescape"), *(b": ".join(pair) for pair in response.raw_headers)]
    return Exchange(
        url=url,
        at=began_at,
        address=peer.address if peer else None,
        certificate=peer.certificate if peer else None,
        request=_head([line.encode("utf-8", "surrogateescape") for line in request]),
        response=_head(answer),
    )


def _head(lines: list[bytes]) -> bytes:
    return b"\r\n".join([*lines, b"", b""])
