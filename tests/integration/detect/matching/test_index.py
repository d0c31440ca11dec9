from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, parse_row
from orbweaver.detect.hashlists.services import get_or_create_list, set_entry_state
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.index import ListIndex
from orbweaver.fingerprints import Fingerprints, kinds

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PDQ = bytes(range(32))
PRINTS = Fingerprints(sha256=b"a" * 32, sha1=b"b" * 20, md5=b"c" * 16, size=3, pdq=PDQ, pdq_quality=100)


def add(kind: str, value: bytes) -> EntryHash:
    known = get_or_create_list("Known", "NCMEC", NOW)
    upsert_entries(known, [EntryRow(kind, value, "csam", "unidentified", "", "NCMEC", False)], NOW)
    return EntryHash.objects.get(kind=kind, value=value)


@pytest.mark.parametrize(("kind", "value"), [("sha256", b"a" * 32), ("sha1", b"b" * 20), ("md5", b"c" * 16)])
def test_exact_digests_are_found(tmp_path: Path, kind: str, value: bytes) -> None:
    entry = add(kind, value)
    hits = ListIndex(tmp_path).lookup([PRINTS, replace(PRINTS, sha256=b"x" * 32, sha1=b"x" * 20, md5=b"x" * 16)])
    assert [(hit.hash_id, hit.kind) for hit in hits[0]] == [(entry.pk, kind)]
    assert hits[1] == []


def test_a_perceptual_hash_is_found_up_to_31_bits_away_and_no_further(tmp_path: Path) -> None:
    def flipped(bits: int) -> bytes:
        return (int.from_bytes(PDQ) ^ ((1 << bits) - 1)).to_bytes(32)

    near, far = add("pdq", flipped(31)), add("pdq", flipped(32))
    hits = ListIndex(tmp_path).lookup([PRINTS])[0]
    assert [(hit.hash_id, hit.distance) for hit in hits] == [(near.pk, 31)]
    assert far.pk not in {hit.hash_id for hit in hits}


def test_a_turned_picture_is_found_by_its_other_hashes(tmp_path: Path) -> None:
    entry = add("pdq", b"\x0f" * 32)
    turned = replace(PRINTS, dihedral=(PDQ, b"\xf0" * 32, b"\x0f" * 32))
    hit = ListIndex(tmp_path).lookup([turned])[0][0]
    assert (hit.hash_id, hit.distance, hit.transform) == (entry.pk, 0, 2)


def test_a_flat_picture_is_not_looked_up(tmp_path: Path) -> None:
    add("pdq", PDQ)
    assert ListIndex(tmp_path).lookup([replace(PRINTS, pdq_quality=10)]) == [[]]


def test_changes_are_seen_by_every_open_index_within_a_second(tmp_path: Path) -> None:
    first, second = ListIndex(tmp_path), ListIndex(tmp_path)
    assert first.lookup([PRINTS]) == second.lookup([PRINTS]) == [[]]
    entry = add("sha256", PRINTS.sha256)
    time.sleep(0.5)
    assert first.lookup([PRINTS])[0][0].hash_id == entry.pk
    assert second.lookup([PRINTS])[0][0].hash_id == entry.pk
    set_entry_state([entry.entry], HashListEntry.State.WITHDRAWN, reason="a test", by=None, now=NOW)
    time.sleep(0.5)
    assert first.lookup([PRINTS]) == second.lookup([PRINTS]) == [[]]


def test_an_entry_that_comes_back_is_found_again(tmp_path: Path) -> None:
    entry = add("pdq", PDQ)
    index = ListIndex(tmp_path)
    for state, found in (("withdrawn", 0), ("active", 1), ("disputed", 1)):
        set_entry_state([entry.entry], HashListEntry.State(state), reason="a test", by=None, now=NOW)
        index.sync()
        assert len(index.lookup([PRINTS])[0]) == found


