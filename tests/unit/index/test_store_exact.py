from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from orbweaver.index import DIGEST_BYTES, ExactStore, InvalidFingerprints, digests, living
from orbweaver.index.digests import DigestSegment

Digests = NDArray[np.uint8]


def random_digests(kind: str, count: int, seed: int = 1) -> Digests:
    return np.random.default_rng(seed).integers(0, 256, (count, DIGEST_BYTES[kind]), dtype=np.uint8)


def pairs(store: ExactStore, kind: str, wanted: Digests) -> list[tuple[int, int]]:
    result = store.lookup(kind, wanted)
    return list(zip(result.query_index.tolist(), result.ids.tolist(), strict=True))


@pytest.fixture
def small_bulks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(living, "BULK_ENTRIES", 200)


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize("count", [5, 500])
def test_equal_digests_are_found_and_only_they(tmp_path: Path, small_bulks: None, kind: str, count: int) -> None:
    entries = random_digests(kind, count)
    store, watcher = ExactStore(tmp_path), ExactStore(tmp_path)
    store.add(kind, entries, np.arange(count) * 7)
    almost = entries.copy()
    almost[:, -1] ^= 1
    for _ in range(2):
        assert pairs(watcher, kind, entries) == [(row, row * 7) for row in range(count)]
        assert pairs(watcher, kind, almost) == []
        assert pairs(watcher, kind, entries[:0]) == []
        store.merge()
    store.withdraw(np.array([7]))
    assert pairs(watcher, kind, entries[:3]) == [(0, 0), (2, 14)]


def test_several_entries_may_have_one_digest(tmp_path: Path, small_bulks: None) -> None:
    store = ExactStore(tmp_path)
    entries = np.repeat(random_digests("sha1", 2), 150, axis=0)
    store.add("sha1", entries, np.arange(300))
    store.add("sha1", entries[:3], np.arange(300, 303))
    assert pairs(store, "sha1", entries[:1]) == [(0, each) for each in [*range(150), 300, 301, 302]]


def test_one_id_may_have_a_digest_of_each_kind_and_is_withdrawn_from_all(tmp_path: Path) -> None:
    store = ExactStore(tmp_path)
    kinds = list(DIGEST_BYTES)
    assert store.apply({kind: (random_digests(kind, 2), np.array([1, 2])) for kind in kinds}, None, 4)
    assert [pairs(store, kind, random_digests(kind, 2)) for kind in kinds] == [[(0, 1), (1, 2)]] * 3
    store.add("md5", random_digests("md5", 1, 9), np.array([1]))
    assert pairs(store, "md5", random_digests("md5", 2)) == [(1, 2)]
    assert pairs(store, "sha1", random_digests("sha1", 2)) == [(0, 1), (1, 2)]
    store.withdraw(np.array([1]))
    assert [pairs(store, kind, random_digests(kind, 2)) for kind in kinds] == [[(1, 2)]] * 3
    assert (len(store), store.position) == (3, 4)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_digests_that_share_their_beginning_are_told_apart(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Few different bytes at the beginning and at the end, so that many candidates agree in the first eight."""
    short = st.lists(st.sampled_from([b"\x00", b"\xff"]), min_size=2, max_size=2).map(b"".join)
    digest = st.builds(lambda head, tail: head.rjust(8, b"\x80") + tail.rjust(8, b"\x01"), short, short)
    entries = data.draw(st.lists(digest, min_size=1, max_size=60))
    wanted = data.draw(st.lists(digest, min_size=1, max_size=20))
    path = tmp_path_factory.mktemp("digests") / "segment"
    table = np.array([list(each) for each in entries], dtype=np.uint8)
    segment = DigestSegment.build(path, table, np.arange(len(entries))[::-1].copy())
    query, rows = segment.find(np.array([list(each) for each in wanted], dtype=np.uint8))
    found = sorted(zip(query.tolist(), segment.ids_of(rows).tolist(), strict=True))
    last = len(entries) - 1
    assert found == sorted((q, last - e) for q, w in enumerate(wanted) for e, each in enumerate(entries) if each == w)
    assert np.array_equal(segment.values_of(segment.rows_of(np.arange(len(entries)))), table[::-1])


def test_looking_up_in_blocks_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = np.repeat(random_digests("md5", 10), 10, axis=0)
    segment = DigestSegment.build(tmp_path / "segment", entries, np.arange(100))
    plain = segment.find(entries)
    monkeypatch.setattr(digests, "BLOCK_PAIRS", 7)
    parted = segment.find(entries)
    assert len(plain[0]) == 1000
    assert all(np.array_equal(one, other) for one, other in zip(plain, parted, strict=True))


def test_ids_are_found_again_in_any_order_and_others_are_not(tmp_path: Path) -> None:
    numbers = np.random.default_rng(3).permutation(5000)[:2000] - 1000
    segment = DigestSegment.build(tmp_path / "segment", random_digests("sha256", 2000), numbers)
    wanted = np.arange(-3000, 6000)
    assert sorted(segment.ids_of(segment.rows_of(wanted)).tolist()) == sorted(numbers.tolist())


def test_a_rebuild_takes_the_place_of_every_kind(tmp_path: Path) -> None:
    store = ExactStore(tmp_path)
    store.add("md5", random_digests("md5", 3), np.arange(3))
    store.rebuild({"sha256": (random_digests("sha256", 2), np.arange(2))}, 8)
    assert pairs(store, "md5", random_digests("md5", 3)) == []
    assert pairs(store, "sha256", random_digests("sha256", 2)) == [(0, 0), (1, 1)]
    assert (len(store), store.position) == (2, 8)


def test_an_unknown_kind_or_a_wrong_width_is_refused(tmp_path: Path) -> None:
    store = ExactStore(tmp_path)
    with pytest.raises(InvalidFingerprints, match="there are md5, sha1, sha256"):
        store.lookup("crc32", random_digests("md5", 1))
    with pytest.raises(InvalidFingerprints, match="16"):
        store.lookup("md5", random_digests("sha1", 1))
    with pytest.raises(InvalidFingerprints, match="20"):
        store.add("sha1", random_digests("md5", 1), np.array([1]))
