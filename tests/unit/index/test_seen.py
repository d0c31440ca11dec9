"""What was seen is kept in rows that a kill leaves whole, bounded, and found by every entry within the radius."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from orbweaver.index import seen
from orbweaver.index.seen import ROW, SeenRows, SeenStore, nearness, place_of, prefixes, same

RNG = np.random.default_rng(5)


def rows(count: int, first: int = 0) -> SeenRows:
    made = np.zeros(count, ROW)
    made["pdq"] = RNG.integers(0, 2**63, (count, 4))
    made["place"] = np.arange(first, first + count)
    return made


def places(store: SeenStore) -> list[int]:
    return [int(place) for step in store.steps(store.end()) for place in place_of(step)]


def test_rows_come_back_in_their_order_over_files_and_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "PART_ROWS", 4)
    monkeypatch.setattr(seen, "STEP", 3)
    for first in (0, 5, 10):
        SeenStore(tmp_path, 100).append(rows(5, first))
    store = SeenStore(tmp_path, 100)
    assert places(store) == list(range(15))
    assert (store.begin(), store.end()) == (0, 15)
    assert [len(step) for step in store.steps(6)] == [3, 1, 2], "no more than there were"


def test_a_row_that_a_kill_cut_off_is_cut_away_and_the_others_stay(tmp_path: Path) -> None:
    store = SeenStore(tmp_path, 100)
    store.append(rows(3))
    [part] = tmp_path.glob("part-*")
    with part.open("ab") as stream:
        stream.write(b"half a row")
    assert places(store) == [0, 1, 2]
    store.append(rows(2, 3))
    assert places(store) == [0, 1, 2, 3, 4]


def test_the_oldest_rows_go_in_whole_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "PART_ROWS", 4)
    store = SeenStore(tmp_path, 8)
    for first in range(0, 40, 5):
        store.append(rows(5, first))
    assert 8 <= len(places(store)) <= 12
    assert places(store)[-1] == 39
    assert store.begin() == 40 - len(places(store))


@pytest.mark.parametrize(("compared", "joined"), [(0, -1), (0, 31), (300, 31)])
def test_each_compared_with_each_joined_and_by_an_index_find_the_same(
    monkeypatch: pytest.MonkeyPatch, compared: int, joined: int
) -> None:
    monkeypatch.setattr(seen, "COMPARED", compared)
    monkeypatch.setattr(seen, "JOINED", joined)
    there = rows(300)
    hashes = np.ascontiguousarray(there["pdq"][:20]).view(np.uint8).reshape(-1, 32).copy()
    hashes[:10, :3] ^= 0xFF  # 24 bits
    hashes[10:, :5] ^= 0xFF  # 40 bits
    there["place"][4] = ~there["place"][4]  # its hash does not count
    with nearness(hashes, 31) as near:
        entry, row, distance = near(there)
    assert sorted(zip(entry.tolist(), row.tolist(), distance.tolist(), strict=True)) == [
        (number, number, 24) for number in range(10) if number != 4
    ]
    assert place_of(there).tolist() == list(range(300))


def test_digests_are_found_by_their_first_bytes() -> None:
    there = rows(50)
    there["md5"] = RNG.integers(0, 2**63, 50)
    digests = np.zeros((2, 16), np.uint8)
    digests[0, :8] = there["md5"][7:8].view(np.uint8)
    wanted = np.unique(prefixes(digests))
    assert same(there, "md5", wanted)[1].tolist() == [7]
