"""The master key of the archive, in the keys folder: ``evidence-master`` (secret) and ``evidence-recipient`` (public).

A crawler on a machine of its own needs the public part alone: it can write what it cannot read. After a rotation the
secret file has several keys, a line for each, the newest first, until nothing is encrypted to the others any more.
Where it is sealed (``sealing``), ``evidence-master.sealed`` is in its place.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyrage

from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.messages import ARCHIVE_SEALED, MASTER_KEY_MISSING
from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create

MASTER: Final = "evidence-master"
RECIPIENT: Final = "evidence-recipient"
SEALED_MASTER: Final = "evidence-master.sealed"
WRAPPED_SECRET: Final = "evidence-master.wrapped"  # noqa: S105 - the name of a file
"""What opens the sealed key, encrypted to the key of a security module (``module``)."""


def master_recipient(keys_dir: Path) -> pyrage.x25519.Recipient:
    """The public half, to which each object's own identity is encrypted. Makes the pair at the first use."""
    public = keys_dir / RECIPIENT
    if not public.exists():
        ensure_keys_dir(keys_dir)
        if (keys_dir / SEALED_MASTER).exists():
            raise EvidenceUnreadable(ARCHIVE_SEALED)  # another pair would open nothing
        secret = read_or_create(keys_dir / MASTER, str(pyrage.x25519.Identity.generate()))
        newest = pyrage.x25519.Identity.from_str(secret.splitlines()[0])
        read_or_create(public, str(newest.to_public()))
    return pyrage.x25519.Recipient.from_str(public.read_text(encoding="utf-8").strip())


def master_identities(keys_dir: Path) -> list[pyrage.x25519.Identity]:
    """The secret halves, the newest first: for the ``opener``, and what seals or rotates them. Raises
    EvidenceUnreadable where they are not (a crawler's machine, a lost or a sealed key)."""
    try:
        text = (keys_dir / MASTER).read_text(encoding="utf-8")
    except FileNotFoundError:
        sealed = (keys_dir / SEALED_MASTER).exists()
        raise EvidenceUnreadable(ARCHIVE_SEALED if sealed else MASTER_KEY_MISSING) from None
    return identities_in(text)


def identities_in(text: str) -> list[pyrage.x25519.Identity]:
    """The keys of such a file, the newest first."""
    return [pyrage.x25519.Identity.from_str(line) for line in text.split()]


def write_identities(keys_dir: Path, identities: Sequence[pyrage.x25519.Identity]) -> None:
    """Put these in place of what was there, secret and public half; a crash leaves either."""
    replace_key(keys_dir / MASTER, "".join(f"{each}\n" for each in identities))
    replace_key(keys_dir / RECIPIENT, f"{identities[0].to_public()}\n")


def replace_key(path: Path, text: str) -> None:
    """Write a file of the keys folder whole, durably, closed to others."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
