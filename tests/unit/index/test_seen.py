"""What was seen is kept in rows that a kill leaves whole, bounded, and found by every entry within the radius."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from orbweaver.index import IndexDiskFull, seen
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


APPENDING = """
import sys, pathlib, numpy as np
from orbweaver.index.seen import ROW, SeenStore
store, first = SeenStore(pathlib.Path(sys.argv[1]), 10**9), 0
while True:
    rows = np.zeros(50_000, ROW)
    rows["place"] = np.arange(first, first + len(rows))
    store.append(rows)
    first += len(rows)
    print(first, flush=True)
"""


def test_nothing_is_lost_of_what_was_added_when_its_writer_is_killed(tmp_path: Path) -> None:
    for _ in range(3):
        before = len(places(SeenStore(tmp_path, 10**9)))
        with subprocess.Popen([sys.executable, "-c", APPENDING, str(tmp_path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            said = [int(writer.stdout.readline()) for _ in range(4)]
            writer.kill()
            said += [int(line) for line in writer.stdout]
        store = SeenStore(tmp_path, 10**9)
        own = places(store)[before:]
        assert said[-1] <= len(own) <= said[-1] + 50_000
        assert own == list(range(len(own)))


def test_a_full_disk_is_said_and_costs_nothing_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SeenStore(tmp_path, 100)
    store.append(rows(3))
    whole = os.write

    def half(descriptor: int, data: memoryview) -> int:
        if len(data) < 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(descriptor, data[: len(data) - 50])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(IndexDiskFull):
        store.append(rows(4, 3))
    monkeypatch.undo()
    store.append(rows(4, 3))
    assert places(store)[:3] == [0, 1, 2]
    assert places(store)[-4:] == [3, 4, 5, 6], "what was added a second time costs a look at most"


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
