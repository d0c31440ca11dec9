"""A backup is whole or it is none, tells nothing without its key, and comes back as it was."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.databases import drop_database
from tests.s3 import s3_service

from orbweaver.errors import Conflict, InvalidInput, Unavailable
from orbweaver.platform.backup.errors import BackupDiffers, BackupUnreadable, NoSuchBackup
from orbweaver.platform.backup.keys import IDENTITY, copy_keys, require_apart, restore_keys
from orbweaver.platform.backup.making import Source, make_backup, only_one
from orbweaver.platform.backup.manifest import names, objects_of, read_manifest
from orbweaver.platform.backup.named_storage import storage_at
from orbweaver.platform.backup.restoring import begin, compare, restore_database, restore_objects
from orbweaver.platform.backup.storage import FolderStorage, Storage
from orbweaver.platform.backup.verifying import verify_backup
from orbweaver.platform.runtime.half_restored import note_restoring, refuse_half_restored
from orbweaver.platform.settings import PlatformSettings

NOW = dt.datetime(2026, 11, 27, 3, tzinfo=dt.UTC)
SECRET_TEXT = "https://a.example/a-secret-address"
MakeDatabase = Callable[[], str]


def say(_what: str, _done: int, _of: int) -> None:
    """Nobody looks."""


@pytest.fixture
def make_database(database_server: str) -> Iterator[MakeDatabase]:
    """A new, empty database on the tests' server."""
    made: list[str] = []

    def make() -> str:
        made.append(f"backup_{os.getpid()}_{time.monotonic_ns()}")
        with psycopg.connect(database_server.replace("/orbweaver?", "/postgres?"), autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made[-1])))
        return database_server.replace("/orbweaver?", f"/{made[-1]}?")

    yield make
    with psycopg.connect(database_server.replace("/orbweaver?", "/postgres?"), autocommit=True) as server:
        for name in made:
            drop_database(server, name)


@pytest.fixture
def source(make_database: MakeDatabase, tmp_path: Path) -> Source:
    """A small database with three evidence files, two of which it keeps, and a table of what stays apart."""
    url = make_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (name text, words text, at timestamptz DEFAULT now(), data bytea)")
        connection.execute("CREATE TABLE apart (word text)")
        for number in range(3):
            connection.execute("INSERT INTO kept VALUES (%s, %s, now(), %s)", [f"{number}.age", SECRET_TEXT, b"\0\1"])
        connection.execute("INSERT INTO apart VALUES ('a session')")
    (tmp_path / "evidence").mkdir()
    for number in range(3):
        (tmp_path / "evidence" / f"{number}.age").write_bytes(b"encrypted %d" % number * 1000)
    config = PlatformSettings(database_url=url, data_dir=tmp_path / "data", keys_dir=tmp_path / "keys")
    objects = "SELECT name FROM kept WHERE name < '2'"
    return Source(config, url, "0.1.0", FolderStorage(tmp_path / "evidence"), objects, apart=("apart",))


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """An S3 service on this machine, with a bucket in it."""
    with s3_service() as (address, client):
        client.create_bucket(Bucket="backups")
        yield address


