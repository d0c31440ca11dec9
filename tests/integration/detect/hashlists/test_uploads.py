"""Lists that are handed in by page: kept, imported by the worker, and gone on with after a crash."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orbweaver.detect.hashlists import uploads
from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.importing import import_list
from orbweaver.detect.hashlists.models import HashList, HashListEntry, ListImport, UploadedList
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import add_own_entry
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.platform.config import forget

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
ROWS = f"kind,value,classification\nmd5,{'01' * 16},csam\nmd5,short,csam\n".encode()

HandIn = Callable[..., UploadedList]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("ORBWEAVER_DATA_DIR", str(tmp_path))
    forget()
    yield tmp_path / "uploads"
    forget()


@pytest.fixture
def hand_in(folder: Path, make_person: Callable[..., User]) -> HandIn:
    by = make_person("Mona", Role.HOTLINE_MANAGER)

    def handed(
        *chunks: bytes, name: str = "Partner", supplier: str = "Partner hotline", region: str = ""
    ) -> UploadedList:
        kind = HashList.Kind.KNOWN
        return uploads.hand_in(
            chunks, "list.csv", list_name=name, supplier=supplier, kind=kind, region=region, by=by, now=NOW
        )

    return handed


def test_what_was_handed_in_is_imported_once_and_its_file_is_gone(hand_in: HandIn, folder: Path) -> None:
    upload = hand_in(ROWS[:20], ROWS[20:])
    assert upload.lines == 3
    (kept,) = folder.iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    assert uploads.progress_of(upload).waits
    assert uploads.import_uploaded(NOW) == 1
    assert uploads.import_uploaded(NOW) == 0
    upload.refresh_from_db()
    run = ListImport.objects.get()
    assert (upload.state, upload.list_import) == ("done", run)
    assert (run.file_name, run.by, run.added, run.rejected) == ("list.csv", upload.by, 1, 1)
    assert Event.objects.get(kind="list.imported").actor == upload.by
    assert not list(folder.iterdir())


def test_the_region_that_a_file_does_not_say_is_asked_for_and_kept_for_the_worker(
    hand_in: HandIn, folder: Path
) -> None:
    vics = b'{"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media", "value": ['
    vics += b'{"MediaID": 1, "Category": 2, "MD5": "' + b"A1" * 16 + b'"}]}'
    with pytest.raises(BadList, match="region"):
        hand_in(vics)
    with pytest.raises(BadList, match="no such region"):
        hand_in(vics, region="mars")
    hand_in(vics, region="uk")
    assert uploads.import_uploaded(NOW) == 1
    assert HashListEntry.objects.get().classification == "csam"


@pytest.mark.parametrize("text", [b"", b"name,price\nbread,2\n", b"\xff\xd8\xff\xe0 a picture"])
def test_a_file_that_is_no_list_is_refused_at_once_and_nothing_is_kept(
    text: bytes, hand_in: HandIn, folder: Path
) -> None:
    with pytest.raises(BadList):
        hand_in(text)
    assert not list(folder.iterdir())
    assert not UploadedList.objects.exists()


def test_a_file_that_is_too_large_is_refused(hand_in: HandIn, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 30)
    with pytest.raises(BadList, match="larger than"):
        hand_in(ROWS)
    assert not list(folder.iterdir())


def test_neither_another_suppliers_list_nor_the_own_one_takes_it(hand_in: HandIn) -> None:
    hand_in(ROWS)
    uploads.import_uploaded(NOW)
    with pytest.raises(InvalidInput, match="supplied by Partner hotline"):
        hand_in(ROWS, supplier="Somebody else")
    add_own_entry(EntryRow("md5", bytes(16), "csam", "unidentified", "", "We", False), None, "We", NOW)
    with pytest.raises(InvalidInput, match="own verdicts"):
        hand_in(ROWS, name="Own verdicts", supplier="We")


def test_an_import_that_was_broken_off_goes_on_and_says_how_far_it_is(
    hand_in: HandIn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.detect.hashlists.importing.BATCH", 1)
    upload = hand_in(ROWS)

    def killed(rows: int) -> None:
        raise KeyboardInterrupt

    (kept,) = folder.iterdir()
    with pytest.raises(KeyboardInterrupt):
        import_list(kept, list_name="Partner", supplier="Partner hotline", now=NOW, progress=killed)
    assert uploads.progress_of(upload).rows == 1
    assert uploads.import_uploaded(NOW) == 1
    run = ListImport.objects.get()
    assert (run.added, run.rejected, run.rows) == (1, 1, 2)


def test_a_file_that_is_elsewhere_is_left_to_its_machine_and_one_that_is_lost_is_said_to_be(
    hand_in: HandIn, folder: Path
) -> None:
    upload = hand_in(ROWS)
    (kept,) = folder.iterdir()
    kept.unlink()
    assert uploads.import_uploaded(NOW) == 0
    assert uploads.import_uploaded(NOW + uploads.LOST_AFTER * 2) == 1
    upload.refresh_from_db()
    assert (upload.state, str(upload.problem)) == ("refused", "The file is no longer there. Upload it again.")


def test_what_a_kill_left_over_is_erased_after_a_day_and_what_waits_is_kept(hand_in: HandIn, folder: Path) -> None:
    hand_in(ROWS)
    (waiting,) = folder.iterdir()
    left, coming = folder / "upl_left", folder / "upl_coming"
    for path in (left, coming):
        path.write_bytes(ROWS)
    long_ago = time.time() - 2 * uploads.LOST_AFTER.total_seconds()
    for path in (left, waiting):
        os.utime(path, (long_ago, long_ago))
    assert uploads.import_uploaded(NOW) == 1
    assert [path.name for path in folder.iterdir()] == [coming.name], "no row yet, as it is being handed in"
