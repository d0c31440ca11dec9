"""Passwords hashed a few at a time: each takes 100 MB while it lasts, and whoever signs in needs no account to ask."""

from __future__ import annotations

import threading
from typing import Final

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE: Final = 2
"""In one process. Sixteen threads at once took 1.6 GB."""
_turns: Final = threading.BoundedSemaphore(AT_ONCE)


class InTurn(Argon2PasswordHasher):
    """Argon2 as Django has it; who comes when ``AT_ONCE`` are at it waits, some tenths of a second each."""

    def encode(self, password: str, salt: str) -> str:
        """The hash of a password."""
        with _turns:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Whether the password is the one of the hash."""
        with _turns:
            return bool(super().verify(password, encoded))