@pytest.fixture(params=["folder", "bucket"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Storage:
    if request.param == "folder":
        return storage_at(str(tmp_path / "backup"))
    set_config(backup_s3_endpoint=request.getfixturevalue("bucket"))
    monkeypatch.setattr("orbweaver.platform.backup.s3.PART", 5 * 2**20)
    return storage_at(f"s3://backups/{tmp_path.name}")


@pytest.mark.sampled(1)
def test_what_was_backed_up_comes_back_and_only_what_is_new_is_copied(
    source: Source, storage: Storage, make_database: MakeDatabase, tmp_path: Path
) -> None:
    (tmp_path / "evidence" / "0.age").write_bytes(os.urandom(6 * 2**20))  # in parts, to a bucket
    first = make_backup(source, storage, NOW, say)
    assert (first.objects, first.copied, first.missing) == (2, 2, ())
    with psycopg.connect(source.url) as connection:
        connection.execute("UPDATE kept SET name = '1.5.age' WHERE name = '2.age'")
    (tmp_path / "evidence" / "1.5.age").write_bytes(b"new")
    second = make_backup(source, storage, NOW + dt.timedelta(days=1), say)
    assert (second.objects, second.copied) == (3, 1)
    assert names(storage) == [first.name, second.name]

    config = source.config.model_copy(update={"database_url": (url := make_database())})
    restore_database(config, url, storage, read_manifest(storage), source.config.keys_path)  # compares
    assert restore_objects(storage, second, FolderStorage(tmp_path / "back"), say) == 3
    assert restore_objects(storage, second, FolderStorage(tmp_path / "back"), say) == 0
    for path in (tmp_path / "back").iterdir():
        assert path.read_bytes() == (tmp_path / "evidence" / path.name).read_bytes()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*), min(words) FROM kept").fetchone() == (3, SECRET_TEXT)
        assert connection.execute("SELECT count(*) FROM apart").fetchone() == (0,)
    with pytest.raises(Conflict):
        restore_database(config, url, storage, second, source.config.keys_path)


@pytest.mark.sampled(1)
def test_storage_that_fails_midway_leaves_the_earlier_backup_whole(
    source: Source, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_backup(source, storage, NOW, say)
    real = type(storage).writing
    for part in ("database.age", "objects/1.age", "objects.txt", "manifest.json"):
        storage.remove("objects/1.age")

        def failing(self: Storage, name: str, part: str = part) -> object:
            if name.endswith(part):
                raise Unavailable("full")
            return real(self, name)

        monkeypatch.setattr(type(storage), "writing", failing)
        with pytest.raises(Unavailable):
            make_backup(source, storage, NOW, say)
        monkeypatch.setattr(type(storage), "writing", real)
        assert names(storage) == [first.name]
    later = make_backup(source, storage, NOW + dt.timedelta(days=3), say)
    there = {path.split("/")[1] for path in storage.sizes("backups")}
    assert there == {first.name, later.name}  # what was broken off days ago is gone
    assert objects_of(storage, first) == objects_of(storage, later)


def test_why_a_file_broke_off_is_said_where_its_parts_may_not_be_removed(
    bucket: str, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account may write and list alone, as the documents advise."""
    from botocore.exceptions import ClientError

    set_config(backup_s3_endpoint=bucket)
    monkeypatch.setattr("orbweaver.platform.backup.s3.PART", 5 * 2**20)
    storage: Any = storage_at("s3://backups/broken-off")

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "AbortMultipartUpload")

    monkeypatch.setattr(storage._client, "abort_multipart_upload", refuse)

    def broken_off() -> None:
        with storage.writing("objects/one") as file:
            file.write(bytes(6 * 2**20))
            raise RuntimeError("the dump ended")

    with pytest.raises(RuntimeError, match="the dump ended"):
        broken_off()
    assert storage.sizes("objects") == {}


@pytest.mark.parametrize("where", ["evidence", "evidence/below"])
def test_no_backup_lies_in_the_archive_that_it_copies(
    source: Source, tmp_path: Path, bucket: str, set_config: Callable[..., None], where: str
) -> None:
    set_config(backup_s3_endpoint=bucket)
    in_bucket = dataclasses.replace(source, files=storage_at("s3://backups/evidence"))
    pairs = [(source, str(tmp_path / where)), (in_bucket, f"s3://backups/{where}")]
    for each, place in pairs:
        with pytest.raises(InvalidInput, match="another place"):
            make_backup(each, storage_at(place), NOW, say)
    make_backup(source, storage_at(str(tmp_path / "evidence-backup")), NOW, say)


def test_a_stolen_backup_says_nothing_of_what_is_in_it(source: Source, tmp_path: Path) -> None:
    stolen = FolderStorage(tmp_path / "backup")
    make_backup(source, stolen, NOW, say)
    for path in (tmp_path / "backup").rglob("*"):
        assert path.is_dir() or b"secret-address" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_a_backup_is_verified_by_restoring_it_and_what_is_damaged_is_named(source: Source, tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "backup")
    made = make_backup(source, storage, NOW, say)
    data = tmp_path / "data"
    data.mkdir(mode=0o711)
    tmp_path.chmod(0o711)
    found = verify_backup(data, storage, made, source.config.keys_path, say)
    assert (found.tables, found.rows, found.objects, found.damaged) == (2, 3, 2, ())
    assert not list(data.iterdir())

    (tmp_path / "backup" / "objects" / "1.age").write_bytes(b"encrypted 2" * 1000)
    with pytest.raises(BackupDiffers):
        restore_objects(storage, made, FolderStorage(tmp_path / "back"), say)
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["0.age"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("where", [5_000, -1])
def test_a_dump_that_was_changed_is_refused_and_the_database_stays_empty(
    source: Source, make_database: MakeDatabase, tmp_path: Path, where: int
) -> None:
    storage = FolderStorage(tmp_path / "backup")
    made = make_backup(source, storage, NOW, say)
    file = tmp_path / "backup" / "backups" / made.name / "database.age"
    body = bytearray(file.read_bytes())
    body[where % len(body)] ^= 1
    file.write_bytes(body)
    config = source.config.model_copy(update={"database_url": (url := make_database())})
    with pytest.raises(BackupUnreadable):
        restore_database(config, url, storage, made, source.config.keys_path)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)


def test_rows_that_differ_from_the_manifest_are_named(
    source: Source, make_database: MakeDatabase, tmp_path: Path
) -> None:
    storage = FolderStorage(tmp_path / "backup")
    made = make_backup(source, storage, NOW, say)
    path = tmp_path / "backup" / "backups" / made.name / "manifest.json"
    path.write_text(path.read_text().replace('"rows": 3', '"rows": 4'))
    config = source.config.model_copy(update={"database_url": (url := make_database())})
    with pytest.raises(BackupDiffers, match=r"kept \(4 rows, then 3\)"):
        restore_database(config, url, storage, read_manifest(storage), source.config.keys_path)


def test_the_manifest_counts_some_tables_as_one_and_what_came_back_is_compared_all_the_same(
    source: Source, make_database: MakeDatabase, tmp_path: Path
) -> None:
    storage = FolderStorage(tmp_path / "backup")
    with psycopg.connect(source.url) as connection:
        for name, rows in (("asked", 7), ("busy", 4)):
            connection.execute(sql.SQL("CREATE TABLE {} (id int)").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("INSERT INTO {} SELECT generate_series(1, {})").format(sql.Identifier(name), rows)
            )
    made = make_backup(dataclasses.replace(source, uncounted=("asked", "busy", "of_another")), storage, NOW, say)
    path = tmp_path / "backup" / "backups" / made.name / "manifest.json"
    assert json.loads(path.read_text())["tables"]["asked+busy"]["rows"] == 11
    assert '"asked"' not in path.read_text()
    config = source.config.model_copy(update={"database_url": (url := make_database())})
    restore_database(config, url, storage, read_manifest(storage), source.config.keys_path)
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM asked WHERE id = 1; INSERT INTO busy VALUES (99)")
    with pytest.raises(BackupDiffers, match=r"asked\+busy \(other rows\)"):
        compare(url, read_manifest(storage))


def test_evidence_that_is_gone_from_the_archive_is_said_and_what_was_erased_meanwhile_is_not(
    source: Source, tmp_path: Path
) -> None:
    storage = FolderStorage(tmp_path / "backup")
    (tmp_path / "evidence" / "0.age").unlink()
    (tmp_path / "evidence" / "1.age").unlink()

    def erase_meanwhile(_connection: psycopg.Connection, _name: str) -> None:
        with psycopg.connect(source.url) as other:
            other.execute("DELETE FROM kept WHERE name = '1.age'")

    made = make_backup(source, storage, NOW, say, with_snapshot=erase_meanwhile)
    assert made.missing == ("0.age",)
    assert made.tables["kept"].rows == 3  # the snapshot is of before


def test_keys_go_to_storage_apart_and_another_installations_are_not_overwritten(source: Source, tmp_path: Path) -> None:
    make_backup(source, FolderStorage(tmp_path / "backup"), NOW, say)
    keys = source.config.keys_path
    (keys / "database-orbweaver").write_text("made anew at a start")
    with pytest.raises(InvalidInput):
        require_apart(tmp_path / "backup" / "keys", [tmp_path / "backup"])
    copy = tmp_path / "offline"
    assert copy_keys(keys, copy, "a", NOW, []) == 1
    assert copy_keys(keys, copy, "b", NOW, []) == 1
    restore_keys(copy, tmp_path / "new keys")
    assert sorted(path.name for path in (tmp_path / "new keys").iterdir()) == [IDENTITY]
    (keys / IDENTITY).write_text("another")
    with pytest.raises(Conflict):
        copy_keys(keys, copy, "c", NOW, [])
    with pytest.raises(Conflict):
        restore_keys(copy, keys)


def test_storage_without_a_whole_backup_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoSuchBackup):
        read_manifest(FolderStorage(tmp_path))
    with pytest.raises(NoSuchBackup):
        read_manifest(FolderStorage(tmp_path), "20261127T000000Z-000000")
    with pytest.raises(InvalidInput):
        storage_at("ftp://somewhere")


def test_nothing_starts_where_a_restore_is_half_done(tmp_path: Path) -> None:
    begin(tmp_path, "one")
    begin(tmp_path, "one")
    with pytest.raises(Unavailable, match="one"):
        refuse_half_restored(tmp_path)
    with pytest.raises(Conflict):
        begin(tmp_path, "two")
    note_restoring(tmp_path, None)
    refuse_half_restored(tmp_path)


KILLED = """
import datetime as dt, sys
from pathlib import Path
from orbweaver.platform.backup.making import Source, make_backup
from orbweaver.platform.backup.storage import FolderStorage
from orbweaver.platform.settings import PlatformSettings
config = PlatformSettings(database_url=sys.argv[1], data_dir=Path(sys.argv[2]), keys_dir=Path(sys.argv[3]))
files = FolderStorage(Path(sys.argv[4]))
source = Source(config, sys.argv[1], "0.1.0", files, "SELECT name FROM kept WHERE name < '2'", ("apart",))
print("begun", flush=True)
make_backup(source, FolderStorage(Path(sys.argv[5])), dt.datetime.now(dt.UTC), lambda *_: None)
"""


def test_a_backup_that_is_killed_leaves_the_earlier_one_whole(source: Source, tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "backup")
    first = make_backup(source, storage, NOW, say)
    folders = (source.config.data_dir, source.config.keys_path, tmp_path / "evidence", storage.folder)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, source.url, *map(str, folders)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    for name in names(storage):
        assert objects_of(storage, read_manifest(storage, name)) == objects_of(storage, first)


def test_one_backup_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(Conflict), only_one(tmp_path):
        pass


@pytest.mark.sampled(1)
@pytest.mark.parametrize("keys_apart", [False, True])
def test_the_command_makes_a_backup_with_and_without_a_copy_of_the_keys(
    make_database: MakeDatabase, tmp_path: Path, keys_apart: bool
) -> None:
    """As somebody types it on an installation of their own."""
    names_here = {"DATABASE_URL": make_database(), "DATA_DIR": str(tmp_path / "data")}
    typed = ["backup", str(tmp_path / "backup"), *(["--keys", str(tmp_path / "keys")] if keys_apart else [])]
    said = subprocess.run(
        [sys.executable, "-m", "orbweaver", *typed],
        env=os.environ | {f"ORBWEAVER_{name}": value for name, value in names_here.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert len(names(FolderStorage(tmp_path / "backup"))) == 1
    assert (tmp_path / "keys").exists() is keys_apart
