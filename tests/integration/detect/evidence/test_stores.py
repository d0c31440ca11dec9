"""The archive in a folder and in a bucket: both do the same, and what a bucket keeps locked is erased all the same."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.s3 import s3_service

from orbweaver.detect.evidence.archive import (
    MARKER,
    bind_restored,
    is_older,
    keep_bound,
    mismatch,
    missing_objects,
    survey_archive,
)
from orbweaver.detect.evidence.bucket import BucketStore
from orbweaver.detect.evidence.disk import FolderStore, write_new
from orbweaver.detect.evidence.erasing import Permit, erase_expired, finish
from orbweaver.detect.evidence.errors import EvidenceErased, EvidenceUnreadable
from orbweaver.detect.evidence.models import Archive, EvidenceObject
from orbweaver.detect.evidence.protocol import Store
from orbweaver.detect.evidence.rotating import renew_all
from orbweaver.detect.evidence.services import KEPT_FILES, read, store
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.detect.evidence.stores import evidence_files, evidence_store
from orbweaver.detect.matching.missed import missed_counts
from orbweaver.detect.matching.models import Sighting
from orbweaver.platform.backup.making import Source, make_backup
from orbweaver.platform.backup.restoring import restore_objects
from orbweaver.platform.backup.storage import FolderStorage
from orbweaver.platform.clock import real_now
from orbweaver.platform.settings import PlatformSettings

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
NEXT_YEAR = NOW + dt.timedelta(days=400)
LOCK_DAYS = 30
SetConfig = Callable[..., None]


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[str, Any]]:
    """An S3 service: its address, and a client of it as its operator has one."""
    with s3_service() as there:
        yield there


@pytest.fixture
def bucket(service: tuple[str, Any], set_config: SetConfig) -> str:
    """The archive is in a bucket that keeps versions."""
    address, client = service
    name = f"evidence-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    set_config(evidence_bucket=f"s3://{name}/archive", evidence_s3_endpoint=address)
    return name


@pytest.fixture
def locked(service: tuple[str, Any], set_config: SetConfig) -> str:
    """The same with object lock: whatever is laid there stays for days."""
    address, client = service
    name = f"locked-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": LOCK_DAYS}}
    client.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    set_config(evidence_bucket=f"s3://{name}/archive", evidence_s3_endpoint=address)
    return name


@pytest.fixture(params=["folder", "bucket", "locked"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "evidence")
    request.getfixturevalue(request.param)
    return evidence_store()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the time of locks pass, here and in the service."""
    from moto.core.utils import utcnow

    def pass_by() -> None:
        days = dt.timedelta(days=LOCK_DAYS + 1)
        monkeypatch.setattr("moto.s3.models.utcnow", lambda: utcnow() + days)
        monkeypatch.setattr("orbweaver.detect.evidence.bucket.real_now", lambda: real_now() + days)

    return pass_by


@pytest.fixture
def s3_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "any")


def versions(service: tuple[str, Any], bucket: str) -> int:
    """How many versions lie in a bucket, marks of removal too."""
    found = service[1].list_object_versions(Bucket=bucket)
    return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))


class TestEveryStore:
    """What each of them does."""

    def test_what_is_laid_down_is_there_under_names_of_its_own(self, files: Store) -> None:
        assert files.prepare(make=True)
        first, other = write_new(files, b"one" * 100_000), write_new(files, b"other")
        assert sorted(files.names()) == sorted([first, other])
        assert (files.get(first), files.get(other)) == (b"one" * 100_000, b"other")

    def test_what_has_a_name_is_never_changed(self, files: Store) -> None:
        files.put("00/name.age", b"first")
        with pytest.raises(OSError, match=r".") as refused:
            files.put("00/name.age", b"second")
        assert not isinstance(refused.value, FileNotFoundError)
        assert files.get("00/name.age") == b"first"
        assert files.names() == ["00/name.age"]

    def test_what_is_not_there_is_said_to_be_missing_and_removing_it_does_no_harm(self, files: Store) -> None:
        with pytest.raises(FileNotFoundError):
            files.get("00/nothing.age")
        assert files.remove("00/nothing.age")
        assert files.names() == []

    def test_the_marker_may_be_replaced(self, files: Store) -> None:
        files.prepare(make=True)
        files.replace("archive.json", b"before")
        files.replace("archive.json", b"now")
        assert files.get("archive.json") == b"now"

    def test_what_is_removed_is_gone_once_no_lock_keeps_it(self, files: Store, later: Callable[[], None]) -> None:
        name = write_new(files, b"bytes")
        if not files.remove(name):
            assert (files.names(), files.get(name)) == ([name], b"bytes")
            later()
            assert files.remove(name)
        assert files.names() == []
        with pytest.raises(FileNotFoundError):
            files.get(name)


