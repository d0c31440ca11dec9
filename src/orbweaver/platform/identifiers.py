"""Public identifiers: random, prefixed, safe to show (``ntc_…``). Inside, rows are bigint."""

from __future__ import annotations

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LENGTH = 16


def public_id(prefix: str) -> str:
    """A new identifier such as ``ntc_7h2k…``: 16 of 31 characters, 79 bits of chance, no look-alikes."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
