"""Which addresses may be dialled. Decided on the address itself, at the moment a socket is made for it.

A name, a redirect or a second DNS answer can say anything; the socket goes to one address and one port, and these are
what is looked at here. Everything that is not globally routable is refused, also where it hides inside an IPv6 form,
except what the setting ``network_allow`` names.

Sources of the tables: the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its updates), RFC 6052 and
RFC 8215 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo). Python's own ``is_global`` changed between patch releases, so it
is asked too, but never alone.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Any, Final

from orbweaver.errors import ConfigurationError, NotAllowed
from orbweaver.platform.network.messages import ADDRESS_NOT_PUBLIC, ALLOWED_FORM, ALLOWED_NAMES

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_BLOCKED_V4: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host endpoint: public by number, the machine's own platform in truth
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
_BLOCKED_V6: Final = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo (2001::/32) among them
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR: Final = ipaddress.IPv6Network("2002::/16")


class BlockedAddress(NotAllowed, OSError):
    """The address may not be dialled. An OSError too, so that every layer treats it as a connection that failed."""

    code = "address_blocked"

    def __init__(self) -> None:
        super().__init__(ADDRESS_NOT_PUBLIC)


@dataclass(frozen=True, slots=True)
class Allowed:
    """One exception of ``network_allow``: an address with one port, or with every port (None)."""

    address: Address
    port: int | None


def parse_allowed(text: str) -> tuple[Allowed, ...]:
    """Read ``127.0.0.1:8080, [::1]:*, localhost:*``. Raises ConfigurationError.

    Addresses only, besides ``localhost``: whoever answers for a name could make it point somewhere else.
    """
    found: list[Allowed] = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = item.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if port != "*" and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ConfigurationError(ALLOWED_FORM)
        number = None if port == "*" else int(port)
        for name in ("127.0.0.1", "::1") if host == "localhost" else (host,):
            try:
                found.append(Allowed(ipaddress.ip_address(name), number))
            except ValueError:
                raise ConfigurationError(ALLOWED_NAMES) from None
    return tuple(found)


def is_public(address: Address) -> bool:
    """Whether an address is globally routable, judged by the IPv4 address inside where it is a way to one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _BLOCKED_V4)
    if address.scope_id is not None:
        return False
    inside = _embedded(address)
    if inside is not None:
        return is_public(inside)
    return (
        address.is_global
        and not address.is_multicast
        and address in _GLOBAL_V6
        and not any(address in network for network in _BLOCKED_V6)
    )


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that traffic to an IPv6 one ends at (mapped, NAT64, 6to4)."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class Guard:
    """Decides what may be dialled, and makes sockets for nothing else."""

    def __init__(self, allow: str = "") -> None:
        """``allow`` as in the setting ``network_allow``; raises ConfigurationError."""
        self._allowed = parse_allowed(allow)

    def permits(self, address: str, port: int) -> bool:
        """Whether this address and port may be dialled. What is no plain address (a name, ``0177.1``) may not."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return is_public(parsed) or any(
            parsed == exception.address and exception.port in (None, port) for exception in self._allowed
        )

    def socket_factory(self, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        """Make the socket for one ``getaddrinfo`` answer, or raise BlockedAddress. For aiohttp's TCPConnector."""
        family, kind, protocol, _, where = info
        scope = where[3] if len(where) > 3 else 0
        if family not in (socket.AF_INET, socket.AF_INET6) or scope or not self.permits(where[0], where[1]):
            raise BlockedAddress
        return socket.socket(family, kind, protocol)
