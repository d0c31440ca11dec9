"""What is written down of a backup: ``manifest.json``, which is written last and makes it whole."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from orbweaver.platform.backup.errors import BackupUnreadable, NoSuchBackup
from orbweaver.platform.backup.messages import MANIFEST_UNREADABLE, NO_BACKUP_NAMED, NO_BACKUP_THERE
from orbweaver.platform.backup.storage import CHUNK, Storage
from orbweaver.platform.backup.tables import Table

FORMAT = 2
READ = (1, FORMAT)
"""Formats that are read: in the first each table is counted by itself."""
MANIFEST = "manifest.json"
DATABASE = "database.age"
OBJECTS = "objects.txt"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in storage: its bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup. Times are UTC."""

    name: str
    taken_at: dt.datetime
    orbweaver: str
    postgresql: int
    """Major version of the server."""
    database: Stored
    listing: Stored
    """``objects.txt``."""
    objects: int
    objects_bytes: int
    structure: dict[str, int]
    tables: dict[str, Table]
    missing: tuple[str, ...] = ()
    """Objects that the database keeps and that had no file."""
    copied: int = field(default=0, compare=False)
    """Objects that came with this backup; the others lay there."""

    def as_json(self) -> dict[str, Any]:
        """The manifest as JSON values."""
        return {"format": FORMAT, **asdict(self), "taken_at": self.taken_at.isoformat()}

    def to_bytes(self) -> bytes:
        """What is kept of it."""
        return json.dumps(self.as_json(), indent=1).encode()

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Manifest:
        """The manifest that was kept. Raises KeyError, TypeError or ValueError for what is none."""
        if kept.pop("format") not in READ:
            raise ValueError
        kept["taken_at"] = dt.datetime.fromisoformat(kept["taken_at"])
        kept |= {name: Stored(**kept[name]) for name in ("database", "listing")}
        kept["tables"] = {name: Table(**table) for name, table in kept["tables"].items()}
        return cls(**{**kept, "missing": tuple(kept["missing"])})


def folder_of(name: str) -> str:
    """Where the files of a backup lie."""
    return f"backups/{name}"


def names(storage: Storage) -> list[str]:
    """The whole backups in a storage, the oldest first."""
    found = (path.split("/") for path in storage.sizes("backups"))
    return sorted(name for _, name, file in (each for each in found if len(each) == 3) if file == MANIFEST)


def read_manifest(storage: Storage, name: str = "") -> Manifest:
    """The manifest of a backup, of the newest where none is named. Raises NoSuchBackup, BackupUnreadable."""
    if not name:
        there = names(storage)
        if not there:
            raise NoSuchBackup(NO_BACKUP_THERE.of(storage=storage.name))
        name = there[-1]
    try:
        with storage.reading(f"{folder_of(name)}/{MANIFEST}") as file:
            return Manifest.from_json(json.loads(read_all(file)))
    except FileNotFoundError:
        raise NoSuchBackup(NO_BACKUP_NAMED.of(name=name, storage=storage.name)) from None
    except (KeyError, TypeError, ValueError):
        raise BackupUnreadable(MANIFEST_UNREADABLE.of(name=name)) from None


def read_all(file: Any) -> bytes:
    """All of a file that is being read."""
    return b"".join(iter(lambda: file.read(CHUNK), b""))


def listing(objects: dict[str, Stored]) -> Iterator[bytes]:
    """``objects.txt``: one line an object."""
    for name in sorted(objects):
        yield f"{objects[name].sha256} {objects[name].size} {name}\n".encode()


def read_listing(lines: Iterable[str]) -> dict[str, Stored]:
    """The objects of ``objects.txt``. Raises ValueError."""
    parts = (line.rstrip("\n").split(" ", 2) for line in lines)
    return {name: Stored(int(size), digest) for digest, size, name in parts}


def objects_of(storage: Storage, manifest: Manifest) -> dict[str, Stored]:
    """The evidence files that belong to a backup. Raises BackupUnreadable."""
    try:
        with storage.reading(f"{folder_of(manifest.name)}/{OBJECTS}") as file:
            return read_listing(io.StringIO(read_all(file).decode()))
    except (FileNotFoundError, ValueError):
        raise BackupUnreadable(MANIFEST_UNREADABLE.of(name=manifest.name)) from None
