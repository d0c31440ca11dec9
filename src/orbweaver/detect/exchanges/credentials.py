"""What opens an exchange: encrypted with a key of the keys folder, together with the host that it is for.

Whoever writes another address into the database gets nothing sent there: the host within the ciphertext decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyrage
from yarl import URL

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.messages import CREDENTIALS_MISSING, CREDENTIALS_UNREADABLE
from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create
from orbweaver.platform.settings import PlatformSettings

IDENTITY = "exchange-identity"
"""The file of the keys folder with the key of credentials."""


def sealed(secrets: Mapping[str, str], address: str) -> bytes:
    """Secrets by name as they may be kept, for the host of this address alone."""
    kept = json.dumps({"for": origin(address), "secrets": dict(secrets)}).encode()
    return bytes(pyrage.encrypt(kept, [_identity().to_public()]))


def unsealed(kept: bytes | memoryview | None, address: str) -> dict[str, str]:
    """The secrets. Raises ExchangeFailed where there are none, or none for this host."""
    if not kept:
        raise ExchangeFailed(CREDENTIALS_MISSING)
    try:
        found = json.loads(pyrage.decrypt(bytes(kept), [_identity()]))
    except pyrage.DecryptError:
        raise ExchangeFailed(CREDENTIALS_UNREADABLE) from None
    if found["for"] != origin(address):
        raise ExchangeFailed(CREDENTIALS_UNREADABLE)
    secrets: dict[str, str] = found["secrets"]
    return secrets


def origin(address: str) -> str:
    """Scheme, host and port of an address."""
    return str(URL(address).origin())


def _identity() -> pyrage.x25519.Identity:
    keys = ensure_keys_dir(PlatformSettings.current().keys_path)
    return pyrage.x25519.Identity.from_str(read_or_create(keys / IDENTITY, str(pyrage.x25519.Identity.generate())))
