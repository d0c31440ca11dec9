from __future__ import annotations

import gc
import itertools
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orbweaver.index import (
    DuplicateIds,
    IndexCorrupt,
    IndexDiskFull,
    IndexStore,
    InvalidFingerprints,
    batches,
    living,
)
from orbweaver.index.locks import locked

Hashes = NDArray[np.uint8]


def random_hashes(count: int, seed: int = 1) -> Hashes:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def ids(*numbers: int) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)


def found(store: IndexStore, hashes: Hashes, radius: int = 0) -> list[int]:
    return [int(number) for number in store.search(hashes, radius).ids]


@pytest.fixture
def small_bulks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Additions become segments, and the tail is merged, at sizes that a test can wait for."""
    monkeypatch.setattr(living, "BULK_ENTRIES", 200)


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    store = IndexStore(tmp_path / "deep" / "index")
    assert (len(store), store.position, found(store, random_hashes(3), 256)) == (0, 0, [])
    assert (tmp_path / "deep" / "index").stat().st_mode & 0o777 == 0o700


def test_a_change_is_seen_by_every_other_user_of_the_folder_at_once(tmp_path: Path) -> None:
    hashes = random_hashes(5)
    one, other = IndexStore(tmp_path), IndexStore(tmp_path)
    one.add(hashes, ids(1, 2, 3, 4, 5))
    assert found(other, hashes) == [1, 2, 3, 4, 5]
    other.withdraw(ids(2, 4, 99))
    assert found(one, hashes) == [1, 3, 5]
    assert len(one) == 3


def test_a_new_entry_is_found_and_a_withdrawn_one_gone_in_another_process_within_a_second(tmp_path: Path) -> None:
    hashes = random_hashes(1)
    store = IndexStore(tmp_path)
    program = (
        "import sys, time, numpy as np; from orbweaver.index import IndexStore\n"
        "store = IndexStore(sys.argv[1]); hashes = np.frombuffer(bytes.fromhex(sys.argv[2]), np.uint8)[None]\n"
        "before = len(store.search(hashes, 31).ids); print(before, time.time(), flush=True)\n"
        "for _ in range(2):\n"
        "    while len(store.search(hashes, 31).ids) == before: time.sleep(0.001)\n"
        "    before = 1 - before; print(before, time.time(), flush=True)\n"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path), hashes.tobytes().hex()]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline().split()[0] == "0"
        for expected in ("1", "0"):
            began = time.time()
            store.apply(
                (hashes, ids(7)) if expected == "1" else None, None if expected == "1" else ids(7), int(began * 1e6)
            )
            seen, at = other.stdout.readline().split()
            assert seen == expected
            assert float(at) - began < 1


def test_withdrawals_additions_and_position_are_one_step(tmp_path: Path) -> None:
    hashes = random_hashes(4)
    store = IndexStore(tmp_path)
    assert store.apply((hashes[:2], ids(1, 2)), None, 10)
    assert store.apply((hashes[2:3], ids(3)), ids(1), 20)
    assert (store.position, found(store, hashes)) == (20, [2, 3])
    assert store.apply(None, None, 21)
    assert store.position == 21


def test_a_position_that_was_reached_before_changes_nothing(tmp_path: Path) -> None:
    hashes = random_hashes(2)
    one, other = IndexStore(tmp_path), IndexStore(tmp_path)
    assert one.apply((hashes, ids(1, 2)), None, 5)
    assert not other.apply(None, ids(1), 5)
    assert not other.apply(None, ids(1), 4)
    assert found(one, hashes) == [1, 2]
    many = random_hashes(living.BULK_ENTRIES)
    assert not other.apply((many, np.arange(living.BULK_ENTRIES)), None, 5)
    assert len(one) == 2


def test_adding_an_id_again_replaces_its_hash_wherever_it_lies(tmp_path: Path, small_bulks: None) -> None:
    old, new, newest = (random_hashes(300, seed) for seed in (1, 2, 3))
    store = IndexStore(tmp_path)
    store.add(old, np.arange(300))
    store.add(new[:5], np.arange(5))
    assert found(store, old) == list(range(5, 300))
    assert found(store, new) == list(range(5))
    store.merge()
    store.add(newest, np.arange(300))
    assert (found(store, old), found(store, new)) == ([], [])
    assert found(store, newest) == list(range(300))


def test_an_id_both_withdrawn_and_added_in_one_step_is_there_with_its_new_hash(tmp_path: Path) -> None:
    hashes = random_hashes(2)
    store = IndexStore(tmp_path)
    store.add(hashes[:1], ids(1))
    store.apply((hashes[1:], ids(1)), ids(1), 1)
    assert found(store, hashes) == [1]
    assert store.search(hashes, 0).query_index.tolist() == [1]


def test_a_withdrawn_id_can_come_back(tmp_path: Path, small_bulks: None) -> None:
    hashes = random_hashes(300)
    store = IndexStore(tmp_path)
    store.add(hashes, np.arange(300))
    store.withdraw(np.arange(300))
    store.add(hashes[7:8], ids(7))
    assert found(IndexStore(tmp_path), hashes) == [7]
    store.merge()
    assert found(store, hashes) == [7]


def test_merging_changes_no_answer_and_keeps_the_position(tmp_path: Path, small_bulks: None) -> None:
    store, watcher = IndexStore(tmp_path), IndexStore(tmp_path)
    chance = np.random.default_rng(5)
    model: dict[int, bytes] = {}
    for position in range(1, 60):
        count = 250 if position % 9 == 0 else int(chance.integers(1, 12))
        hashes, numbers = random_hashes(count, position), chance.choice(1000, count, replace=False)
        gone = chance.choice(1000, 20, replace=False)
        store.apply((hashes, numbers), gone, position)
        for number in gone.tolist():
            model.pop(number, None)
        model.update(zip(numbers.tolist(), map(bytes, hashes), strict=True))
        if position % 4 == 0:
            assert store.merge(everything=position % 16 == 0)
        everything = np.frombuffer(b"".join(model.values()), np.uint8).reshape(-1, 32)
        assert found(watcher, everything) == list(model)
        assert len(watcher) == len(model)
        assert watcher.position == position


def test_a_merge_of_everything_leaves_one_segment_and_no_other_file(tmp_path: Path, small_bulks: None) -> None:
    store = IndexStore(tmp_path)
    for part in range(5):
        store.add(random_hashes(300, part), np.arange(300) + 250 * part)
    store.withdraw(np.arange(100))
    assert store.stats().segments == 5
    assert store.merge(everything=True)
    stats = store.stats()
    assert (stats.segments, stats.entries, stats.withdrawn_entries, stats.fresh_entries) == (1, 1200, 0, 0)
    kinds = sorted(path.suffix for path in tmp_path.iterdir())
    assert kinds == ["", ".lock", ".lock", ".log", ".segment"]
    assert not store.merge(everything=True)


def test_equal_segments_are_merged_and_a_large_one_is_left_alone(tmp_path: Path, small_bulks: None) -> None:
    store = IndexStore(tmp_path)
    store.add(random_hashes(16_000, 99), np.arange(16_000))
    for part in range(7):
        assert not store.needs_merge
        store.add(random_hashes(200 + part, part), np.arange(200 + part) + 20_000 * (part + 1))
    assert store.needs_merge
    assert store.merge()
    assert sorted(view.segment.count for view in store.refresh().tables[0].views) == [7 * 200 + 21, 16_000]
    assert not store.needs_merge


def test_a_segment_of_which_a_quarter_is_withdrawn_is_written_anew(tmp_path: Path, small_bulks: None) -> None:
    store = IndexStore(tmp_path)
    store.add(random_hashes(1000), np.arange(1000))
    store.withdraw(np.arange(240))
    store.merge()
    assert store.stats().withdrawn_entries == 240
    store.withdraw(np.arange(260))
    store.merge()
    assert store.stats().withdrawn_entries == 0
    assert found(store, random_hashes(1000)) == list(range(260, 1000))


def test_the_writer_merges_when_nobody_else_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(living, "TAIL_LIMIT", 100)
    store = IndexStore(tmp_path)
    for part in range(5):
        store.add(random_hashes(30, part), np.arange(30) + 30 * part)
    assert store.stats().fresh_entries < 100
    assert len(store) == 150


def test_searching_waits_for_nobody(tmp_path: Path) -> None:
    hashes = random_hashes(3)
    IndexStore(tmp_path).add(hashes, ids(1, 2, 3))
    with locked(tmp_path / "merge.lock"), locked(tmp_path / "write.lock"):
        assert found(IndexStore(tmp_path), hashes) == [1, 2, 3]


def test_only_one_merges_at_a_time(tmp_path: Path) -> None:
    store = IndexStore(tmp_path)
    store.add(random_hashes(3), ids(1, 2, 3))
    with locked(tmp_path / "merge.lock"):
        assert not store.merge()
    assert store.merge()


def test_threads_that_change_merge_and_search_never_see_half_a_change(tmp_path: Path) -> None:
    """Each change replaces all five entries, so a search that sees a mixture saw half of one."""
    store = IndexStore(tmp_path)
    versions = random_hashes(60)
    store.apply((np.repeat(versions[:1], 5, axis=0), np.arange(5)), None, 1)
    stop, faults, answers = threading.Event(), [], []

    def watch() -> None:
        while not stop.is_set():
            result = store.search(versions, 0)
            answers.append(len(result.ids))
            if result.ids.tolist() != [0, 1, 2, 3, 4] or len(set(result.query_index.tolist())) != 1:
                faults.append(result)

    def merge() -> None:
        while not stop.is_set():
            store.merge()

    threads = [threading.Thread(target=each) for each in (watch, watch, merge)]
    for thread in threads:
        thread.start()
    for number in range(1, 60):
        store.apply((np.repeat(versions[number : number + 1], 5, axis=0), np.arange(5)), None, number + 1)
        time.sleep(0.005)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(answers) > 10


def test_a_change_cut_off_by_a_crash_is_as_if_it_had_never_begun(tmp_path: Path) -> None:
    hashes = random_hashes(4)
    store = IndexStore(tmp_path)
    store.apply((hashes[:2], ids(1, 2)), None, 1)
    (log,) = tmp_path.glob("*.log")
    whole = log.read_bytes()
    store.apply((hashes[2:], ids(3, 4)), None, 2)
    second = log.read_bytes()[len(whole) :]
    for length in range(len(second)):
        log.write_bytes(whole + second[:length])
        again = IndexStore(tmp_path)
        assert (again.position, found(again, hashes)) == (1, [1, 2])
    log.write_bytes(whole + second[:-1])
    watcher = IndexStore(tmp_path)
    assert watcher.position == 1
    again.apply((hashes[3:], ids(9)), None, 2)
    assert (watcher.position, found(watcher, hashes)) == (2, [1, 2, 9])


def test_damage_in_the_middle_of_the_log_is_not_taken_for_a_crash(tmp_path: Path) -> None:
    hashes = random_hashes(4)
    store = IndexStore(tmp_path)
    store.apply((hashes[:2], ids(1, 2)), None, 1)
    store.apply((hashes[2:], ids(3, 4)), None, 2)
    (log,) = tmp_path.glob("*.log")
    content = bytearray(log.read_bytes())
    content[70] ^= 1
    log.write_bytes(content)
    with pytest.raises(IndexCorrupt, match="rebuild"):
        IndexStore(tmp_path).refresh()


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        *itertools.product(["MANIFEST", "*.segment", "*.dead"], ["missing", "cut", "changed"]),
        ("*.log", "missing"),
        ("*.log", "changed"),
    ],
)
def test_a_damaged_folder_says_so_and_can_be_rebuilt(tmp_path: Path, small_bulks: None, kind: str, damage: str) -> None:
    hashes = random_hashes(300)
    store = IndexStore(tmp_path)
    store.apply((hashes, np.arange(300)), None, 5)
    store.withdraw(ids(3))
    store.merge()
    store.withdraw(ids(4))
    store.add(random_hashes(1, 8), ids(1000))
    (path,) = tmp_path.glob(kind)
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
        if kind == "MANIFEST":
            path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[60] ^= 1
        path.write_bytes(content)
    broken = IndexStore(tmp_path)
    with pytest.raises(IndexCorrupt, match="database"):
        broken.refresh()
    broken.rebuild(hashes[:10], np.arange(10), 7)
    assert (found(broken, hashes), broken.position) == (list(range(10)), 7)
    assert found(store, hashes) == list(range(10))
    broken.verify()


def test_an_index_that_vanishes_under_its_users_is_reported(tmp_path: Path) -> None:
    store = IndexStore(tmp_path)
    store.refresh()
    (tmp_path / "MANIFEST").unlink()
    with pytest.raises(IndexCorrupt, match="missing"):
        store.search(random_hashes(1), 31)


def test_a_rebuild_takes_the_place_of_everything_at_once(tmp_path: Path, small_bulks: None) -> None:
    old, new = random_hashes(500, 1), random_hashes(500, 2)
    store, watcher = IndexStore(tmp_path), IndexStore(tmp_path)
    store.apply((old, np.arange(500)), None, 900)
    assert len(watcher) == 500
    store.rebuild(new, np.arange(500), 30)
    assert (found(watcher, old), found(watcher, new)) == ([], list(range(500)))
    assert watcher.position == 30
    store.rebuild(np.zeros((0, 32), np.uint8), ids(), 0)
    assert (len(watcher), watcher.position) == (0, 0)


def test_damaged_content_of_a_segment_is_found_by_verify(tmp_path: Path, small_bulks: None) -> None:
    store = IndexStore(tmp_path)
    store.add(random_hashes(300), np.arange(300))
    store.verify()
    (segment,) = tmp_path.glob("*.segment")
    with segment.open("r+b") as file:
        file.seek(5000)
        file.write(b"\x00\xff\x00")
    with pytest.raises(IndexCorrupt, match="checksum"):
        IndexStore(tmp_path).verify()


@contextmanager
def no_file_larger_than(limit: int) -> Iterator[None]:
    """What a full disk looks like to a writer, without filling one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_on_a_full_disk_the_index_stays_as_it_was_and_works_again_with_room(tmp_path: Path, small_bulks: None) -> None:
    hashes, more = random_hashes(300, 1), random_hashes(400, 2)
    store = IndexStore(tmp_path)
    store.apply((hashes[:100], np.arange(100)), None, 1)
    with no_file_larger_than(4096):
        for change in (
            lambda: store.apply((more[:150], np.arange(150)), None, 2),
            lambda: store.apply((more, np.arange(400)), None, 2),
            lambda: store.rebuild(more, np.arange(400), 2),
            store.merge,
        ):
            with pytest.raises(IndexDiskFull, match="not changed") as caught:
                change()
            assert caught.value.code == "index_disk_full"
    assert (store.position, found(store, hashes), found(store, more)) == (1, list(range(100)), [])
    assert found(IndexStore(tmp_path), hashes) == list(range(100))
    assert store.apply((more, np.arange(400)), None, 2)
    assert store.merge()
    assert found(store, more) == list(range(400))
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


