"""Whether a backup would come back: it is restored into a throw-away database, and each object is read."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orbweaver.errors import ConfigurationError
from orbweaver.platform.backup.making import Say, copy
from orbweaver.platform.backup.manifest import Manifest, objects_of
from orbweaver.platform.backup.restoring import restore_database
from orbweaver.platform.backup.storage import Storage
from orbweaver.platform.runtime.binaries import find_binaries
from orbweaver.platform.runtime.postgres import EmbeddedPostgres
from orbweaver.platform.settings import PlatformSettings


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: tables and rows that came back as they were, objects that are whole, and those that are not."""

    tables: int
    rows: int
    objects: int
    damaged: tuple[str, ...]


def verify_backup(data_dir: Path, storage: Storage, manifest: Manifest, keys_dir: Path, say: Say) -> Verified:
    """Restore the database into a server of its own that goes with this call, and read every object.

    That server lies in ``data_dir``, as what is loaded is in clear there. Call it from the main thread. Raises
    BackupUnreadable, BackupDiffers, Unavailable.
    """
    say("database", 0, 0)
    folder = data_dir / "verifying"
    shutil.rmtree(folder, ignore_errors=True)  # of one that was killed
    try:
        with EmbeddedPostgres(folder, fast=True, major=_server_for(manifest)) as server:
            config = PlatformSettings(data_dir=folder, database_url=None)
            restore_database(config, server.url, storage, manifest, keys_dir)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    damaged = _damaged(storage, manifest, say)
    rows = sum(table.rows for table in manifest.tables.values())
    return Verified(len(manifest.tables), rows, manifest.objects - len(damaged), tuple(damaged))


def _server_for(manifest: Manifest) -> int | None:
    """The version that was dumped where it is here, else the newest."""
    with suppress(ConfigurationError):
        return find_binaries(manifest.postgresql).major
    return None


def _damaged(storage: Storage, manifest: Manifest, say: Say) -> list[str]:
    found, objects = [], objects_of(storage, manifest)
    for done, (name, wanted) in enumerate(sorted(objects.items()), start=1):
        try:
            with storage.reading(f"objects/{name}") as file:
                if copy(file, _Nowhere()) != wanted:
                    found.append(name)
        except FileNotFoundError:
            found.append(name)
        say("evidence", done, len(objects))
    return found


class _Nowhere:
    def write(self, data: bytes, /) -> int:
        return len(data)
