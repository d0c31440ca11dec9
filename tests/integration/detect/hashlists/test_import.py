from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from orbweaver.detect.hashlists import services
from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.formats import format_named
from orbweaver.detect.hashlists.models import HashList, HashListEntry, ListImport
from orbweaver.detect.hashlists.selectors import changes_after, export_rows, get_list, last_change

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HEADER = "kind,value,classification,identified,series,source,baseline\n"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "list.csv"
    path.write_text(header + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def imported(path: Path, name: str = "NCMEC list") -> ListImport:
    return services.import_list(path, list_name=name, supplier="NCMEC", now=NOW)


def test_good_rows_are_in_bad_rows_are_reported_by_line_and_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, f"md5,{'01' * 16},csam,,,,", "md5,zz,csam,,,,", f"pdq,{'02' * 32},A1,identified,S,RCMP,yes")
    first = imported(path)
    assert (first.added, first.changed, first.unchanged, first.rejected) == (2, 0, 0, 1)
    assert [(each.line, "expected" in str(each.reason)) for each in first.rejections.all()] == [(3, True)]
    position = last_change()
    second = imported(path)
    assert (second.added, second.changed, second.unchanged, second.rejected) == (0, 0, 2, 1)
    assert last_change() == position


def test_a_changed_row_is_changed_and_the_index_hears_of_it(tmp_path: Path) -> None:
    imported(write(tmp_path, f"md5,{'01' * 16},csam,,,,"))
    position = last_change()
    run = imported(write(tmp_path, f"md5,{'01' * 16},csam_related,,,,"))
    assert (run.added, run.changed) == (0, 1)
    assert [each.searchable for each in changes_after(position, 10)] == [True]


def test_a_withdrawn_entry_stays_withdrawn_when_its_list_is_imported_again(tmp_path: Path) -> None:
    path = write(tmp_path, f"md5,{'01' * 16},csam,,,,")
    imported(path)
    services.set_entry_state(HashListEntry.objects.all(), HashListEntry.State.WITHDRAWN, reason="t", by=None, now=NOW)
    assert [each.searchable for each in changes_after(0, 10)] == [False]
    imported(path)
    assert HashListEntry.objects.get().state == "withdrawn"


def test_an_export_can_be_imported_again(tmp_path: Path) -> None:
    imported(write(tmp_path, f"md5,{'01' * 16},csam,identified,Series 1,RCMP,yes"))
    rows = list(export_rows(get_list("NCMEC list")))
    again = write(tmp_path, *(",".join(row.values()) for row in rows))
    imported(again, "Copy")
    assert list(export_rows(get_list("Copy"))) == rows


def test_rubbish_bytes_endless_lines_and_broken_quotes_cost_their_own_row_only(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    good = f"md5,{'01' * 16},csam,,,,\n".encode()
    path.write_bytes(HEADER.encode() + b"\xff\xfe\x00,,\n" + b"x" * 300_000 + b"\n" + good + b'md5,"unclosed\n')
    run = imported(path)
    assert run.added == 1
    assert run.rejected == 3


def test_a_stray_quote_costs_its_own_row_and_none_of_those_after_it(tmp_path: Path) -> None:
    good = [f"md5,{number:032x},csam,,,," for number in range(5)]
    run = imported(write(tmp_path, *good[:2], f'md5,{"0f" * 16},csam,,"Series without an end,,', *good[2:]))
    assert run.added == 5
    assert [each.line for each in run.rejections.all()] == [4]


@pytest.mark.parametrize("header", ["", "a,b,c\n", "kind,value\n", '"kind,value,classification\n'])
def test_a_file_without_the_columns_is_no_list(tmp_path: Path, header: str) -> None:
    with pytest.raises(BadList, match="first line must name the columns"):
        imported(write(tmp_path, header=header))


def test_a_missing_file_and_a_folder_are_clear_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadList, match="not a file"):
            imported(path)


def test_a_list_of_json_lines_is_known_by_how_it_begins_and_exports_are_imported_again(tmp_path: Path) -> None:
    imported(write(tmp_path, f"md5,{'01' * 16},csam,identified,Series 1,RCMP,yes", f"pdq,{'02' * 32},A1,,,,"))
    rows = list(export_rows(get_list("NCMEC list")))
    again = tmp_path / "again"
    with again.open("w", encoding="utf-8") as file:
        format_named("jsonl").write(rows, file)
    run = imported(again, "Copy")
    assert (run.added, run.rejected) == (2, 0)
    assert list(export_rows(get_list("Copy"))) == rows


def test_a_named_format_goes_before_how_the_file_begins_and_an_unknown_one_writes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, f"md5,{'01' * 16},csam,,,,")
    with pytest.raises(BadList, match="named xlsx"):
        services.import_list(path, list_name="A", supplier="NCMEC", now=NOW, list_format="xlsx")
    assert not HashList.objects.exists()
    run = services.import_list(path, list_name="A", supplier="NCMEC", now=NOW, list_format="jsonl")
    assert (run.added, run.rejected) == (0, 2)
