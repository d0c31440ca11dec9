"""The address that a request comes from, also behind a reverse proxy of the operator's own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from orbweaver.platform.runtime.settings import WebServerSettings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def visitor_of(peer: str, forwarded: str) -> str:
    """Who asks: the peer of the connection, or what our proxy says last in ``X-Forwarded-For`` where there is one."""
    if WebServerSettings.current().behind_proxy and forwarded:
        return _without_port(forwarded.rpartition(",")[2].strip())
    return peer


def _without_port(entry: str) -> str:
    """Some proxies say the port as well: taken for no address, all who come through them would be one network."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address lies in one of the networks; what is no address lies in none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return any((mapped or found) in network for network in networks)


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks such as 10.0.0.0/8, or single addresses. Raises ValueError."""
    return tuple(ipaddress.ip_network(text.strip()) for text in texts if text.strip())
