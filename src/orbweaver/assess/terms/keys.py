"""The key of the watch terms, in the keys folder: without it the database does not reveal them."""

from __future__ import annotations

import secrets
from pathlib import Path

from orbweaver.assess.terms.errors import WatchKeyMissing
from orbweaver.assess.terms.messages import WATCH_KEY_MISSING
from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create

NAME = "watch-term-key"


def make_key(keys_dir: Path) -> bytes:
    """The key, made at the first use (32 bytes)."""
    return bytes.fromhex(read_or_create(ensure_keys_dir(keys_dir) / NAME, secrets.token_hex(32)))


def existing_key(keys_dir: Path) -> bytes:
    """The key that terms were made with. Raises WatchKeyMissing: a new one would find nothing, unnoticed."""
    try:
        return bytes.fromhex((keys_dir / NAME).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        raise WatchKeyMissing(WATCH_KEY_MISSING) from None
