"""Public identifiers: random, prefixed, safe to show (``ntc_…``). Inside, rows are bigint."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LENGTH = 16


def public_id(prefix: str) -> str:
    """A new identifier such as ``ntc_7h2k…``: 16 of 31 characters, 79 bits of chance, no look-alikes."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_TIME_PAIRS, _COUNT_PAIRS = 5, 3


def public_ids(prefix: str, count: int) -> Iterator[str]:
    """Many new identifiers, for rows that are written together: they sort by when they were made.

    So a table of millions takes them in one part of its index. Up to 100 million at once.
    """
    base = len(_PAIRS)
    begin = f"{prefix}_{_digits(time.time_ns() // 1_000_000, _TIME_PAIRS)}"
    first = secrets.randbelow(base**_COUNT_PAIRS - count)
    for number in range(first, first + count):
        rest, low = divmod(number, base)
        high, middle = divmod(rest, base)
        yield begin + _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]


def _digits(number: int, pairs: int) -> str:
    found = []
    for _ in range(pairs):
        number, index = divmod(number, len(_PAIRS))
        found.append(_PAIRS[index])
    return "".join(reversed(found))
