"""The ledger of everything seen: what is written is read, whole, and holds no address."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orbweaver.detect.crawl.ledger import READ_ROWS, Ledger, LedgerBusy, LedgerDamaged, LedgerRow, seen_rows
from orbweaver.errors import ConfigurationError, Unavailable
from orbweaver.fingerprints import Fingerprints, FramePdq

AT = dt.datetime(2026, 11, 24, 12, 30, tzinfo=dt.UTC)


def seen(number: int, *, picture: bool = True) -> LedgerRow:
    tag = number.to_bytes(4, "big")
    return LedgerRow(
        tag * 8, tag * 8, tag * 8, tag * 5, tag * 4, tag * 8 if picture else None, 90 if picture else None, AT
    )


def rows_of(table: Any) -> list[LedgerRow]:
    return [LedgerRow(**row) for row in table.to_pylist()]


def test_what_is_written_is_read_again_in_files_by_day(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    rows = [seen(number, picture=number % 3 > 0) for number in range(READ_ROWS + 7)]
    path = ledger.append(rows, AT.date())
    assert path is not None
    assert path.parent == tmp_path / "ledger" / "date=2026-11-24"
    assert Ledger(tmp_path / "ledger").files() == [path]
    steps = list(ledger.tables(path, ledger.schema.names))
    assert [step.num_rows for step in steps] == [READ_ROWS, 7]
    assert ledger.count(path) == READ_ROWS + 7
    assert [row for step in steps for row in rows_of(step)] == rows


def test_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.append([], AT.date()) is None
    assert list(tmp_path.iterdir()) == []


def test_what_could_not_be_written_leaves_no_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    short = LedgerRow(b"short", None, bytes(32), bytes(20), bytes(16), None, None, AT)
    with pytest.raises(Exception, match="32"):
        ledger.append([short], AT.date())
    assert ledger.files() == []
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_half_written_file_of_a_killed_process_is_not_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    path = ledger.append([seen(1)], AT.date())
    assert path is not None
    path.with_name("part-other.tmp").write_bytes(path.read_bytes()[:100])
    assert ledger.files() == [path]


def test_a_damaged_file_is_named_without_what_it_holds(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    path = ledger.append([seen(1)], AT.date())
    assert path is not None
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(LedgerDamaged, match=r"date=2026-11-24/part-.*\.parquet cannot be read"):
        list(ledger.tables(path, ["sha256"]))
    with pytest.raises(LedgerDamaged):
        ledger.count(path)


def test_a_file_that_lost_a_bit_is_damaged_and_no_other_picture(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    rows = [replace(seen(number), sha256=hashlib.sha256(bytes([number])).digest()) for number in range(50)]
    path = ledger.append(rows, AT.date())
    assert path is not None
    body = bytearray(path.read_bytes())
    body[body.index(rows[7].sha256)] ^= 1
    path.write_bytes(body)
    with pytest.raises(LedgerDamaged):
        list(ledger.tables(path, ["sha256"]))
    ledger.append([seen(1)], AT.date())
    with pytest.raises(LedgerDamaged):
        ledger.compact()
    assert path.exists()


def test_a_file_without_what_each_row_has_is_damaged(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    path = ledger.append([seen(1)], AT.date())
    assert path is not None
    pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["sha1"]), path)
    with pytest.raises(LedgerDamaged):
        list(ledger.tables(path, ["sha1"]))


def test_each_picture_of_a_video_is_a_row() -> None:
    prints = Fingerprints(
        bytes(32), bytes(20), bytes(16), 9, pdq=b"a" * 32, pdq_quality=80, frames=(FramePdq(1, 2.0, b"b" * 32, 70),)
    )
    rows = seen_rows(prints, url_key=b"u" * 32, page_key=None, at=AT)
    assert [(row.pdq, row.quality) for row in rows] == [(b"a" * 32, 80), (b"b" * 32, 70)]
    assert len(seen_rows(Fingerprints(bytes(32), bytes(20), bytes(16), 9), url_key=b"", page_key=None, at=AT)) == 1


def test_the_three_hashes_from_which_all_eight_follow_are_kept() -> None:
    eight = tuple(bytes([number]) * 32 for number in range(8))
    frame = FramePdq(1, 2.0, eight[0], 70, eight)
    prints = Fingerprints(bytes(32), bytes(20), bytes(16), 9, pdq=eight[0], pdq_quality=80, frames=(frame,))
    rows = seen_rows(prints, url_key=b"u" * 32, page_key=None, at=AT)
    assert [row.mirrored for row in rows] == [None, eight[4] + eight[5] + eight[2]]


def test_a_file_of_before_a_column_was_kept_is_read_with_nothing_there(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    path = ledger.append([seen(1)], AT.date())
    assert path is not None
    pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["mirrored"]), path)
    [table] = ledger.tables(path, ["mirrored", "sha256"])
    assert table.column_names == ["mirrored", "sha256"]
    assert table.to_pylist() == [{"mirrored": None, "sha256": seen(1).sha256}]
    ledger.append([seen(2)], AT.date())
    ledger.compact()
    assert all_rows(ledger) == [seen(1), seen(2)]


def test_a_ledger_is_the_same_one_wherever_its_folder_is_mounted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "here")
    ledger.append([seen(1)], AT.date())
    identity = ledger.identity()
    (tmp_path / "here").rename(tmp_path / "there")
    there = Ledger(tmp_path / "there")
    assert there.identity() == identity
    assert not list(tmp_path.rglob("*.tmp"))
    [(name, size)] = there.sizes().items()
    assert (there.path(name).stat().st_size, name.partition("/")[0]) == (size, "date=2026-11-24")


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"orbweaver\[ledger\]"):
        Ledger(tmp_path)


def all_rows(ledger: Ledger) -> list[LedgerRow]:
    return sorted(
        (row for path in ledger.files() for step in ledger.tables(path, ledger.schema.names) for row in rows_of(step)),
        key=lambda row: row.url_key,
    )


def test_small_files_become_one_for_each_day_and_hold_the_same_rows(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    days = [AT.date(), AT.date() + dt.timedelta(days=1)]
    for number in range(20):
        ledger.append([seen(10 * number + each, picture=each % 3 > 0) for each in range(10)], days[number % 2])
    before = all_rows(ledger)
    assert ledger.compact() == (20, 2)
    assert [path.parent.name for path in ledger.files()] == ["date=2026-11-24", "date=2026-11-25"]
    assert all_rows(ledger) == before
    assert ledger.compact() == (0, 0)
    ledger.append([seen(999)], days[0])
    assert len(all_rows(ledger)) == len(before) + 1


def test_a_killed_compaction_leaves_every_row_at_least_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path)
    for number in range(5):
        ledger.append([seen(number)], AT.date())
    before = set(all_rows(ledger))
    unlink = Path.unlink

    def die(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".parquet":
            raise KeyboardInterrupt
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            ledger.compact()
    assert set(all_rows(ledger)) == before
    ledger.compact()
    assert set(all_rows(ledger)) == before
    assert len(ledger.files()) == 1


def test_compaction_removes_what_a_killed_process_left_half_written_and_not_what_is_being_written(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    written = ledger.append([seen(1)], AT.date())
    assert written is not None
    left, fresh = written.with_name("part-a.tmp"), written.with_name("part-b.tmp")
    for path in (left, fresh):
        path.write_bytes(b"PAR1")
    os.utime(left, (0, 0))
    ledger.compact()
    assert (left.exists(), fresh.exists(), all_rows(ledger)) == (False, True, [seen(1)])


def test_a_file_that_its_writer_finishes_meanwhile_does_not_stop_compaction(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    written = ledger.append([seen(1)], AT.date())
    assert written is not None
    written.with_name("part-a.tmp").symlink_to("gone")  # listed, and no longer there when it is looked at
    assert ledger.compact() == (0, 0)


def test_a_damaged_file_stops_compaction_and_nothing_goes(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    paths = [ledger.append([seen(number)], AT.date()) for number in range(3)]
    assert paths[1] is not None
    paths[1].write_bytes(paths[1].read_bytes()[:200])
    with pytest.raises(LedgerDamaged):
        ledger.compact()
    assert sorted(ledger.files()) == sorted(path for path in paths if path)
    assert not list(tmp_path.rglob("*.tmp"))


def test_files_that_are_being_read_stay(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(3):
        ledger.append([seen(number)], AT.date())
    with ledger.reading(), Ledger(tmp_path).reading():
        with pytest.raises(LedgerBusy):
            Ledger(tmp_path).compact()
        ledger.append([seen(4)], AT.date())
        assert len(all_rows(ledger)) == 4
    assert ledger.compact() == (4, 1)


def test_a_folder_that_cannot_be_used_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_bytes(b"")
    seen_before = Ledger(tmp_path / "ledger")
    with pytest.raises(Unavailable, match="folder cannot be used: File exists"):
        seen_before.compact()
    with pytest.raises(Unavailable, match="folder cannot be used"), seen_before.reading():
        pass