@pytest.mark.parametrize("position", [-1, 2**63])
def test_an_impossible_position_is_refused(tmp_path: Path, position: int) -> None:
    with pytest.raises(InvalidFingerprints, match="position"):
        IndexStore(tmp_path).apply(None, ids(1), position)


def test_wrong_entries_are_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    store = IndexStore(tmp_path)
    store.add(random_hashes(1), ids(1))
    with pytest.raises(DuplicateIds):
        store.add(random_hashes(2), ids(5, 5))
    with pytest.raises(InvalidFingerprints):
        store.add(random_hashes(2)[:, :20], ids(5, 6))
    with pytest.raises(InvalidFingerprints):
        store.withdraw([1])  # type: ignore[arg-type]
    assert len(store) == 1


def test_an_id_may_be_named_twice_among_the_withdrawn(tmp_path: Path) -> None:
    store = IndexStore(tmp_path)
    store.add(random_hashes(1), ids(1))
    store.withdraw(ids(1, 1))
    assert len(store) == 0


def test_a_forked_process_goes_on_by_itself(tmp_path: Path) -> None:
    hashes = random_hashes(2)
    store = IndexStore(tmp_path)
    store.add(hashes[:1], ids(1))
    assert len(store) == 1
    child = os.fork()
    if child == 0:
        store.add(hashes[1:], ids(2))
        os._exit(0 if found(store, hashes) == [1, 2] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert found(store, hashes) == [1, 2]


def test_no_file_is_left_open(tmp_path: Path, small_bulks: None) -> None:
    gc.collect()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        store = IndexStore(tmp_path)
        store.add(random_hashes(250), np.arange(250))
        store.merge()
        store.close()
    del store
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_the_folder_of_another_kind_of_index_is_refused(tmp_path: Path) -> None:
    from orbweaver.index import ExactStore

    ExactStore(tmp_path)
    with pytest.raises(IndexCorrupt, match="digests"):
        IndexStore(tmp_path).refresh()


def test_what_was_warmed_makes_nothing_at_its_first_searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, hashes = IndexStore(tmp_path), random_hashes(50_000)
    store.rebuild(hashes, np.arange(50_000, dtype=np.int64), 0)
    made: list[int] = []
    sketch = batches.sketch_bands

    def counted(*given: object) -> None:
        made.append(1)
        sketch(*given)

    monkeypatch.setattr(batches, "sketch_bands", counted)
    store.warm(31, 50_001)
    assert made == [], "so few are searched without the kernels at first"
    store.warm(31, 50_000)
    store.warm(31, 50_000)
    assert made == [1]
    assert found(store, hashes[:200], 31) == list(range(200))
    assert made == [1], "the first search of many hashes would make the sketches while others wait"
    store.close()
