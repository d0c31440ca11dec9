"""A backup into an installation that has nothing yet. Broken off anywhere, it goes on when it is asked again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import psycopg
import pyrage

from orbweaver.errors import Conflict
from orbweaver.platform.backup.errors import BackupDiffers, BackupUnreadable
from orbweaver.platform.backup.keys import backup_identity
from orbweaver.platform.backup.making import Say, copy
from orbweaver.platform.backup.manifest import DATABASE, Manifest, Stored, folder_of, objects_of
from orbweaver.platform.backup.messages import DATABASE_DIFFERS, KEY_WRONG, OBJECT_DAMAGED, RESTORE_ELSEWHERE
from orbweaver.platform.backup.storage import CHUNK, Reader, Storage
from orbweaver.platform.backup.tables import as_together, differences, structure, tables
from orbweaver.platform.runtime.dump import load_stream, variables
from orbweaver.platform.runtime.half_restored import half_restored, note_restoring
from orbweaver.platform.settings import PlatformSettings


def begin(data_dir: Path, name: str) -> None:
    """Note that a restore of this backup is under way. Raises Conflict when another one is."""
    begun = half_restored(data_dir)
    if begun is not None and begun != name:
        raise Conflict(RESTORE_ELSEWHERE.of(begun=begun))
    if begun is None:
        note_restoring(data_dir, name)


def restore_objects(storage: Storage, manifest: Manifest, files: Storage, say: Say) -> int:
    """Copy the evidence files, those that are not there yet; how many. Raises BackupDiffers for damaged ones."""
    objects, copied = objects_of(storage, manifest), 0
    damaged: list[str] = []
    there = files.sizes("")
    for done, (name, wanted) in enumerate(sorted(objects.items()), start=1):
        if there.get(_below(name, manifest)) != wanted.size:
            with _noting_missing(damaged, name), storage.reading(f"objects/{name}") as file, files.writing(name) as to:
                if copy(file, to) != wanted:
                    raise FileNotFoundError  # the half-written file goes with it
                copied += 1
        say("evidence", done, len(objects))
    if damaged:
        raise BackupDiffers(OBJECT_DAMAGED.of(count=len(damaged), name=damaged[0]))
    return copied


@contextmanager
def _noting_missing(damaged: list[str], name: str) -> Iterator[None]:
    """Within it, a file that is not there or is another is noted."""
    try:
        yield
    except FileNotFoundError:
        damaged.append(name)


def _below(name: str, manifest: Manifest) -> str:
    """The name, which comes from elsewhere, if it stays below its folder. Raises BackupUnreadable."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise BackupUnreadable(KEY_WRONG.of(name=manifest.name))
    return name


def restore_database(config: PlatformSettings, url: str, storage: Storage, manifest: Manifest, keys_dir: Path) -> None:
    """Fill the empty database ``url``, all or nothing, and compare it with the manifest.

    Raises:
        Conflict: something else is in the database.
        BackupUnreadable: damaged, or encrypted to another key.
        BackupDiffers: what was loaded is not what the manifest says.
        Unavailable: ``pg_restore`` gave up, or the storage does not answer.
    """
    identity = backup_identity(keys_dir)
    with _open(storage, manifest) as file:
        check = _Checked(file, manifest.database)
        with load_stream(config, url) as into:
            try:
                pyrage.decrypt_io(check, into, [identity])
            except BrokenPipeError:
                raise
            except (OSError, pyrage.DecryptError):
                raise BackupUnreadable(KEY_WRONG.of(name=manifest.name)) from None
            if not check.holds:
                raise BackupUnreadable(KEY_WRONG.of(name=manifest.name))
    compare(url, manifest)


def compare(url: str, manifest: Manifest) -> None:
    """Raise BackupDiffers unless the database is what the manifest says."""
    with psycopg.connect(url, dbname=variables(url)["PGDATABASE"]) as connection:
        wrong = list(differences(manifest.tables, as_together(tables(connection), manifest.tables)))
        around = structure(connection)
    wrong += [
        f"{name} ({count}, then {around.get(name)})"
        for name, count in manifest.structure.items()
        if around.get(name) != count
    ]
    if wrong:
        raise BackupDiffers(DATABASE_DIFFERS.of(tables="; ".join(wrong)))


@contextmanager
def _open(storage: Storage, manifest: Manifest) -> Iterator[Reader]:
    try:
        with storage.reading(f"{folder_of(manifest.name)}/{DATABASE}") as file:
            yield file
    except FileNotFoundError:
        raise BackupUnreadable(KEY_WRONG.of(name=manifest.name)) from None


class _Checked:
    """Reads a file, and says at its end whether it was the one that was written down."""

    def __init__(self, file: Reader, wanted: Stored) -> None:
        self._file, self._wanted, self._hash, self._size = file, wanted, hashlib.sha256(), 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size if size >= 0 else CHUNK)
        self._hash.update(data)
        self._size += len(data)
        return data

    @property
    def holds(self) -> bool:
        while self.read(CHUNK):
            pass
        return Stored(self._size, self._hash.hexdigest()) == self._wanted
