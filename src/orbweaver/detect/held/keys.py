"""The key of held pictures, in the keys folder: ``copies-key`` (secret) and ``copies-recipient`` (public).

Whoever crawls needs the public part alone. The secret one is read by the ``copies`` worker: nobody else sees held
points and small pictures in the clear.
"""

from __future__ import annotations

import pyrage

from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create
from orbweaver.platform.settings import PlatformSettings

KEY_FILE = "copies-key"
RECIPIENT_FILE = "copies-recipient"


def sealed(data: bytes) -> bytes:
    """Encrypted, for the worker alone. Makes the pair of keys at the first use."""
    folder = ensure_keys_dir(PlatformSettings.current().keys_path)
    public = folder / RECIPIENT_FILE
    if not public.exists():
        read_or_create(public, str(_identity().to_public()))
    recipient = pyrage.x25519.Recipient.from_str(public.read_text(encoding="utf-8").strip())
    ciphertext: bytes = pyrage.encrypt(data, [recipient])
    return ciphertext


def opened(data: bytes) -> bytes:
    """The plain bytes. Raises pyrage.DecryptError for what another key sealed."""
    plain: bytes = pyrage.decrypt(data, [_identity()])
    return plain


def _identity() -> pyrage.x25519.Identity:
    folder = ensure_keys_dir(PlatformSettings.current().keys_path)
    return pyrage.x25519.Identity.from_str(read_or_create(folder / KEY_FILE, str(pyrage.x25519.Identity.generate())))
