"""Evidence is erased because a row says so, in the right database, by a clock that can be right; never else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from orbweaver.detect.evidence.models import Archive, EvidenceObject, ObjectKey
from orbweaver.detect.evidence.services import read
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.detect.evidence.stores import evidence_dir
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import seal_events
from orbweaver.platform.clock import now
from orbweaver.platform.runtime import postgres

from .conftest import Run, Said, files, grow_old

pytestmark = pytest.mark.django_db(transaction=True)
Copy = Callable[[str], str]


@pytest.fixture
def archived(run: Run, make_sighting: Callable[..., object]) -> int:
    """Some objects, stored today, that the worker has seen."""
    for number in range(5):
        make_sighting(b"picture %d" % number, now=now())
    assert run("upkeep").code == 0
    grow_old()
    return len(files())


def refused(said: Said, why: str) -> bool:
    level, found = said.checks()["archive"]
    return said.code == 1 and level == "fail" and why in found


def all_is_there(count: int) -> bool:
    objects = EvidenceObject.objects.all()
    return len(files()) == count == sum(read(each).startswith(b"picture") for each in objects)


def test_an_empty_database_erases_nothing_and_says_so(
    copy_of_database: Copy, run: Run, make_sighting: Callable[..., object]
) -> None:
    empty = copy_of_database("empty")
    for number in range(5):
        make_sighting(b"picture %d" % number, now=now())
    assert run("upkeep").code == 0
    grow_old()
    assert "Nothing is erased: the archive belongs to another database" in run("upkeep", url=empty).log
    assert refused(run("doctor", url=empty), "another database")
    assert all_is_there(5)


def test_the_database_of_another_installation_erases_nothing(
    copy_of_database: Copy,
    run: Run,
    make_sighting: Callable[..., object],
    set_config: Callable[..., None],
    tmp_path: Path,
) -> None:
    other = copy_of_database("other")
    set_config(data_dir=tmp_path / "other")
    assert run("upkeep", url=other).code == 0
    set_config(data_dir=tmp_path / "data")
    for number in range(5):
        make_sighting(b"picture %d" % number, now=now())
    assert run("upkeep").code == 0
    grow_old()
    assert "Nothing is erased" in run("upkeep", url=other).log
    assert refused(run("doctor", url=other), "another database")
    assert all_is_there(5)


@pytest.mark.sweep
def test_an_older_copy_of_the_database_erases_nothing_until_a_person_binds_it(
    archived: int, copy_of_database: Copy, run: Run, make_sighting: Callable[..., object]
) -> None:
    older = copy_of_database("older")
    make_sighting(b"picture of a day later", now=now())
    Event.objects.create(at=now(), actor_label="test", kind="a.deed", subject="")
    assert run("upkeep").code == 0
    grow_old()
    assert "the database is older than the archive" in run("upkeep", url=older).log
    assert refused(run("doctor", url=older), "older")
    assert all_is_there(archived + 1)
    bound = run("evidence", "bind", "--yes", url=older)
    assert (bound.json["kept"], bound.json["unknown"]) == (archived, 1)
    assert "Nothing is erased" not in run("upkeep", url=older).log
    checks = run("doctor", url=older).checks()
    assert checks["archive"][0] == "ok"
    assert checks["unknown files"] == ("warn", "1 in the archive")
    assert all_is_there(archived + 1)
    assert refused(run("doctor"), "older"), "the database that was left behind is noticed, too"


def test_an_archive_without_a_marker_is_not_taken_by_a_database_that_does_not_know_its_files(
    run: Run, copy_of_database: Copy, make_sighting: Callable[..., object]
) -> None:
    fresh = copy_of_database("fresh")
    make_sighting(b"picture", now=now())
    grow_old()
    assert "1 files that the database does not know" in run("upkeep", url=fresh).log
    assert not (evidence_dir() / "archive.json").exists()
    assert "Nothing is erased" not in run("upkeep").log, "the database that knows them takes it"
    assert (evidence_dir() / "archive.json").exists()
    assert all_is_there(1)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("years", [1.1, 3, 50])
def test_a_clock_that_is_years_ahead_erases_nothing_until_a_person_says_that_it_is_right(
    archived: int, run: Run, years: float
) -> None:
    days = years * 365
    said = run("upkeep", days_ahead=days)
    assert f"{archived} objects are due at once" in said.log
    assert refused(run("doctor", days_ahead=days), "since the last sweep")
    assert run("upkeep").code == 0
    assert all_is_there(archived)
    assert run("evidence", "allow-erasure", "--yes", days_ahead=days).json == {"allowed": True, "due": archived}
    run("upkeep", days_ahead=days)
    assert files() == []


def test_what_is_due_is_erased_with_its_reason_and_nothing_else(archived: int, run: Run) -> None:
    due = EvidenceObject.objects.order_by("pk")[:2]
    EvidenceObject.objects.filter(pk__in=[each.pk for each in due]).update(retain_until=now() - dt.timedelta(hours=1))
    assert run("upkeep").json["evidence erased"] == 2
    assert len(files()) == archived - 2
    gone = EvidenceObject.objects.exclude(erased_at=None)
    assert {each.erased_because for each in gone} == {"retention"}
    assert not ObjectKey.objects.filter(stored__in=gone).exists()
    assert set(Event.objects.filter(kind="evidence.erased").values_list("subject", flat=True)) == {
        each.public_id for each in gone
    }
    assert run("doctor").checks()["archive"] == ("ok", f"{archived - 2} files of this database")


def test_a_worker_that_sweeps_every_day_erases_all_when_its_time_has_come(archived: int, run: Run) -> None:
    retention = EvidenceSettings.current().retention_days
    for days in (retention - 4, retention - 2, retention - 1):
        assert run("upkeep", days_ahead=days).json["evidence erased"] == 0
    assert run("upkeep", days_ahead=retention + 1).json["evidence erased"] == archived
    assert files() == []


def test_files_that_no_row_names_are_kept_and_counted(archived: int, run: Run) -> None:
    strange = [evidence_dir() / "00" / name for name in ("0" * 32 + ".age", "1" * 32 + ".part", "notes.txt")]
    strange[0].parent.mkdir(exist_ok=True)
    for path in strange:
        path.write_bytes(b"whose is it?")
    grow_old()
    said = run("upkeep")
    assert "2 files that the database does not know and 1 unfinished" in said.log
    assert "00" not in said.log.replace(":00", "")
    assert all(path.exists() for path in strange)
    checks = run("doctor").checks()
    assert checks["unknown files"] == ("warn", "2 in the archive")
    assert checks["unfinished files"] == ("warn", "1 in the archive")


def test_a_file_whose_key_is_erased_goes_after_a_crash(archived: int, run: Run) -> None:
    stored = EvidenceObject.objects.first()
    assert stored is not None
    EvidenceObject.objects.filter(pk=stored.pk).update(erased_at=now())
    assert run("upkeep").json["erasures finished"] == 1
    assert len(files()) == archived - 1


def test_a_fast_clock_by_mistake_erases_nothing(archived: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as fast:
        fast.setenv("ORBWEAVER_CLOCK_SPEED", "1000")
        fast.setenv("ORBWEAVER_CLOCK_EPOCH", "2026-01-01T00:00:00Z")
        assert "the clock is simulated" in run("upkeep").log
    assert all_is_there(archived)


def test_a_start_says_that_the_archive_is_not_of_this_database(archived: int) -> None:
    from orbweaver.doors.cli.run import prepare

    said: list[dict[str, object]] = []
    prepare(said.append)
    assert [each["event"] for each in said] == ["protections"]
    said.clear()
    Archive.objects.update(public_id="arc_another")
    prepare(said.append)
    [_, warning] = said
    assert "another database" in str(warning["text"])
    assert "orbweaver evidence bind" in str(warning["text"])


def in_the_way(name: str) -> Path:
    """What makes reading or writing a file of this name in the folder fail, also for root."""
    path = evidence_dir() / name
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize(
    ("name", "why"),
    [("archive.json", "directory"), ("archive.json.draft.tmp", "File exists")],
    ids=["read", "written"],
)
def test_a_marker_that_cannot_be_used_stops_erasing_and_nothing_else(
    archived: int, run: Run, name: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full or read-only, or a command once run as root: pages and notices go on, and it is said."""
    from orbweaver.doors.cli.run import prepare

    monkeypatch.setattr(postgres, "secrets", SimpleNamespace(token_hex=lambda _: "draft"))
    Event.objects.create(at=now(), actor_label="test", kind="a.deed", subject="")
    seal_events()
    in_the_way(name)
    EvidenceObject.objects.update(retain_until=now() - dt.timedelta(hours=1))
    assert "Nothing is erased: the evidence folder, or its bucket, cannot be used" in run("upkeep").log
    said: list[dict[str, object]] = []
    prepare(said.append)
    assert [each["name"] for each in said[1:]] == ["archive"]
    assert why in str(said[1]["text"])
    assert refused(run("doctor"), why) or name != "archive.json"
    assert all_is_there(archived)


@pytest.mark.parametrize("said", [("evidence", "bind", "--yes"), ("evidence", "allow-erasure", "--yes"), ("restored",)])
def test_a_person_who_speaks_for_an_archive_that_cannot_be_read_reads_why(
    archived: int, run: Run, said: tuple[str, ...]
) -> None:
    in_the_way("archive.json")
    found = run(*said)
    assert found.code == 1
    assert "the evidence folder, or its bucket, cannot be used (Is a directory" in found.why
