from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from orbweaver.detect.hashlists import importing, records, rereading, services
from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.exporting import export_list, export_rows
from orbweaver.detect.hashlists.formats import format_named
from orbweaver.detect.hashlists.histories import Beside
from orbweaver.detect.hashlists.models import (
    BROKEN_OFF_AFTER,
    EntryHash,
    EntryStateChange,
    HashList,
    HashListEntry,
    ListImport,
)
from orbweaver.detect.hashlists.records import RECORD_COLUMNS, disputes, import_rows, record_rows
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.selectors import changes_after, get_list, last_change
from orbweaver.errors import InvalidInput
from orbweaver.platform.clock import real_now

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HEADING = ",".join(RECORD_COLUMNS) + "\n"
HEADER = "kind,value,classification,identified,series,source,baseline\n"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "list.csv"
    path.write_text(header + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def imported(path: Path, name: str = "NCMEC list") -> ListImport:
    return importing.import_list(path, list_name=name, supplier="NCMEC", now=NOW)


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


def test_what_else_stands_in_a_line_is_not_held_until_its_batch_is_written(tmp_path: Path) -> None:
    """48 MB in lines that are each as long as may be."""
    rows = (f"{number:032x},md5,csam,{'x' * 60_000}" for number in range(800))
    path = write(tmp_path, *rows, header="value,kind,classification,note\n")
    tracemalloc.start()
    try:
        run = imported(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert run.added == 800
    assert peak < 2**24


def test_rows_of_many_hashes_are_written_in_smaller_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_HASHES", 50)
    record = '{"MediaID": %d, "Category": 1, "AlternativeHashes": [%s]}'
    hashes = [
        ", ".join('{"HashName": "MD5", "HashValue": "%032x"}' % (20 * n + i) for i in range(20)) for n in range(7)
    ]
    path = tmp_path / "list.json"
    records = ", ".join(record % each for each in enumerate(hashes))
    path.write_text(f'{{"@odata.context": "http://x/2.0.xml/US/$metadata#Media", "value": [{records}]}}')
    seen: list[int] = []
    run = importing.import_list(path, list_name="V", supplier="P", now=NOW, progress=seen.append)
    assert (run.added, seen) == (7, [3, 6, 7])
    assert HashListEntry.objects.filter(hash_list=run.hash_list).count() == 7


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
        importing.import_list(path, list_name="A", supplier="NCMEC", now=NOW, list_format="xlsx")
    assert not HashList.objects.exists()
    run = importing.import_list(path, list_name="A", supplier="NCMEC", now=NOW, list_format="jsonl")
    assert (run.added, run.rejected) == (0, 2)


def test_an_import_ends_when_it_ends_and_says_which_file_it_read(tmp_path: Path) -> None:
    path = write(tmp_path, f"md5,{'01' * 16},csam,,,,")
    run = imported(path)
    assert run.finished_at is not None
    assert run.started_at == NOW < run.finished_at
    assert (run.state, run.sha256) == ("done", hashlib.sha256(path.read_bytes()).hexdigest())


def test_an_import_that_was_killed_is_shown_as_broken_off_and_goes_on_where_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, *(f"md5,{number:032x},csam,,,," for number in range(5)), "md5,zz,csam,,,,")
    monkeypatch.setattr(importing, "BATCH", 2)

    def killed(rows: int) -> None:
        if rows >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.import_list(path, list_name="NCMEC list", supplier="NCMEC", now=NOW, progress=killed)
    broken = ListImport.objects.get()
    assert (broken.state, broken.added) == ("running", 4)
    ListImport.objects.update(alive_at=real_now() - BROKEN_OFF_AFTER)
    assert ListImport.objects.get().state == "broken_off"
    run = imported(path)
    assert run.pk == broken.pk
    assert (run.state, run.added, run.unchanged, run.rejected) == ("done", 5, 0, 1)
    assert [each.line for each in run.rejections.all()] == [7]


def broken_off_after_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, category: int, region: str
) -> Callable[[str], ListImport]:
    """Reads four pictures of a VICS file as of a region; as of this one it was begun, and killed after two."""
    path = tmp_path / "vics.json"
    rows = ",".join(f'{{"MediaID": {number}, "Category": {category}, "MD5": "{number:032X}"}}' for number in range(4))
    path.write_text(f'{{"odata.metadata": "x/DataModels/1.3.xml#Media", "value": [{rows}]}}', encoding="ascii")
    monkeypatch.setattr(importing, "BATCH", 2)

    def read(as_of: str, progress: Callable[[int], None] | None = None) -> ListImport:
        return importing.import_list(
            path, list_name="Cases", supplier="Police", region=as_of, now=NOW, progress=progress
        )

    def killed(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(region, killed)
    return read


def test_a_broken_off_import_is_not_taken_up_by_one_that_reads_the_file_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = broken_off_after_two(tmp_path, monkeypatch, category=2, region="us")
    broken = ListImport.objects.get()
    run = read("uk")
    assert (run.read_as, run.state, run.added, run.changed) == ("vics13 uk", "done", 2, 2)
    assert set(HashListEntry.objects.values_list("classification", flat=True)) == {"csam"}, "half of it as in the US"
    assert [(each.pk, each.read_as, each.state) for each in run.replaces.all()] == [
        (broken.pk, "vics13 us", "replaced")
    ]
    again = read("us")
    assert again.pk != broken.pk, "its first rows are read otherwise by now"
    assert (again.changed, again.unchanged) == (4, 0)


def test_what_only_a_broken_off_reading_added_is_withdrawn_when_the_file_is_read_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Category 4 is refused as of the US and taken as of the UK."""
    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(rereading, "TOGETHER", 1)
    minutes = itertools.count()

    def read(region: str, rows: int, numbers: Iterable[int] = range(6), *, then: int = 99) -> ListImport:
        path = tmp_path / f"{rows}.json"
        of_each = (f'{{"MediaID": {n}, "Category": {4 if n < 4 else 1}, "MD5": "{n:032X}"}}' for n in numbers)
        path.write_text(f'{{"odata.metadata": "x/DataModels/1.3.xml#Media", "value": [{",".join(of_each)}]}}')

        def killed(done: int) -> None:
            if done >= then:
                raise KeyboardInterrupt

        now = NOW + dt.timedelta(minutes=next(minutes))
        return importing.import_list(
            path, list_name="Cases", supplier="Police", region=region, now=now, progress=killed
        )

    def states() -> dict[str, str]:
        return {f"{bytes(each.value)[-1]}": each.entry.state for each in EntryHash.objects.select_related("entry")}

    read("uk", 1, numbers=[0])
    with pytest.raises(KeyboardInterrupt):
        read("uk", 6, then=4)
    read("uk", 2, numbers=[1, 5])
    position = last_change()
    run = read("us", 6)
    assert (run.read_as, run.rejected, run.taken_back) == ("vics13 us", 4, 2)
    stays, goes = "active", "withdrawn"
    assert states() == {"0": stays, "1": stays, "2": goes, "3": goes, "4": stays, "5": stays}, "0 and 1 are elsewhere"
    assert [each.searchable for each in changes_after(position, 10)].count(False) == 2, "whoever follows hears of it"
    assert next(iter(import_rows(run.hash_list)))["taken_back"] == 2
    assert {change.reason for change in EntryStateChange.objects.all()} == {rereading.READ_OTHERWISE}
    services.set_entry_state(
        HashListEntry.objects.filter(hashes__value=(3).to_bytes(16)), HashListEntry.State.WITHDRAWN,
        reason="not what it says", by=None, now=NOW,
    )  # fmt: skip
    assert read("uk", 6).taken_back == 0
    assert states() == {"0": stays, "1": stays, "2": stays, "3": goes, "4": stays, "5": stays}, "3 somebody withdrew"


def test_a_reading_that_takes_no_row_withdraws_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = broken_off_after_two(tmp_path, monkeypatch, category=4, region="uk")
    run = read("us")
    assert (run.rejected, run.taken_back) == (4, 0)
    assert set(HashListEntry.objects.values_list("state", flat=True)) == {"active"}


def test_nothing_is_imported_into_a_list_of_another_kind(tmp_path: Path) -> None:
    imported(write(tmp_path, f"md5,{'01' * 16},csam,,,,"))
    harmless = write(tmp_path, f"sha256,{'02' * 32},known_good,,,,")
    with pytest.raises(InvalidInput, match="harmless"):
        importing.import_list(
            harmless, list_name="NCMEC list", supplier="NCMEC", kind=HashList.Kind.KNOWN_GOOD, now=NOW
        )
    own = services.add_own_entry(EntryRow("md5", bytes(16), "csam", "unidentified", "", "We", False), None, "We", NOW)
    with pytest.raises(InvalidInput, match="own verdicts"):
        importing.import_list(harmless, list_name=own.hash_list.name, supplier="We", now=NOW)
    assert HashListEntry.objects.count() == 2


def test_rows_of_a_long_import_carry_the_time_at_which_they_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    monkeypatch.setattr(importing, "time", SimpleNamespace(monotonic=itertools.count(0, 60).__next__))
    imported(write(tmp_path, *(f"md5,{number:032x},csam,,,," for number in range(3))))
    times = HashListEntry.objects.order_by("pk").values_list("changed_at", flat=True)
    minutes = [(each - NOW) / dt.timedelta(minutes=1) for each in times]
    assert minutes == [1, 2, 3], "or who asked in between for what changed since then would never see them"


def test_a_dispute_is_a_record_with_its_outcome_and_the_record_of_the_list_holds_all(tmp_path: Path) -> None:
    imported(write(tmp_path, f"md5,{'01' * 16},csam,,,,", f"md5,{'02' * 16},csam,,,,"))
    known = get_list("NCMEC list")
    first, second = known.entries.order_by("pk")
    services.set_entry_state([first], HashListEntry.State.DISPUTED, reason="a beach", by=None, now=NOW)
    services.set_entry_state([second], HashListEntry.State.DISPUTED, reason="a bath", by=None, now=NOW)
    services.set_entry_state([second], HashListEntry.State.WITHDRAWN, reason="it was", by=None, now=NOW)
    (still, settled) = disputes(known, 10)
    assert (still.begun.reason, still.outcome) == ("a beach", None)
    assert settled.outcome is not None
    assert (settled.begun.reason, settled.outcome.state, settled.outcome.reason) == ("a bath", "withdrawn", "it was")
    services.set_terms(
        known,
        {"terms": "crawler only", "trust": "low", "allowed": "review", "expires_on": dt.date(2027, 1, 1)},
        by=None,
        now=NOW,
    )
    rows = list(record_rows(get_list("NCMEC list"), Beside([(second.pk, "Telco disputes md5: a child's bath")])))
    assert [row["state"] for row in rows] == ["disputed", "withdrawn"]
    assert "a bath" in rows[1]["history"]
    assert "it was" in rows[1]["history"]
    assert [row["others"] for row in rows] == ["", "Telco disputes md5: a child's bath"]
    assert {row["import"] for row in rows} == {each["import"] for each in import_rows(known)}
    assert {(row["serves"], row["radius"]) for row in rows} == {("crawler, scans", "")}
    terms = {(row["terms"], row["trust"], row["allowed"], row["expires"]) for row in rows}
    assert terms == {("crawler only", "low", "review", "2027-01-01")}
    record = write(tmp_path, *(",".join(f'"{cell}"' for cell in row.values()) for row in rows), header=HEADING)
    taken = imported(record, "Another hotline's")
    assert (taken.added, taken.rejected) == (1, 1), "a withdrawn entry is not taken from a record"


def test_the_record_of_a_list_is_read_by_parts_so_that_the_first_row_of_a_long_one_waits_for_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"md5,{number:032x},csam,,,,,{number // 2}" for number in range(8)]
    imported(write(tmp_path, *lines, header=f"{HEADER.strip()},id\n"))
    known = get_list("NCMEC list")
    whole = list(record_rows(known, Beside([])))
    monkeypatch.setattr(records, "AT_ONCE", 1)
    rows = record_rows(known, Beside([]))
    first = [next(rows), next(rows)]
    services.set_entry_state(
        list(known.entries.order_by("-pk")[:1]), HashListEntry.State.WITHDRAWN, reason="a bath", by=None, now=NOW
    )
    rest = list(rows)
    assert [row["value"] for row in (*first, *rest)] == [f"{number:032x}" for number in range(8)]
    assert [*first, *rest[:4]] == whole[:6]
    assert {(row["state"], row["history"][-6:]) for row in rest[4:]} == {("withdrawn", "a bath")}


def test_an_export_says_how_a_dispute_ended_where_its_format_can_and_names_it_as_left_out_where_not(
    tmp_path: Path,
) -> None:
    imported(write(tmp_path, f"md5,{'01' * 16},csam,,,,", f"md5,{'02' * 16},csam,,,,"))
    known = get_list("NCMEC list")
    first, second = known.entries.order_by("pk")
    for entry, state, reason in (
        (first, HashListEntry.State.DISPUTED, "a beach"),
        (second, HashListEntry.State.DISPUTED, "a\nbath"),
        (first, HashListEntry.State.ACTIVE, "it is right"),
    ):
        services.set_entry_state([entry], state, reason=reason, by=None, now=NOW)
    ended = f"{NOW.isoformat()} disputed (-): a beach; {NOW.isoformat()} active (-): it is right"
    rows = list(export_rows(known))
    assert [(row["state"], row["history"]) for row in rows] == [
        ("active", ended),
        ("disputed", f"{NOW.isoformat()} disputed (-): a bath"),
    ]
    assert dict.fromkeys(("csv", "jsonl", "vics", "vics13"), 2) == {
        each: exported(known, each)[0].count("disputed (-)") for each in ("csv", "jsonl", "vics", "vics13")
    }
    for each in ("ncmec", "icse", "stopncii", "hashes"):
        text, left_out = exported(known, each)
        assert "a beach" not in text
        assert each == "stopncii" or (left_out["history"], left_out["state"]) == (2, 1)
    for each in ("csv", "jsonl"):  # of our own file, which holds it, another hotline takes the entries
        (tmp_path / each).write_text(exported(known, each)[0], encoding="utf-8")
        taken = imported(tmp_path / each, f"Another's {each}")
        assert (taken.added, taken.rejected) == (2, 0)


def exported(known: HashList, name: str) -> tuple[str, dict[str, int]]:
    file = io.StringIO(newline="")
    chosen = format_named(name)
    report = export_list(known, chosen, file, "us" if chosen.regions else "")
    return file.getvalue(), report.columns_left_out


def test_rows_about_withdrawn_entries_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, f"md5,{'01' * 16},csam,,,,", f"md5,{'02' * 16},csam,,,,")
    imported(path)
    one = HashListEntry.objects.order_by("pk")[:1]
    services.set_entry_state(one, HashListEntry.State.WITHDRAWN, reason="t", by=None, now=NOW)
    again = imported(path)
    assert (again.unchanged, again.withdrawn) == (2, 1)
