"""Heads of the audit log, signed and kept outside the database, so that its owner cannot rewrite the log unseen.

A head is a position in the chain, the hash there, and when it was read. As each hash covers the one before it, a head
stands for every event up to it: what is changed, removed or cut off later contradicts it. Heads are signed (Ed25519)
with a key of the keys folder, which the database's owner does not have, and appended to ``audit-heads.jsonl`` in the
data folder and in the folder that the settings name.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orbweaver.errors import Message, Unavailable
from orbweaver.people.audit.messages import HEAD_DIFFERS, HEAD_LOST, HEAD_UNSIGNED, HEADS_NOT_WRITTEN
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.settings import AuditSettings
from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create
from orbweaver.platform.settings import PlatformSettings

KEY = "audit-signing"
FILE = "audit-heads.jsonl"
ASKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Head:
    """The log up to a position, as it was. ``restored``: an older database came back then, and ends here."""

    position: int
    hash: str
    at: str
    restored: bool = False

    @property
    def signed(self) -> bytes:
        """What is signed of it."""
        return f"orbweaver audit head\n{self.position}\n{self.hash}\n{self.at}\n{self.restored}".encode()


def keep_head(now: dt.datetime) -> int:
    """Sign the log's present end and append it, once for each end; 1 if it was new. Raises Unavailable.

    Nothing is signed over a log that contradicts earlier heads.
    """
    head = _present(now)
    files = head_files()
    last = [_last_position(path) for path in files]
    if head is None or all(head.position == position for position in last) or contradictions():
        return 0
    for path, position in zip(files, last, strict=True):
        if position != head.position:
            _append(path, head)
    return 1


def note_restored(now: dt.datetime) -> None:
    """Say, signed, that an older database came back on purpose: heads beyond its end count no longer."""
    head = _present(now) or Head(0, "", now.isoformat())
    for path in head_files():
        _append(path, Head(head.position, head.hash, head.at, restored=True))


def contradictions() -> list[Message]:
    """What the heads outside say against the log in the database. Quick: hashes are looked up, not computed."""
    return [found for path in head_files() if path.is_file() for found in _against(path)]


def head_files() -> list[Path]:
    """Where heads are kept: here, and elsewhere where the settings say so."""
    elsewhere = AuditSettings.current().audit_heads_dir
    return [PlatformSettings.current().data_dir / FILE, *([elsewhere / FILE] if elsewhere else [])]


def _present(now: dt.datetime) -> Head | None:
    last = Event.objects.filter(position__isnull=False).order_by("-position").first()
    if last is None or last.position is None:
        return None
    return Head(last.position, bytes(last.hash or b"").hex(), now.astimezone(dt.UTC).isoformat())


def _against(path: Path) -> Iterator[Message]:
    heads: dict[int, Head] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        head = _read(line)
        if head is None:
            yield HEAD_UNSIGNED.of(line=number, file=str(path))
        elif head.restored:
            heads = {position: each for position, each in heads.items() if position <= head.position}
        else:
            heads[head.position] = head
    last = Event.objects.filter(position__isnull=False).order_by("-position").values_list("position", flat=True).first()
    positions = sorted(heads)
    for start in range(0, len(positions), ASKED_AT_ONCE):
        asked = positions[start : start + ASKED_AT_ONCE]
        rows = dict(Event.objects.filter(position__in=asked).values_list("position", "hash"))
        for head in (heads[position] for position in asked):
            if head.position not in rows:
                yield HEAD_LOST.of(position=head.position, at=head.at, last=last or 0)
            elif bytes(rows[head.position] or b"").hex() != head.hash:
                yield HEAD_DIFFERS.of(position=head.position, at=head.at)


def _read(line: str) -> Head | None:
    """The head, if this installation signed it."""
    try:
        kept = json.loads(line)
        signature = base64.b64decode(kept.pop("signature"))
        head = Head(**kept)
        _key().public_key().verify(signature, head.signed)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature):
        return None
    return head


def _last_position(path: Path) -> int | None:
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    head = _read(lines[-1]) if lines else None
    return head.position if head else None


def _append(path: Path, head: Head) -> None:
    facts = {name: getattr(head, name) for name in ("position", "hash", "at", "restored")}
    line = json.dumps(facts | {"signature": base64.b64encode(_key().sign(head.signed)).decode()})
    try:
        if path.parent == PlatformSettings.current().data_dir:  # only our own: a disk of a person that is away is said
            path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable(HEADS_NOT_WRITTEN.of(place=str(path), reason=str(error.strerror))) from None


def _key() -> Ed25519PrivateKey:
    made = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    text = read_or_create(ensure_keys_dir(PlatformSettings.current().keys_path) / KEY, made)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))
