"""How many reports one network may send. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from typing import Final

NETWORK_BITS: Final = {4: 24, 6: 64}
"""Bits of an address that one household or office usually has to itself: what lies below is one sender."""


def network_of(address: str) -> str:
    """The network that an address counts for; "unknown" for what is none."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network(f"{parsed}/{NETWORK_BITS[parsed.version]}", strict=False))


def hour_of(now: dt.datetime) -> dt.datetime:
    """The hour that reports of this moment are counted in."""
    return now.replace(minute=0, second=0, microsecond=0)


def sender_key(address: str, hour: dt.datetime, secret: str) -> bytes:
    """32 bytes that stand for a sender within one hour. Without the secret they tell nothing."""
    text = f"{network_of(address)} {hour.isoformat()}".encode()
    return hashlib.blake2b(text, key=hashlib.sha256(secret.encode()).digest(), digest_size=32).digest()
