"""The keys, apart: they go to storage of their own, and whoever has a backup without them has nothing.

There is one copy there, not a history: it is replaced with each backup, so that a key that was destroyed since is in no
copy that is kept.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyrage

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.platform.backup.errors import BackupUnreadable
from orbweaver.platform.backup.messages import KEY_MISSING, KEYS_NOT_APART, KEYS_OLDER, OTHER_KEYS
from orbweaver.platform.backup.storage import FolderStorage
from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create

IDENTITY = "backup-identity"
"""The file of the keys folder with the key that backups are encrypted to."""
ROWS = "object-keys"
"""The copy of the keys that lie in the database."""
COPIED = "keys.json"
"""What is written down of the copy, last."""
ROTATED = ("evidence-master", "evidence-master.sealed", "evidence-master.wrapped", "evidence-recipient")
"""What a command may put others in place of: the copy follows, where all other keys show that it is the same's."""
MADE_ANEW = "database-"
"""How files begin that a start makes anew: passwords of the embedded database."""


@dataclass(frozen=True, slots=True)
class KeysCopy:
    """The copy of the keys: with which backup it was made, and when."""

    backup: str
    taken_at: dt.datetime


def backup_recipient(keys_dir: Path) -> pyrage.x25519.Recipient:
    """What backups are encrypted to; the key is made at the first use."""
    text = read_or_create(ensure_keys_dir(keys_dir) / IDENTITY, str(pyrage.x25519.Identity.generate()))
    return pyrage.x25519.Identity.from_str(text).to_public()


def backup_identity(keys_dir: Path) -> pyrage.x25519.Identity:
    """What opens backups. Raises BackupUnreadable where it is not."""
    try:
        return pyrage.x25519.Identity.from_str((keys_dir / IDENTITY).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        raise BackupUnreadable(KEY_MISSING.of(folder=str(keys_dir))) from None


def require_apart(keys: Path, others: list[Path]) -> None:
    """Raise InvalidInput when the copy of the keys would lie with what they open."""
    for other in others:
        if keys.resolve().is_relative_to(other.resolve()) or other.resolve().is_relative_to(keys.resolve()):
            raise InvalidInput(KEYS_NOT_APART.of(folder=str(other)))


def copy_keys(keys_dir: Path, to: Path, backup: str, now: dt.datetime, rows: Iterable[bytes]) -> int:
    """Copy the keys to a folder, in place of an earlier copy; how many files. Raises Conflict where others lie.

    ``rows`` are the keys that lie in the database, as it writes them.
    """
    storage = FolderStorage(to)
    keys = {path.name: path.read_bytes() for path in _keys_in(keys_dir)}
    _require_same({name: key for name, key in keys.items() if name not in ROTATED}, to, to)
    for name, key in keys.items():
        _write(storage, name, key)
    for name in ROTATED:
        if name not in keys and (to / IDENTITY).is_file():
            (to / name).unlink(missing_ok=True)
    with storage.writing(ROWS) as file:
        for row in rows:
            file.write(row)
    _write(storage, COPIED, json.dumps({"backup": backup, "taken_at": now.isoformat()}).encode())
    return len(keys)


def restore_keys(copy: Path, keys_dir: Path) -> None:
    """Put the keys of a copy into the keys folder; what is there already must be the same. Raises Conflict."""
    ensure_keys_dir(keys_dir)
    keys = {path.name: path.read_bytes() for path in _keys_in(copy)}
    _require_same(keys, keys_dir, copy)
    storage = FolderStorage(keys_dir)
    for name, key in keys.items():
        if not (keys_dir / name).exists():
            _write(storage, name, key)


def copied_keys(copy: Path) -> KeysCopy:
    """What is written down of a copy. Raises BackupUnreadable where there is none."""
    try:
        kept = json.loads((copy / COPIED).read_text(encoding="utf-8"))
        return KeysCopy(kept["backup"], dt.datetime.fromisoformat(kept["taken_at"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise BackupUnreadable(KEY_MISSING.of(folder=str(copy))) from None


def require_as_new(copy: Path, manifest_taken_at: dt.datetime, backup: str) -> None:
    """Raise Conflict when the copy is older than the backup: keys of newer evidence would be missing from it."""
    if copied_keys(copy).taken_at < manifest_taken_at:
        raise Conflict(KEYS_OLDER.of(name=backup))


def _keys_in(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name not in (COPIED, ROWS) and not path.name.startswith((".", MADE_ANEW))
    )


def _require_same(keys: Mapping[str, bytes], there: Path, named: Path) -> None:
    for name, key in keys.items():
        path = there / name
        if path.is_file() and path.read_bytes() != key:
            raise Conflict(OTHER_KEYS.of(name=name, folder=str(named)))


def _write(storage: FolderStorage, name: str, data: bytes) -> None:
    with storage.writing(name) as file:
        file.write(data)
