"""How many reports one network may send, and how hashes are read that a survivor brings. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import re
from dataclasses import dataclass
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


_NAMED = re.compile(r"(?:(md5|sha-?1|sha-?256|pdq|frame)\s*[:=,\s]\s*)?([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})", re.I)
_KINDS: Final = {32: ("md5",), 40: ("sha1",), 64: ("sha256", "pdq")}
"""By hexadecimal digits. 64 may be either; both are looked for where nobody says which it is."""


@dataclass(frozen=True)
class AskedFor:
    """One hash that a survivor brings. ``is_frame``: a PDQ of one picture out of a film."""

    kind: str
    value: bytes
    is_frame: bool = False


def read_hashes(text: str) -> tuple[list[AskedFor], list[int]]:
    """The hashes of a text, one a line, with or without the name of their kind; and the numbers of lines that are none.

    That is what our own page writes, and what Take It Down and StopNCII give people (MD5 and PDQ).
    """
    found: dict[AskedFor, None] = {}
    bad = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _NAMED.fullmatch(line.strip())
        kinds = _kinds_of(match) if match else ()
        if match is None or not kinds:
            bad.append(number)
            continue
        name, digits = (match[1] or "").lower(), match[2].lower()
        found |= {AskedFor(kind, bytes.fromhex(digits), name == "frame"): None for kind in kinds}
    return list(found), bad


def _kinds_of(match: re.Match[str]) -> tuple[str, ...]:
    """Which kinds a line may be of; none where its name and its length do not fit."""
    possible, name = _KINDS[len(match[2])], (match[1] or "").lower().replace("-", "")
    name = "pdq" if name == "frame" else name
    return possible if not name else tuple(kind for kind in possible if kind == name)
