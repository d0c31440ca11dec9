"""What went wrong with a fetch, from the exception to a code of ``errors.REASONS``."""

from __future__ import annotations

import socket
import ssl
from typing import Final

import aiohttp

from orbweaver.detect.fetching.connectors import is_beyond_proxy, is_proxy_error
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.detect.fetching.tls import tls_code
from orbweaver.platform.network.guard import BlockedAddress


def error_code(error: Exception) -> str:
    """The code of ``fetching.errors.REASONS`` for what went wrong; raises what is no failure of a fetch."""
    if isinstance(error, FetchFailed):
        return error.code
    if _chain_has(error, BlockedAddress):
        return "address_blocked"
    if isinstance(error, aiohttp.ClientConnectorDNSError) or _chain_has(error, socket.gaierror):
        return "dns"
    if is_proxy_error(error):
        return "refused" if is_beyond_proxy(error) else "proxy"
    if isinstance(error, _TLS):
        return tls_code(error)
    for kinds, code in _CODES:
        if isinstance(error, kinds):
            return code
    raise error


_TLS: Final = (
    aiohttp.ClientSSLError,
    aiohttp.ClientConnectorCertificateError,
    ssl.SSLError,
    ssl.CertificateError,
)
_CODES: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), "invalid_url"),
    ((aiohttp.ConnectionTimeoutError,), "connect_timeout"),
    ((TimeoutError,), "deadline"),
    ((aiohttp.ClientConnectorError,), "refused"),
    ((aiohttp.ClientPayloadError,), "incomplete"),
    ((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, OSError), "disconnected"),
    ((aiohttp.ClientResponseError, aiohttp.ClientError), "bad_response"),
    ((ValueError,), "bad_response"),
)


def _chain_has(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether the error or what it came from is of this kind."""
    while error is not None:
        if isinstance(error, kind) or isinstance(getattr(error, "os_error", None), kind):
            return True
        error = error.__cause__
    return False
