"""The master key of the archive, in the keys folder: ``evidence-master`` (secret) and ``evidence-recipient`` (public).

A crawler on a machine of its own needs the public part alone: it can write what it cannot read.
"""

from __future__ import annotations

from pathlib import Path

import pyrage

from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.messages import MASTER_KEY_MISSING
from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create

MASTER = "evidence-master"
RECIPIENT = "evidence-recipient"


def master_recipient(keys_dir: Path) -> pyrage.x25519.Recipient:
    """The public half, to which each object's own identity is encrypted. Makes the pair at the first use."""
    public = keys_dir / RECIPIENT
    if not public.exists():
        ensure_keys_dir(keys_dir)
        secret = read_or_create(keys_dir / MASTER, str(pyrage.x25519.Identity.generate()))
        read_or_create(public, str(pyrage.x25519.Identity.from_str(secret).to_public()))
    return pyrage.x25519.Recipient.from_str(public.read_text(encoding="utf-8").strip())


def master_identity(keys_dir: Path) -> pyrage.x25519.Identity:
    """The secret half. Raises EvidenceUnreadable where it is not (a crawler's machine, or a lost key)."""
    try:
        text = (keys_dir / MASTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise EvidenceUnreadable(MASTER_KEY_MISSING) from None
    return pyrage.x25519.Identity.from_str(text)
