"""An entry is one picture or film with all its hashes, however they come."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from django.db import DataError

from orbweaver.detect.hashlists.exporting import export_list, export_rows
from orbweaver.detect.hashlists.formats import format_named
from orbweaver.detect.hashlists.importing import import_list
from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.detect.hashlists.rules import COLUMNS, EntryRow, RowHash
from orbweaver.detect.hashlists.selectors import changes_after, get_list, last_change
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import Written, upsert_entries

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
MD5, SHA1, PDQ = b"m" * 16, b"s" * 20, b"p" * 32


def entry(kind: str, value: bytes, number: str = "7", source: str = "NCMEC", **said: object) -> EntryRow:
    further = said.pop("further", ())
    return EntryRow(kind, value, "csam", "unidentified", "", source, False, number, further=further, **said)  # type: ignore[arg-type]


def put(*rows: EntryRow, whole: bool = False) -> Written:
    return upsert_entries(get_or_create_list("Known", "NCMEC", NOW), rows, NOW, whole=whole)


def standing() -> set[tuple[str, bytes]]:
    return {(each.kind, bytes(each.value)) for each in EntryHash.objects.filter(withdrawn=False)}


def test_rows_with_one_id_are_one_entry_whether_they_come_together_or_later() -> None:
    assert put(entry("md5", MD5), entry("sha1", SHA1), entry("sha1", SHA1)) == Written(added=2)
    found, position = HashListEntry.objects.get(), last_change()
    assert put(entry("pdq", PDQ), entry("md5", MD5)) == Written(added=1)
    assert HashListEntry.objects.get() == found
    assert standing() == {("md5", MD5), ("sha1", SHA1), ("pdq", PDQ)}
    assert {each.kind for each in changes_after(position, 10)} == {"md5", "sha1", "pdq"}, "the index hears of it"


def test_an_id_is_its_supplier_s_member_s_own_and_without_one_the_strongest_hash_says_what_is_the_same() -> None:
    put(entry("md5", MD5, member="42"), entry("sha1", SHA1, member="43"))
    assert HashListEntry.objects.count() == 2
    nameless = entry("md5", MD5, "", further=(RowHash("sha1", SHA1), RowHash("pdq", PDQ)))
    assert put(nameless, nameless) == Written(added=1)
    assert put(entry("sha1", SHA1, "")) == Written()
    assert HashListEntry.objects.count() == 3


def test_where_all_hashes_are_named_others_are_taken_back_and_can_stand_again() -> None:
    put(entry("md5", MD5, further=(RowHash("pdq", PDQ),)))
    position = last_change()
    put(entry("md5", MD5), whole=True)
    assert standing() == {("md5", MD5)}
    assert [(each.kind, each.searchable) for each in changes_after(position, 10)] == [("md5", True), ("pdq", False)]
    put(entry("pdq", PDQ), entry("md5", MD5))
    assert standing() == {("md5", MD5)}, "what was taken back stays so while hashes are added alone"
    put(entry("md5", MD5, further=(RowHash("pdq", PDQ, 1.5),)), whole=True)
    assert standing() == {("md5", MD5), ("pdq", PDQ)}
    assert EntryHash.objects.get(kind="pdq").time_s == 1.5


def test_all_hashes_of_an_entry_reach_the_index_together() -> None:
    put(*(entry("md5", bytes([number]) * 16, "one", further=(RowHash("sha1", SHA1),)) for number in range(3)))
    put(entry("pdq", PDQ, "two"))
    first = changes_after(0, 2)
    assert len(first) == 4
    assert [each.kind for each in changes_after(first[-1].change, 2)] == ["pdq"]


def test_what_suppliers_write_comes_through_the_copy_as_it_is(tmp_path: Path) -> None:
    series = "a\tb\\N \\. {x} – 数"
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerow({"kind": "md5", "value": MD5.hex(), "classification": "csam", "series": series, "id": "\\x41"})
    import_list(path, list_name="Known", supplier="NCMEC", now=NOW)
    found = HashListEntry.objects.get()
    assert (found.series_name, found.supplier_id) == (series, "\\x41")


def test_what_stops_a_copy_is_an_error_of_the_database_as_that_of_any_other_statement() -> None:
    """A full disk, say: whoever hears of such errors gives it words, and knows nothing of the driver's own."""
    with pytest.raises(DataError):
        put(entry("md5", MD5, source="x" * 201))


def test_an_export_says_what_its_format_cannot_hold_and_keeps_what_belongs_together() -> None:
    put(entry("md5", MD5, "", further=(RowHash("sha256", b"t" * 32),)), entry("pdq", PDQ, "", media_type="image"))
    file, known = io.StringIO(newline=""), get_list("Known")
    report = export_list(known, format_named("icse"), file)
    assert report.as_json() == {
        "entries": 1,
        "hashes": 1,
        "columns_left_out": {"classification": 1, "source": 1},
        "kinds_left_out": {"sha256": 1, "pdq": 1},
        "entries_left_out": 1,
        "entries_under_terms": 0,
    }
    names = [row["id"] for row in export_rows(known)]
    assert names[0] == names[1] == HashListEntry.objects.earliest("pk").public_id
    assert names[2] == "", "one hash alone needs no name"


@pytest.mark.parametrize(
    ("name", "region", "lost"),
    [
        ("ncmec", "", {"csam", "csam_related"}),
        ("vics", "us", {"a1", "b2"}),
        ("vics13", "uk", {"csam", "csam_related", "a1", "b2"}),
    ],
)
def test_an_export_names_those_classifications_alone_that_do_not_come_back(
    name: str, region: str, lost: set[str], tmp_path: Path
) -> None:
    said = ("a1", "b2", "csam", "csam_related", "unclassified")
    put(*(entry("md5", bytes([n]) * 16, str(n))._replace(classification=each) for n, each in enumerate(said)))
    path = tmp_path / "list"
    with path.open("w", encoding="utf-8", newline="") as file:
        report = export_list(get_list("Known"), format_named(name), file, region)
    assert report.columns_left_out["classification"] == len(lost)
    import_list(path, list_name="Copy", supplier="NCMEC", list_format=name, region=region, now=NOW)
    back = dict(get_list("Copy").entries.values_list("supplier_id", "classification"))
    assert {each for n, each in enumerate(said) if back[str(n)] != each} == lost


@pytest.mark.parametrize("name", ["vics", "ncmec", "icse", "jsonl"])
def test_a_list_goes_through_a_format_and_back_with_its_entries_whole(name: str, tmp_path: Path) -> None:
    put(entry("md5", MD5, "7", further=(RowHash("sha1", SHA1),), media_type="image"), entry("md5", b"n" * 16, "8"))
    path = tmp_path / "list"
    with path.open("w", encoding="utf-8", newline="") as file:
        export_list(get_list("Known"), format_named(name), file, "us")
    run = import_list(path, list_name="Copy", supplier="NCMEC", region="us", now=NOW)
    assert (run.added, run.rejected) == (3 if name == "jsonl" else 2, 0)
    copy = get_list("Copy").entries.order_by("supplier_id")
    assert [(each.supplier_id, [one.kind for one in each.live_hashes]) for each in copy] == [
        ("7", ["md5", "sha1"]),
        ("8", ["md5"]),
    ]
