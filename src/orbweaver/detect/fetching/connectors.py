"""Ways to a host: directly, with the guard at the socket, or through a proxy that the operator names.

Through a proxy the address dialled is not ours to see, so it cannot be checked: what a name leads to is then up to the
proxy, and results carry no address. Literal addresses are still refused by the guard before anything is sent.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import aiohttp

from orbweaver.detect.fetching.messages import PROXY_FORM, PROXY_NEEDS_EXTRA
from orbweaver.detect.fetching.tls import client_context
from orbweaver.errors import ConfigurationError
from orbweaver.platform.network.guard import BlockedAddress, Guard
from orbweaver.platform.network.onion import is_valid_onion
from orbweaver.platform.network.resolver import GuardedResolver
from orbweaver.platform.network.urls import ParsedUrl

DNS_TTL_S: Final = 30
"""Seconds that an answer of a name server is used again."""
NOBODY: Final = "nobody.invalid"
"""A name that no host has (RFC 6761): a proxy that works says at once that it cannot reach it."""
PROXY_SPEAKS_S: Final = 5.0
"""Longest wait for a proxy to say so."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who a request went to. ``certificate`` is DER; None without TLS."""

    address: str
    certificate: bytes | None


dialled: ContextVar[list[Peer]] = ContextVar("dialled")
"""Whom the present request went to, latest last."""


class DirectConnector(aiohttp.TCPConnector):
    """Notes whom each request goes to (aiohttp forgets it as soon as a short body has been read)."""

    def __init__(self, guard: Guard, connections: int) -> None:
        super().__init__(
            resolver=GuardedResolver(guard),
            socket_factory=guard.socket_factory,
            ssl=client_context(),
            limit=connections,
            ttl_dns_cache=DNS_TTL_S,
        )

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        """As aiohttp's own."""
        connection = await super().connect(*args, **kwargs)
        transport = connection.transport
        peer = transport.get_extra_info("peername") if transport else None
        if transport and peer:
            secured = transport.get_extra_info("ssl_object")
            certificate = secured.getpeercert(binary_form=True) if secured is not None else None
            dialled.get([]).append(Peer(str(peer[0]), certificate))
        return connection


def proxied_connector(proxy: str, connections: int) -> aiohttp.BaseConnector:
    """Everything through ``proxy`` (socks5, socks4 or http URL), names resolved there. Raises ConfigurationError."""
    try:
        from aiohttp_socks import ProxyConnector
        from python_socks import ProxyTimeoutError
    except ImportError:
        raise ConfigurationError(PROXY_NEEDS_EXTRA) from None

    class Connector(ProxyConnector):
        """Hosts that leave connections unanswered are told from a proxy that does: both take all the time there is."""

        async def _connect_via_proxy(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return await super()._connect_via_proxy(*args, **kwargs)
            except ProxyTimeoutError:
                if await proxy_says(proxy) is not ProxySays.DIALS:
                    raise
                raise aiohttp.ConnectionTimeoutError("The proxy got no answer from the host.") from None

    try:
        connector: aiohttp.BaseConnector = Connector.from_url(
            _without_h(proxy), rdns=True, limit=connections, ssl=client_context()
        )
    except ValueError:
        raise ConfigurationError(PROXY_FORM) from None
    return connector


class ProxySays(StrEnum):
    """What a proxy does when it is asked for a host."""

    DIALS = "dials"
    REFUSES = "refuses"
    """It wants a password, permits no such thing or speaks otherwise."""
    SILENT = "silent"
    """It takes no connection, or says nothing on it."""


async def proxy_says(proxy: str) -> ProxySays:
    """What a proxy makes of a name that nobody has: where it looks for it, it works. Raises ConfigurationError."""
    proxy_address(proxy)
    from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
    from python_socks.async_.asyncio.v2 import Proxy

    try:
        stream = await Proxy.from_url(_without_h(proxy), rdns=True).connect(NOBODY, 80, timeout=PROXY_SPEAKS_S)
    except (ProxyConnectionError, ProxyTimeoutError):
        return ProxySays.SILENT
    except (ProxyError, OSError, EOFError, ValueError) as error:
        return ProxySays.DIALS if is_beyond_proxy(error) else ProxySays.REFUSES
    await stream.close()
    return ProxySays.DIALS


def proxy_address(proxy: str) -> tuple[str, int]:
    """Host and port of a proxy as settings name it. Raises ConfigurationError for what no proxy is written as."""
    try:
        from python_socks import parse_proxy_url
    except ImportError:
        raise ConfigurationError(PROXY_NEEDS_EXTRA) from None
    try:
        _, host, port, _, _ = parse_proxy_url(_without_h(proxy))
    except ValueError:
        raise ConfigurationError(PROXY_FORM) from None
    return host, port


def onion_dialler(proxy: str) -> Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    """Connections to onion hosts through a Tor client, for the filtering proxy. They raise OSError where it says no."""

    async def dial(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        from python_socks import ProxyError
        from python_socks.async_.asyncio.v2 import Proxy

        if not is_valid_onion(host):
            raise BlockedAddress
        try:
            stream = await Proxy.from_url(_without_h(proxy), rdns=True).connect(host, port)
        except (ProxyError, asyncio.IncompleteReadError):
            raise OSError("The Tor client could not reach the host.") from None
        return stream.reader, stream.writer

    return dial


def _without_h(proxy: str) -> str:
    """The library knows ``socks5`` alone; that names are resolved over there is said separately."""
    return proxy.replace("socks5h://", "socks5://", 1)


def refuse_literal(target: ParsedUrl, guard: Guard) -> None:
    """Raise BlockedAddress for an address in the URL itself that may not be dialled: a proxy would do it for us."""
    host = target.host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(".localhost"):
            host = "127.0.0.1"
        else:
            return
    if not guard.permits(host, target.port):
        raise BlockedAddress


def is_proxy_error(error: BaseException) -> bool:
    """Whether a proxy said no, could not be reached or hung up in the middle of its answer."""
    hung_up = isinstance(error, asyncio.IncompleteReadError)  # of nothing else: bodies are read as they come
    return hung_up or type(error).__module__.startswith(("aiohttp_socks", "python_socks"))


_BEYOND: Final = frozenset({3, 4, 5, 6, 0x5B, 502, 503, 504})
"""What proxies say where they could not reach a host: replies of SOCKS 5 and 4, statuses of HTTP."""


def is_beyond_proxy(error: BaseException) -> bool:
    """Whether the proxy itself is fine and says that the host cannot be reached from there."""
    return getattr(error, "error_code", None) in _BEYOND
