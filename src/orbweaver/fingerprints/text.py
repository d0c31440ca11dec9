"""Reading fingerprints that others wrote. The text itself never goes into an error: hashes are secrets."""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress

from orbweaver.fingerprints.errors import BadFingerprint
from orbweaver.fingerprints.messages import BYTES, DIGITS, NEITHER_HEXADECIMAL_NOR_BASE64, NOT_HEXADECIMAL

_HEX = re.compile(r"[0-9a-fA-F]*")


def from_hex(text: str, length: int) -> bytes:
    """``length`` bytes out of twice as many hexadecimal digits. Raises BadFingerprint."""
    if len(text) == 2 * length:
        with suppress(ValueError):
            value = bytes.fromhex(text)
            if len(value) == length:  # it passes over spaces
                return value
    if not _HEX.fullmatch(text):
        raise BadFingerprint(NOT_HEXADECIMAL)
    raise BadFingerprint(DIGITS.of(digits=len(text), expected=2 * length))


def from_base64(text: str, length: int) -> bytes:
    """``length`` bytes out of base64, standard or URL-safe, with or without padding. Raises BadFingerprint."""
    try:
        standard = text.replace("-", "+").replace("_", "/").rstrip("=")
        value = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadFingerprint(NEITHER_HEXADECIMAL_NOR_BASE64) from None
    if len(value) != length:
        raise BadFingerprint(BYTES.of(bytes=len(value), expected=length))
    return value
