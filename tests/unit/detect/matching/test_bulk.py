"""The one function of a bulk match: what is hit is what comparing every row with every entry finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from orbweaver.detect.matching.bulk import COLUMNS, HITS, KINDS, BulkSearch
from orbweaver.fingerprints.mirroring import MIRRORED, eight_of
from orbweaver.index import ExactStore, IndexStore

FLOOR, RADIUS = 50, 31
WIDTHS = {"url_key": 32, "sha256": 32, "sha1": 20, "md5": 16, "pdq": 32, "mirrored": 96}
Lists = Callable[..., BulkSearch]


def random_table(rows: int, seed: int = 1) -> pa.Table:
    generator = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        name: pa.array([generator.bytes(width) for _ in range(rows)], pa.binary(width))
        for name, width in WIDTHS.items()
    }
    columns["quality"] = pa.array([90] * rows, pa.int16())
    return pa.table(columns).select(list(COLUMNS))


def changed(table: pa.Table, name: str, row: int, value: object) -> pa.Table:
    values = table[name].to_pylist()
    values[row] = value
    place = table.column_names.index(name)
    return table.set_column(place, name, pa.array(values, table.schema.field(name).type))


def noisy(value: bytes, bits: int) -> bytes:
    return (int.from_bytes(value) ^ ((1 << bits) - 1)).to_bytes(len(value))


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    def make(pdq: list[bytes] | None = None, rows: int = 0, **digests: list[bytes]) -> BulkSearch:
        """PDQ entries from id 100 on, digests from 0 on; joined where there are as many ``rows``."""
        near, exact = IndexStore(tmp_path / "pdq"), ExactStore(tmp_path / "exact")
        if pdq:
            near.add(array(pdq), np.arange(100, 100 + len(pdq)))
        for kind, values in digests.items():
            exact.add(kind, array(values), np.arange(len(values)))
        return BulkSearch(7, near, exact, radius=RADIUS, floor=FLOOR, rows=rows)

    return make


def array(values: list[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)


def hits(table: pa.Table) -> list[tuple[bytes, list[tuple[int, str, int]]]]:
    return [
        (key, [(each["hash_id"], KINDS[each["kind"]], each["distance"]) for each in found])
        for key, found in zip(table["url_key"].to_pylist(), table[HITS].to_pylist(), strict=True)
    ]


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_a_row_is_hit_by_each_of_its_digests(lists: Lists, kind: str) -> None:
    table = random_table(100)
    found = lists(**{kind: [table[kind][70].as_py(), bytes(WIDTHS[kind])]}).match(table)
    assert hits(found) == [(table["url_key"][70].as_py(), [(0, kind, 0)])]
    assert found["sha256"].to_pylist() == [table["sha256"][70].as_py()]


@pytest.mark.parametrize("rows", [0, 1_000], ids=["looked up", "joined"])
def test_a_hash_is_near_within_the_radius_and_no_further(lists: Lists, rows: int) -> None:
    table = random_table(200)
    own = [table["pdq"][row].as_py() for row in (3, 4)]
    found = lists([noisy(own[0], RADIUS), noisy(own[1], RADIUS + 1)], rows=rows).match(table)
    assert hits(found) == [(table["url_key"][3].as_py(), [(100, "pdq", RADIUS)])]


@pytest.mark.parametrize("rows", [0, 1_000], ids=["looked up", "joined"])
@pytest.mark.parametrize("turn", range(8))
def test_a_turned_or_mirrored_picture_is_found_where_its_hashes_were_kept(lists: Lists, turn: int, rows: int) -> None:
    table = random_table(50)
    kept = table["mirrored"][9].as_py()
    eight = eight_of(table["pdq"][9].as_py(), [kept[at : at + 32] for at in (0, 32, 64)])
    assert [eight[number] for number in MIRRORED] == [kept[:32], kept[32:64], kept[64:]]
    search = lists([noisy(eight[turn], 5)], rows=rows)
    assert hits(search.match(table)) == [(table["url_key"][9].as_py(), [(100, "pdq", 5)])]
    before = changed(table, "mirrored", 9, None)  # of a file of before they were kept
    assert len(search.match(before)) == (1 if turn == 0 else 0)


def test_a_poor_picture_and_none_at_all_are_hit_by_their_digests_alone(lists: Lists) -> None:
    table = random_table(3)
    entries = table["pdq"].to_pylist()
    table = changed(table, "quality", 0, FLOOR - 1)
    for name in ("pdq", "quality", "mirrored"):
        table = changed(table, name, 1, None)
    found = lists(entries, md5=[table["md5"][1].as_py()]).match(table)
    assert hits(found) == [
        (table["url_key"][1].as_py(), [(0, "md5", 0)]),
        (table["url_key"][2].as_py(), [(102, "pdq", 0)]),
    ]


def test_a_row_is_hit_or_not_whatever_stands_beside_it(lists: Lists) -> None:
    table = pa.concat_tables([random_table(300, seed) for seed in (1, 2)])
    near = [noisy(table["pdq"][row].as_py(), 12) for row in range(0, 600, 40)]
    same = [table["sha1"][row].as_py() for row in range(0, 600, 75)]
    search = lists(near, sha1=same)
    whole = hits(search.match(table))
    parts = [hits(search.match(table.slice(start, 37))) for start in range(0, 600, 37)]
    assert [row for part in parts for row in part] == whole
    assert sum(len(found) for _, found in whole) == len(near) + len(same)


def test_empty_lists_and_empty_tables_have_no_hits(lists: Lists) -> None:
    search = lists()
    assert len(search.match(random_table(10))) == 0
    assert len(search.match(random_table(0))) == 0
    assert search.position == 7
