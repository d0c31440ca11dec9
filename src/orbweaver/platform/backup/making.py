"""Making a backup while everything runs: one snapshot of the database, and the files that it names.

Evidence files never change, so each is copied once. The dump is encrypted on its way (age), so a backup alone tells
nothing but names of tables and sizes. The manifest comes last: killed before that, the backups before it are as they
were, and what was copied already need not be copied again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyrage

from orbweaver.errors import Conflict, InvalidInput, Unavailable
from orbweaver.platform.backup.keys import backup_recipient
from orbweaver.platform.backup.manifest import (
    DATABASE,
    MANIFEST,
    OBJECTS,
    Manifest,
    Stored,
    folder_of,
    listing,
    names,
    objects_of,
    read_manifest,
)
from orbweaver.platform.backup.messages import NOT_ELSEWHERE, RUNS_ALREADY
from orbweaver.platform.backup.storage import CHUNK, Reader, Storage, Writer
from orbweaver.platform.backup.tables import structure, tables, together
from orbweaver.platform.runtime.dump import dump_stream, variables
from orbweaver.platform.runtime.locks import holding
from orbweaver.platform.settings import PlatformSettings

LEFTOVERS_AFTER = dt.timedelta(days=1)
"""How old a backup without a manifest must be to be no longer under way, on whatever machine."""
NAMED_AT = "%Y%m%dT%H%M%SZ"

Say = Callable[[str, int, int], None]
"""Hears how far it is: of what, how much, of how much."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is backed up. ``objects`` is a query for the names of the files in ``files`` that are kept; of the tables
    ``apart`` the rows are left out; those of ``uncounted`` are counted as one table."""

    config: PlatformSettings
    url: str
    version: str
    files: Storage
    objects: str
    apart: tuple[str, ...] = ()
    uncounted: tuple[str, ...] = ()


class Copied:
    """Passes on what is written, and counts it."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._hash, self._size = writer, hashlib.sha256(), 0

    def write(self, data: bytes, /) -> int:
        """Take all of it."""
        self._hash.update(data)
        self._size += len(data)
        self._writer.write(data)
        return len(data)

    def flush(self) -> None:
        """The writer below keeps what it has until it ends."""

    @property
    def stored(self) -> Stored:
        """What has passed so far."""
        return Stored(self._size, self._hash.hexdigest())


def copy(reader: Reader, writer: Writer) -> Stored:
    """All of one to the other."""
    counted = Copied(writer)
    while data := reader.read(CHUNK):
        counted.write(data)
    return counted.stored


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Within it no other backup of this installation is made from this machine. Raises Conflict."""
    with holding(data_dir / "backup.lock") as lock:
        if lock is None:
            raise Conflict(RUNS_ALREADY)
        yield


def make_backup(
    source: Source,
    storage: Storage,
    now: dt.datetime,
    say: Say,
    *,
    with_snapshot: Callable[[psycopg.Connection, str], None] = lambda _connection, _name: None,
) -> Manifest:
    """Make a backup; it is whole when this returns. The caller holds ``only_one``.

    ``with_snapshot`` is given the connection that sees the database as the dump does, and the backup's name.

    Raises:
        InvalidInput: the storage is the archive's own, or lies in it.
        Unavailable: the storage, the server or ``pg_dump`` failed. Earlier backups are as they were.
    """
    _require_elsewhere(storage, source.files)
    name = f"{now.astimezone(dt.UTC).strftime(NAMED_AT)}-{secrets.token_hex(3)}"
    _remove_leftovers(storage, now)
    known = _known(storage)
    with psycopg.connect(source.url, dbname=variables(source.url)["PGDATABASE"], autocommit=True) as connection:
        # For hours, perhaps: the connection waits while the dump is read.
        connection.execute("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0")
        with connection.transaction():
            snapshot = _snapshot(connection)
            database = _dump(source, storage, name, snapshot)
            say("tables", 0, 0)
            found, around = tables(connection, source.apart), structure(connection)
            wanted = [file for (file,) in connection.execute(source.objects)]
            with_snapshot(connection, name)
        major = connection.info.server_version // 10_000
        objects, copied = _copy_objects(source.files, storage, wanted, known, say)
        missing = _really_missing(connection, source.objects, set(wanted) - objects.keys())
    manifest = Manifest(
        name=name,
        taken_at=now.astimezone(dt.UTC),
        orbweaver=source.version,
        postgresql=major,
        database=database,
        listing=_write(storage, f"{folder_of(name)}/{OBJECTS}", listing(objects)),
        objects=len(objects),
        objects_bytes=sum(each.size for each in objects.values()),
        structure=around,
        tables=together(found, source.uncounted),
        missing=tuple(missing),
        copied=copied,
    )
    _write(storage, f"{folder_of(name)}/{MANIFEST}", [manifest.to_bytes()])
    return manifest


def _require_elsewhere(storage: Storage, files: Storage) -> None:
    """Raise InvalidInput where a backup would lie with what it is a backup of."""
    if storage.place.startswith(files.place):
        raise InvalidInput(NOT_ELSEWHERE.of(storage=storage.name))


def _snapshot(connection: psycopg.Connection) -> str:
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None
    return str(row[0])


def _dump(source: Source, storage: Storage, name: str, snapshot: str) -> Stored:
    recipient = backup_recipient(source.config.keys_path)
    with storage.writing(f"{folder_of(name)}/{DATABASE}") as file:
        counted = Copied(file)
        with dump_stream(source.config, source.url, snapshot=snapshot, without=source.apart) as stream:
            pyrage.encrypt_io(stream, counted, [recipient])
        return counted.stored


def _known(storage: Storage) -> dict[str, Stored]:
    """What earlier backups say of the objects that lie there whole."""
    there = names(storage)
    stored = objects_of(storage, read_manifest(storage, there[-1])) if there else {}
    sizes = storage.sizes("objects")
    return {name: each for name, each in stored.items() if sizes.get(f"objects/{name}") == each.size}


def _copy_objects(
    files: Storage, storage: Storage, wanted: list[str], known: dict[str, Stored], say: Say
) -> tuple[dict[str, Stored], int]:
    objects = {name: known[name] for name in wanted if name in known}
    new = [name for name in wanted if name not in known]
    for done, name in enumerate(new, start=1):
        try:
            with files.reading(name) as file, storage.writing(f"objects/{name}") as there:
                objects[name] = copy(file, there)
        except FileNotFoundError:
            continue  # erased since the snapshot, or lost: see _really_missing
        say("evidence", done, len(new))
    return objects, len(objects.keys() & set(new))


def _really_missing(connection: psycopg.Connection, objects: str, missing: set[str]) -> list[str]:
    """Of these, the ones that the database keeps even now: they were not erased meanwhile."""
    return sorted(missing & {file for (file,) in connection.execute(objects)}) if missing else []


def _write(storage: Storage, name: str, parts: Iterable[bytes]) -> Stored:
    with storage.writing(name) as file:
        counted = Copied(file)
        for part in parts:
            counted.write(part)
        return counted.stored


def _remove_leftovers(storage: Storage, now: dt.datetime) -> None:
    """What backups left that were broken off long ago."""
    oldest = (now.astimezone(dt.UTC) - LEFTOVERS_AFTER).strftime(NAMED_AT)
    whole = set(names(storage))
    for path in storage.sizes("backups"):
        name = path.split("/")[1]
        if name not in whole and name < oldest:
            with suppress(Unavailable):  # an account that may not delete: as it should be
                storage.remove(path)
