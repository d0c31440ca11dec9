"""A secret in shares, of which so many together give it back and fewer tell nothing (Shamir, over GF(256)). Pure."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orbweaver.detect.evidence.messages import SHARE_UNREADABLE, SHARES_DIFFER, SHARES_NUMBER
from orbweaver.errors import InvalidInput

BEGIN: Final = "OWS1"
_CHECK: Final = 8
_GENERATOR, _POLYNOMIAL = 3, 0x11B


def _tables() -> tuple[list[int], list[int]]:
    exponents, logarithms, value = [0] * 510, [0] * 256, 1
    for power in range(255):
        exponents[power] = exponents[power + 255] = value
        logarithms[value] = power
        value ^= value << 1  # times three
        if value & 0x100:
            value ^= _POLYNOMIAL
    return exponents, logarithms


_EXP, _LOG = _tables()


def _times(left: int, right: int) -> int:
    return _EXP[_LOG[left] + _LOG[right]] if left and right else 0


def _over(left: int, right: int) -> int:
    return _EXP[_LOG[left] + 255 - _LOG[right]] if left else 0


@dataclass(frozen=True, slots=True)
class Share:
    """One of a set. ``at`` is where the polynomials were evaluated, from 1."""

    of: str
    needed: int
    at: int
    values: bytes

    def written(self) -> str:
        """As a person keeps it, in one line, with a check of its own."""
        text = f"{BEGIN}-{self.of}-{self.needed}-{self.at}-{self.values.hex()}"
        return f"{text}-{_check(text)}"


def _check(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECK]


def read_share(written: str) -> Share:
    """A share as somebody typed it. Raises InvalidInput for what is none, or was mistyped."""
    text, _, check = "".join(written.split()).rpartition("-")
    parts = text.split("-")
    try:
        begin, of, needed, at, values = parts
        share = Share(of, int(needed), int(at), bytes.fromhex(values))
    except ValueError:
        raise InvalidInput(SHARE_UNREADABLE) from None
    if begin != BEGIN or check != _check(text) or not 0 < share.at < 256:
        raise InvalidInput(SHARE_UNREADABLE)
    return share


def split(secret: bytes, shares: int, needed: int) -> list[Share]:
    """The secret in so many shares. Raises InvalidInput."""
    if not 2 <= needed <= shares <= 20:
        raise InvalidInput(SHARES_NUMBER)
    of = secrets.token_hex(4)
    polynomials = [bytes([byte]) + secrets.token_bytes(needed - 1) for byte in secret]
    return [
        Share(of, needed, at, bytes(_value(polynomial, at) for polynomial in polynomials))
        for at in range(1, shares + 1)
    ]


def _value(polynomial: bytes, at: int) -> int:
    value = 0
    for factor in reversed(polynomial):
        value = _times(value, at) ^ factor
    return value


def joined(shares: Sequence[Share]) -> bytes:
    """The secret. Raises InvalidInput where they are of several sets, or too few."""
    found = {share.at: share for share in shares}
    sets = {(share.of, share.needed, len(share.values)) for share in shares}
    if len(sets) != 1 or len(found) < next(iter(sets))[1]:
        raise InvalidInput(SHARES_DIFFER)
    places = list(found)[: next(iter(sets))[1]]
    return bytes(_at_nought([(at, found[at].values[index]) for at in places]) for index in range(next(iter(sets))[2]))


def _at_nought(points: Sequence[tuple[int, int]]) -> int:
    """Of the polynomial through these points: its value at 0 (Lagrange)."""
    value = 0
    for at, here in points:
        factor = 1
        for other, _ in points:
            if other != at:
                factor = _times(factor, _over(other, other ^ at))
        value ^= _times(here, factor)
    return value
