"""Heads of the audit log, signed and kept outside the database, so that its owner cannot rewrite the log unseen.

A head is a position in the chain, the chain's hash and the tree's root there, and when it was read. It stands for every
event up to it: what is changed, removed or cut off later contradicts it. Heads are signed (Ed25519) with a key of the
keys folder, which the database's owner does not have, and appended to ``audit-heads.jsonl`` in the data folder and in
the folder that the settings name. ``anchors.py`` takes them further away.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orbweaver.errors import Message, Unavailable
from orbweaver.people.audit.growing import forget_tree, tree_at
from orbweaver.people.audit.messages import GIVEN_UP, HEAD_DIFFERS, HEAD_LOST, HEAD_UNSIGNED, HEADS_NOT_WRITTEN
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.settings import AuditSettings
from orbweaver.people.audit.tree import EMPTY
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
    tree: str
    at: str
    restored: bool = False

    @property
    def statement(self) -> bytes:
        """What is signed of it, and stamped: lines that a person can read."""
        lines = (f"{name} {value}" for name, value in asdict(self).items())
        return "\n".join(("orbweaver audit head", *lines, "")).encode()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the statement."""
        return hashlib.sha256(self.statement).digest()


def keep_head(now: dt.datetime) -> int:
    """Sign the log's present end and append it, once for each end; 1 if it was new. Raises Unavailable.

    Nothing is signed over a log that contradicts earlier heads.
    """
    end = _end()
    files = head_files()
    last = [_last_position(path) for path in files]
    if end is None or all(end.position == position for position in last) or contradictions():
        return 0
    head = _head(end, now)
    for path, position in zip(files, last, strict=True):
        if position != head.position:
            _append(path, head)
    return 1


def note_restored(now: dt.datetime) -> None:
    """Say, signed, that an older database came back on purpose: heads beyond its end count no longer."""
    forget_tree()
    end = _end()
    head = _head(end, now, restored=True) if end else Head(0, "", EMPTY.hex(), now.isoformat(), restored=True)
    for path in head_files():
        _append(path, head)


def contradictions() -> list[Message]:
    """What the heads in files say against the log in the database. Quick: hashes are looked up, not computed."""
    found = []
    for path in head_files():
        heads, unsigned = heads_in(path)
        found += unsigned + against(heads)
    return found


def head_files() -> list[Path]:
    """Where heads are kept: here, and elsewhere where the settings say so."""
    elsewhere = AuditSettings.current().audit_heads_dir
    return [PlatformSettings.current().data_dir / FILE, *([elsewhere / FILE] if elsewhere else [])]


def heads_in(path: Path) -> tuple[list[Head], list[Message]]:
    """The heads of a file that count, by position, and what is to be said of lines that nobody here signed."""
    heads: dict[int, Head] = {}
    unsigned = []
    key = public_key()
    for number, line in enumerate(_lines(path), start=1):
        head = read_head(line, key)
        if head is None:
            unsigned.append(HEAD_UNSIGNED.of(line=number, file=str(path)))
        elif head.restored:
            heads = {position: each for position, each in heads.items() if position <= head.position}
        else:
            heads[head.position] = head
    return [heads[position] for position in sorted(heads)], unsigned


def against(heads: list[Head]) -> list[Message]:
    """What these heads say against the log in the database."""
    found = []
    last = _end()
    for start in range(0, len(heads), ASKED_AT_ONCE):
        some = heads[start : start + ASKED_AT_ONCE]
        rows = dict(Event.objects.filter(position__in=[each.position for each in some]).values_list("position", "hash"))
        for head in some:
            if head.position not in rows:
                end = last.position or 0 if last else 0
                found.append(HEAD_LOST.of(position=head.position, at=head.at, last=end))
            elif bytes(rows[head.position] or b"").hex() != head.hash:
                found.append(HEAD_DIFFERS.of(position=head.position, at=head.at))
    return found


def latest_head() -> Head | None:
    """The newest head that this machine keeps."""
    lines = _lines(head_files()[0])
    return read_head(lines[-1]) if lines else None


def restored_heads() -> list[Head]:
    """The heads by which this machine said that an older database came back."""
    return [head for head in _all_heads(head_files()[0]) if head.restored]


def given_up(others: Iterable[Head]) -> list[Message]:
    """What restores took out of the log, as far as heads tell: those in files, given up or not, and ``others``."""
    seen = [*others, *(head for path in head_files() for head in _all_heads(path))]
    found = []
    for restored in restored_heads():
        last = max((head.position for head in seen if head.at <= restored.at), default=0)
        if last > restored.position:
            found.append(GIVEN_UP.of(at=restored.at, position=restored.position, last=last))
    return found


def _all_heads(path: Path) -> list[Head]:
    key = public_key()
    return [head for line in _lines(path) if (head := read_head(line, key)) is not None]


def read_head(line: str, key: Ed25519PublicKey | None = None) -> Head | None:
    """The head of a line, if it is signed by ``key``, as a rule this installation's own."""
    try:
        kept = json.loads(line)
        signature = base64.b64decode(kept.pop("signature"))
        head = Head(**kept)
        (key or public_key()).verify(signature, head.statement)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature):
        return None
    return head


def signed_line(head: Head) -> str:
    """The head with its signature, as one line of JSON."""
    signature = base64.b64encode(_key().sign(head.statement)).decode()
    return json.dumps(asdict(head) | {"signature": signature})


def public_key() -> Ed25519PublicKey:
    """What checks the signatures; to be handed to whoever is to check them."""
    return _key().public_key()


def _end() -> Event | None:
    return Event.objects.filter(position__isnull=False).order_by("-position").first()


def _head(end: Event, now: dt.datetime, *, restored: bool = False) -> Head:
    root = tree_at(end).root.hex()
    return Head(end.position or 0, bytes(end.hash or b"").hex(), root, now.astimezone(dt.UTC).isoformat(), restored)


def _last_position(path: Path) -> int | None:
    lines = _lines(path)
    head = read_head(lines[-1]) if lines else None
    return head.position if head else None


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _append(path: Path, head: Head) -> None:
    try:
        if path.parent == PlatformSettings.current().data_dir:  # only our own: a disk of a person that is away is said
            path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(signed_line(head) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable(HEADS_NOT_WRITTEN.of(storage=str(path), reason=str(error.strerror))) from None


def _key() -> Ed25519PrivateKey:
    made = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    text = read_or_create(ensure_keys_dir(PlatformSettings.current().keys_path) / KEY, made)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))