class Licensed:
    """Stands for a licensed kind of hash: three bytes, compared by the sum of differences."""

    name, length, radius = "licensed", 3, 4

    def parse(self, text: str) -> bytes:
        return bytes.fromhex(text)

    def format(self, value: bytes) -> str:
        return value.hex()

    def of(self, data: bytes) -> bytes | None:
        return data[:3]

    def distance(self, one: bytes, other: bytes) -> int:
        return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def test_a_licensed_kind_of_hash_is_listed_and_matched_by_its_own_distance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = EntryPoint("licensed", f"{__name__}:Licensed", kinds.ENTRY_POINT)
    monkeypatch.setattr(EntryPoint, "load", lambda self: Licensed)
    monkeypatch.setattr(kinds, "entry_points", lambda group: EntryPoints([point]))
    kinds.kinds.cache_clear()
    try:
        known = get_or_create_list("Licensed list", "a supplier", NOW)
        row = {"kind": "licensed", "value": "0a0a0a", "classification": "csam"}
        upsert_entries(known, [parse_row(row, "a supplier")], NOW)
        near, far = (
            replace(PRINTS, extra=(("licensed", b"\x0b\x0b\x0b"),)),
            replace(PRINTS, extra=(("licensed", b"abc"),)),
        )
        hits = ListIndex(tmp_path).lookup([near, far])
        assert [(hit.hash_id, hit.kind, hit.distance) for hit in hits[0]] == [
            (EntryHash.objects.get().pk, "licensed", 3)
        ]
        assert hits[1] == []
    finally:
        kinds.kinds.cache_clear()


def test_a_damaged_index_is_made_anew_from_the_database(tmp_path: Path) -> None:
    entry = add("sha256", PRINTS.sha256)
    index = ListIndex(tmp_path)
    index.sync()
    index.close()
    for path in (tmp_path / "exact").iterdir():
        path.write_bytes(b"rubbish")
    assert ListIndex(tmp_path).lookup([PRINTS])[0][0].hash_id == entry.pk


def test_an_index_newer_than_its_database_begins_anew(tmp_path: Path) -> None:
    index = ListIndex(tmp_path)
    add("pdq", PDQ)
    index.sync()
    EntryHash.objects.all().delete()
    HashListEntry.objects.all().delete()
    index.sync()
    assert index.lookup([PRINTS]) == [[]]


def promote(name: str) -> None:
    """As if a standby had been promoted: the database has another history from here on."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION database_lineage() RETURNS text LANGUAGE sql STABLE RETURN '{name}'"
        )


def test_what_a_promoted_standby_never_had_is_not_found_and_what_came_instead_is(tmp_path: Path) -> None:
    promote("one")
    index, other = ListIndex(tmp_path), ListIndex(tmp_path)
    kept = add("md5", PRINTS.md5)
    index.sync()
    lost = [add("sha1", PRINTS.sha1), add("sha256", PRINTS.sha256)]
    seen = lost[0].entry.change
    index.sync()
    assert {hit.kind for hit in index.lookup([PRINTS])[0]} == {"md5", "sha1", "sha256"}
    EntryHash.objects.filter(pk__in=[each.pk for each in lost]).delete()
    HashListEntry.objects.filter(pk__in=[each.entry_id for each in lost]).delete()
    promote("two")
    came = add("pdq", PDQ)  # takes a number that the index had seen, and others go beyond
    HashListEntry.objects.filter(pk=came.entry_id).update(change=seen)
    add("pdq", b"\xff" * 32)
    for each in (index, other):
        each.sync()
        assert {(hit.hash_id, hit.kind) for hit in each.lookup([PRINTS])[0]} == {(kept.pk, "md5"), (came.pk, "pdq")}


def test_an_index_that_saw_nothing_but_what_the_standby_had_goes_on(tmp_path: Path) -> None:
    promote("one")
    index = ListIndex(tmp_path)
    add("md5", PRINTS.md5)
    assert index.sync() == 1
    promote("two")
    add("sha1", PRINTS.sha1)
    promote("three")
    add("sha256", PRINTS.sha256)
    assert index.sync() == 2, "nothing is read again"
    assert ListIndex(tmp_path).sync() == 0
    assert len(index.lookup([PRINTS])[0]) == 3


def test_a_change_that_another_process_took_in_first_has_no_index_begin_anew(tmp_path: Path) -> None:
    index, other = ListIndex(tmp_path), ListIndex(tmp_path)
    add("md5", PRINTS.md5)
    index.sync()
    asked: list[str] = []

    def meanwhile(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if not asked and "max(" in sql.lower():
            asked.append(sql)
            add("sha1", PRINTS.sha1)
            other.sync()
        return result

    with connection.execute_wrapper(meanwhile):
        assert index.sync() == 0, "nothing is read again"
    assert len(index.lookup([PRINTS])[0]) == 2
