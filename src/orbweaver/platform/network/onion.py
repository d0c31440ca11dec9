"""Hosts of the Tor network. They have no address: only a Tor proxy can reach them, and no name server may hear of them.

The form of version 3 (the only one in use): 56 base32 characters, of which 32 bytes are a key, two a checksum, one the
version; Tor's rend-spec-v3, section 6. Names left of it belong to the same service.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

LENGTH: Final = 56
"""Characters of a service's name."""


def is_onion(host: str) -> bool:
    """Whether a host belongs to the Tor network, well formed or not (RFC 7686)."""
    return host.rstrip(".").lower().endswith(".onion")


def is_valid_onion(host: str) -> bool:
    """Whether an onion host names a service that can exist: its checksum and its version are right."""
    labels = host.rstrip(".").lower().split(".")
    if len(labels) < 2 or labels[-1] != "onion" or len(labels[-2]) != LENGTH:
        return False
    try:
        raw = base64.b32decode(labels[-2].upper())
    except binascii.Error:
        return False
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    return version == b"\x03" and checksum == checksum_of(key, version)


def checksum_of(key: bytes, version: bytes = b"\x03") -> bytes:
    """The two bytes that stand between key and version."""
    return hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2]