def test_no_version_of_what_is_removed_remains(service: tuple[str, Any], bucket: str) -> None:
    files = evidence_store()
    name = write_new(files, b"bytes")
    files.replace(name, b"as an older program would")
    service[1].delete_object(Bucket=bucket, Key=f"archive/{name}")  # a mark, as a hand lays it
    assert versions(service, bucket) == 3
    assert files.remove(name)
    assert versions(service, bucket) == 0


def test_an_answer_that_was_lost_on_its_way_is_no_failure(bucket: str) -> None:
    files = evidence_store()
    files.put("00/name.age", b"the same")
    files.put("00/name.age", b"the same")  # as the client tries again
    assert files.get("00/name.age") == b"the same"


def test_a_full_folder_and_a_bucket_that_refuses_or_is_away_are_errors_of_a_disk(
    service: tuple[str, Any], set_config: SetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_new(FolderStore(tmp_path / "evidence"), b"bytes")
    set_config(evidence_bucket="s3://nobody-made-it/archive", evidence_s3_endpoint=service[0])
    for what in (lambda: write_new(evidence_store(), b"bytes"), lambda: evidence_store().names()):
        with pytest.raises(OSError, match="NoSuchBucket"):
            what()
    set_config(evidence_s3_endpoint="http://127.0.0.1:9")
    with pytest.raises(OSError, match="EndpointConnectionError"):
        evidence_store().get("00/name.age")
    began = time.monotonic()
    with pytest.raises(OSError, match="away"):
        evidence_store().names()
    assert time.monotonic() - began < 0.1, "it is not asked again at once"


@contextmanager
def answering(status: int, body: bytes, *, promised: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """Somebody who says this to all that is asked: the address, and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(self.command)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if promised is None else promised))
            self.end_headers()
            self.wfile.write(body)

        def __getattr__(self, name: str) -> Callable[[], None]:
            if not name.startswith("do_"):
                raise AttributeError(name)
            return self.answer

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.mark.parametrize("body", [b"\x00 no XML <<<", b"<html><body>Please log in</body></html>"])
@pytest.mark.parametrize("call", ["put", "replace", "names", "remove"])
def test_an_answer_that_is_not_of_s3_is_an_error_and_no_empty_archive(
    s3_rights: None, set_config: SetConfig, body: bytes, call: str
) -> None:
    calls: dict[str, Callable[[Store], object]] = {
        "put": lambda files: files.put("00/name.age", b"bytes"),
        "replace": lambda files: files.replace("archive.json", b"{}"),
        "names": lambda files: files.names(),
        "remove": lambda files: files.remove("00/name.age"),
    }
    with answering(200, body) as (address, _):
        set_config(evidence_bucket="s3://evidence/archive", evidence_s3_endpoint=address)
        with pytest.raises(OSError, match=r".") as refused:
            calls[call](evidence_store())
        assert not isinstance(refused.value, FileNotFoundError)


def test_half_an_answer_is_an_error(s3_rights: None, set_config: SetConfig) -> None:
    with answering(200, b"half", promised=1000) as (address, _):
        set_config(evidence_bucket="s3://evidence/archive", evidence_s3_endpoint=address)
        with pytest.raises(OSError, match="Error"):
            evidence_store().get("00/name.age")


def test_a_service_with_a_fault_of_its_own_is_away_until_one_call_finds_it_there(
    s3_rights: None, set_config: SetConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(503, b"<Error><Code>SlowDown</Code></Error>") as (address, asked):
        set_config(evidence_bucket="s3://evidence/archive", evidence_s3_endpoint=address)
        files = evidence_store()
        with pytest.raises(OSError, match="SlowDown"):
            files.get("00/name.age")
        before = len(asked)
        with pytest.raises(OSError, match="away"):
            files.get("00/name.age")
        assert len(asked) == before, "it is not asked again at once"

        now = time.monotonic()
        monkeypatch.setattr("orbweaver.detect.evidence.bucket.time.monotonic", lambda: now + 60)
        with pytest.raises(OSError, match="SlowDown"):
            files.get("00/name.age")
        assert len(asked) > before
        with pytest.raises(OSError, match="away"):
            files.get("00/name.age")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("evidence_s3_endpoint", "storage.example:9000"),
        ("evidence_bucket", "s3:///archive"),
        ("evidence_bucket", "s3://bucket/archive#1"),
        ("evidence_bucket", "s3://key:secret@bucket/archive"),
    ],
)
def test_a_bucket_that_cannot_be_one_is_said_when_settings_are_read(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        EvidenceSettings.model_validate({name: value})


def archived(text: bytes) -> EvidenceObject:
    return store(text, kind=EvidenceObject.Kind.MEDIA, mime="image/png", now=NOW)


def permit(at: dt.datetime) -> Permit:
    return Permit(at, EvidenceObject.objects.none())


@pytest.mark.django_db(transaction=True)
def test_evidence_is_archived_read_erased_and_brought_back_from_a_backup_in_a_bucket(
    hotline: None, bucket: str, service: tuple[str, Any], database_url: str, tmp_path: Path
) -> None:
    one, other = archived(b"one"), archived(b"other")
    assert not (PlatformSettings.current().data_dir / "evidence").exists()
    assert read(one) == b"one"
    assert mismatch() is None
    keep_bound(NOW)
    assert (survey_archive().kept, missing_objects()) == (2, [])

    config = PlatformSettings.current().model_copy(update={"database_url": database_url})
    backups = FolderStorage(tmp_path / "backup")
    source = Source(config, database_url, "0.1.0", evidence_files(), KEPT_FILES, ("evidence_objectkey",))
    made = make_backup(source, backups, NOW, lambda *_: None)
    assert (made.objects, made.missing) == (2, ())

    service[1].delete_object(Bucket=bucket, Key=f"archive/{one.file_name}")
    assert missing_objects() == [one.public_id]
    with pytest.raises(EvidenceUnreadable):
        read(one)
    assert restore_objects(backups, made, evidence_files(), lambda *_: None) == 1
    assert read(one) == b"one"

    Archive.objects.update(public_id="arc_another")
    assert mismatch() is not None
    assert erase_expired(permit(NEXT_YEAR)) == 2
    assert evidence_store().names() == ["archive.json"]
    with pytest.raises(EvidenceErased):
        read(other)
    assert not is_older()


@pytest.mark.django_db(transaction=True)
def test_what_a_lock_keeps_is_erased_by_its_key_and_its_bytes_go_when_the_lock_has_ended(
    hotline: None, locked: str, service: tuple[str, Any], later: Callable[[], None]
) -> None:
    one = archived(b"one")
    assert erase_expired(permit(NEXT_YEAR)) == 1
    with pytest.raises(EvidenceErased):
        read(one)
    assert survey_archive().erased == [one.file_name]
    assert finish(permit(NEXT_YEAR)) == 0
    assert evidence_store().names() == [one.file_name]
    later()
    assert finish(permit(NEXT_YEAR)) == 1
    assert versions(service, locked) == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_found_while_the_bucket_is_away_is_found_all_the_same_and_archived_later(
    hotline: None, set_config: SetConfig, make_sighting: Callable[..., Sighting]
) -> None:
    set_config(evidence_bucket="s3://evidence/archive", evidence_s3_endpoint="http://127.0.0.1:9")
    assert make_sighting().media.evidence is None
    assert missed_counts() == {"waiting": 1}


@pytest.mark.django_db(transaction=True)
def test_a_sweep_goes_on_where_the_bucket_goes_away_meanwhile_and_its_files_go_once_it_is_back(
    hotline: None, bucket: str, service: tuple[str, Any], set_config: SetConfig
) -> None:
    one = archived(b"one")
    archived(b"other")
    set_config(evidence_s3_endpoint="http://127.0.0.1:9")
    assert erase_expired(permit(NEXT_YEAR)) == 2
    set_config(evidence_s3_endpoint=service[0])
    with pytest.raises(EvidenceErased):
        read(one)
    assert finish(permit(NEXT_YEAR)) == 2
    assert versions(service, bucket) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("why", ["locked", "away"])
def test_objects_are_under_other_keys_though_the_old_file_cannot_be_removed(
    hotline: None, locked: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, why: str
) -> None:
    def away(*_: object) -> bool:
        raise OSError(errno.EIO, "away")

    one = archived(b"one")
    if why == "away":
        monkeypatch.setattr(BucketStore, "remove", away)
    assert renew_all() == (1, 0)
    assert "whose key is gone, stays" in caplog.text
    renewed = EvidenceObject.objects.get()
    assert renewed.file_name != one.file_name
    assert read(renewed) == b"one"


@pytest.mark.django_db(transaction=True)
def test_what_is_brought_back_takes_no_archive_from_an_installation_that_may_live(hotline: None, bucket: str) -> None:
    archived(b"one")
    assert bind_restored(NOW, survey_archive()), "nobody has it yet"
    ours = json.loads(evidence_store().get(MARKER))
    assert bind_restored(NOW, survey_archive()), "said again"
    for theirs in (ours | {"position": 10**9, "head": "00"}, ours | {"identity": "arc_another"}):
        evidence_store().replace(MARKER, json.dumps(theirs).encode())
        assert not bind_restored(NOW, survey_archive())
        assert json.loads(evidence_store().get(MARKER)) == theirs
        assert mismatch() is not None, "so nothing is erased until a person has looked"
