from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from orbweaver.index import DuplicateIds, HammingIndex, IndexCorrupt, InvalidFingerprints, searching
from orbweaver.index.bands import FEW_ENTRIES
from orbweaver.index.bruteforce import scan_numpy
from orbweaver.index.checks import as_words

Hashes = NDArray[np.uint8]
MANY = 40_000
"""More than are compared one by one, so that the compiled search is what is tested."""


def random_hashes(count: int, seed: int = 1) -> Hashes:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def with_bits_flipped(hashes: Hashes, counts: NDArray[np.int64], seed: int = 2) -> Hashes:
    """A copy of each hash with exactly so many bits wrong."""
    rng = np.random.default_rng(seed)
    bits = np.unpackbits(hashes, axis=1)
    for row, count in enumerate(counts):
        bits[row, rng.choice(256, count, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def triples(index: HammingIndex, queries: Hashes, radius: int, threads: int | None = 1) -> list[tuple[int, int, int]]:
    result = index.search(queries, radius, threads=threads)
    return list(zip(result.query_index.tolist(), result.ids.tolist(), result.distances.tolist(), strict=True))


def expected(hashes: Hashes, ids: NDArray[np.int64], queries: Hashes, radius: int) -> list[tuple[int, int, int]]:
    query, row, distance = scan_numpy(as_words(hashes), as_words(queries), radius)
    return sorted(
        zip(query.tolist(), ids[row].tolist(), distance.tolist(), strict=True),
        key=lambda each: (each[0], each[2], each[1]),
    )


@pytest.fixture(scope="module")
def many() -> Hashes:
    return random_hashes(MANY)


@pytest.fixture(scope="module")
def large(many: Hashes, tmp_path_factory: pytest.TempPathFactory) -> HammingIndex:
    return HammingIndex.build(tmp_path_factory.mktemp("index") / "large", many, np.arange(MANY) * 3 - 500)


@pytest.fixture(params=[1, 10**9], ids=["together", "one-by-one"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries go through the bands together, or each by itself, whatever their number."""
    monkeypatch.setattr(searching, "MANY_QUERIES", request.param)


@pytest.mark.parametrize("count", [0, 1, 5, 2_047, 2_048, 5_000])
def test_small_indexes_find_what_comparing_everything_finds(tmp_path: Path, count: int) -> None:
    hashes = random_hashes(count)
    ids = np.random.default_rng(3).permutation(10 * count + 1)[:count]
    queries = np.concatenate([with_bits_flipped(hashes[:40], np.arange(min(40, count))), random_hashes(5, 9)])
    index = HammingIndex.build(tmp_path / "index", hashes, ids)
    assert len(index) == count
    for radius in (0, 31, 110, 256):
        assert triples(index, queries, radius) == expected(hashes, ids, queries, radius)


@pytest.mark.sampled(20)
@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("distance", range(33))
def test_planted_neighbours_are_found_up_to_the_radius_and_not_beyond(
    large: HammingIndex, many: Hashes, distance: int
) -> None:
    rows = np.random.default_rng(distance).integers(0, MANY, 50)
    queries = with_bits_flipped(many[rows], np.full(50, distance), seed=distance)
    found = triples(large, queries, 31)
    planted = [(query, int(row) * 3 - 500, distance) for query, row in enumerate(rows)]
    assert found == (planted if distance <= 31 else [])


@pytest.mark.sampled(6)
@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("radius", [0, 3, 15, 31, 32, 47, 63, 80, 101, 256])
def test_any_radius_is_exact(large: HammingIndex, many: Hashes, radius: int) -> None:
    queries = with_bits_flipped(many[:12], np.arange(12) * radius // 11)
    assert triples(large, queries, radius) == expected(many, np.arange(MANY) * 3 - 500, queries, radius)


@pytest.mark.sampled(1)
@pytest.mark.usefixtures("_both_ways")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    shared_bands=st.integers(0, 16),
    spread=st.integers(0, 200),
    radius=st.integers(0, 90),
    count=st.sampled_from([3_000, 22_000]),
)
def test_crowded_bands_do_not_cost_exactness(
    tmp_path: Path, seed: int, shared_bands: int, spread: int, radius: int, count: int
) -> None:
    hashes, queries = crowd(seed, count, shared_bands, spread)
    index = HammingIndex.build(tmp_path / "index", hashes, np.arange(count))
    assert triples(index, queries, radius) == expected(hashes, np.arange(count), queries, radius)


@pytest.mark.sampled(2)
@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize(("shared_bands", "spread"), [(12, 200), (4, 200), (0, 40), (0, 70)])
def test_crowded_bands_of_a_large_index_do_not_cost_exactness(tmp_path: Path, shared_bands: int, spread: int) -> None:
    hashes, queries = crowd(7, FEW_ENTRIES, shared_bands, spread)
    index = HammingIndex.build(tmp_path / "index", hashes, np.arange(FEW_ENTRIES))
    assert triples(index, queries, 31) == expected(hashes, np.arange(FEW_ENTRIES), queries, 31)


def test_many_queries_find_the_same_with_little_room_for_results(
    large: HammingIndex, many: Hashes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernels stop for lack of room, in the middle of a band, and go on with more; chunk after chunk of queries."""
    monkeypatch.setattr(searching, "CAPACITY", 3)
    queries = with_bits_flipped(many[:4_200], np.arange(4_200) % 40)
    wanted = [(query, query * 3 - 500, query % 40) for query in range(4_200) if query % 40 <= 31]
    assert triples(large, queries, 31) == wanted
    assert triples(large, queries, 31, threads=2) == wanted


def crowd(seed: int, count: int, shared_bands: int, spread: int) -> tuple[Hashes, Hashes]:
    """Clusters around one centre, whole bands alike: what flat pictures, banners and hostile lists look like."""
    rng = np.random.default_rng(seed)
    centre = rng.integers(0, 256, 32, dtype=np.uint8)
    hashes = np.packbits(rng.random((count, 256)) < spread / 400, axis=1) ^ centre
    hashes[:, : 2 * shared_bands] = centre[: 2 * shared_bands]
    near = with_bits_flipped(hashes[:4], rng.integers(0, 40, 4))
    return hashes, np.concatenate([centre[None], near, hashes[5:7]])


def test_a_plan_of_its_own_for_every_query_finds_the_same(
    large: HammingIndex, many: Hashes, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = with_bits_flipped(many[:100], np.arange(100) % 45)
    plain = [triples(large, queries, radius) for radius in (0, 20, 31, 44)]
    monkeypatch.setattr(searching, "HEAVY_TIMES", 0)
    monkeypatch.setattr(searching, "HEAVY_LEAST", 0)
    assert [triples(large, queries, radius) for radius in (0, 20, 31, 44)] == plain


def test_many_results_for_one_query_are_all_given(tmp_path: Path) -> None:
    hashes = np.repeat(random_hashes(1), 30_000, axis=0)
    index = HammingIndex.build(tmp_path / "index", hashes, np.arange(30_000))
    result = index.search(hashes[:2], 31, threads=1)
    assert result.ids.tolist() == [*range(30_000), *range(30_000)]


def test_threads_find_the_same(large: HammingIndex, many: Hashes) -> None:
    queries = with_bits_flipped(many[:300], np.arange(300) % 32)
    assert triples(large, queries, 31, threads=3) == triples(large, queries, 31, threads=1)
    assert len(triples(large, queries, 31, threads=None)) == 300


def test_no_queries_give_no_results(large: HammingIndex) -> None:
    assert triples(large, np.zeros((0, 32), np.uint8), 31) == []


def test_an_index_opens_again_from_its_file(tmp_path: Path, many: Hashes) -> None:
    HammingIndex.build(tmp_path / "index", many[:3000], np.arange(3000) + 2**40)
    again = HammingIndex.open(str(tmp_path / "index"))
    again.verify()
    assert triples(again, many[7:8], 31) == [(0, 2**40 + 7, 0)]


def test_ids_may_span_all_of_int64(tmp_path: Path) -> None:
    ids = np.array([-(2**63), 2**63 - 1, 5])
    index = HammingIndex.build(tmp_path / "index", random_hashes(3), ids)
    assert triples(index, random_hashes(3), 0) == [(0, -(2**63), 0), (1, 2**63 - 1, 0), (2, 5, 0)]
    assert index.rows_of(ids).tolist() == [0, 2, 1]


def test_an_entry_costs_at_most_130_bytes(large: HammingIndex) -> None:
    assert large.nbytes / len(large) <= 130


@pytest.mark.parametrize(
    ("hashes", "ids"),
    [
        (np.zeros((2, 31), np.uint8), np.arange(2)),
        (np.zeros(32, np.uint8), np.arange(1)),
        (np.zeros((2, 32), np.int8), np.arange(2)),
        ([[0] * 32], np.arange(1)),
        (np.zeros((2, 32), np.uint8), np.arange(3)),
        (np.zeros((2, 32), np.uint8), np.arange(2, dtype=np.uint64)),
        (np.zeros((2, 32), np.uint8), np.arange(2.0)),
        (np.zeros((2, 32), np.uint8), np.arange(2)[:, None]),
        (np.zeros((2, 32), np.uint8), [1, 2]),
    ],
)
def test_wrong_types_and_shapes_are_refused_before_anything_is_written(
    tmp_path: Path, hashes: Hashes, ids: NDArray[np.int64]
) -> None:
    with pytest.raises(InvalidFingerprints, match="Nothing was changed"):
        HammingIndex.build(tmp_path / "index", hashes, ids)
    assert list(tmp_path.iterdir()) == []


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DuplicateIds, match="twice"):
        HammingIndex.build(tmp_path / "index", random_hashes(3), np.array([4, 9, 4]))


@pytest.mark.parametrize("radius", [-1, 257, 3.0, True, None, "31"])
def test_a_radius_that_is_no_number_of_bits_is_refused(large: HammingIndex, radius: int) -> None:
    with pytest.raises(InvalidFingerprints, match="radius"):
        large.search(random_hashes(1), radius)


def test_queries_of_the_wrong_length_are_refused(large: HammingIndex) -> None:
    with pytest.raises(InvalidFingerprints, match="queries"):
        large.search(np.zeros((1, 16), np.uint8), 31)


def test_a_cut_file_says_that_the_index_can_be_rebuilt(tmp_path: Path) -> None:
    path = tmp_path / "index"
    HammingIndex.build(path, random_hashes(5000), np.arange(5000))
    whole = path.read_bytes()
    for length in (0, 100, 4096, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(IndexCorrupt, match=r"rebuild the index from it") as caught:
            HammingIndex.open(path)
        assert caught.value.code == "index_corrupt"


def test_a_damaged_header_is_noticed_at_once_and_damaged_content_by_verify(tmp_path: Path) -> None:
    path = tmp_path / "index"
    HammingIndex.build(path, random_hashes(5000), np.arange(5000))
    whole = bytearray(path.read_bytes())
    whole[60] ^= 1
    path.write_bytes(whole)
    with pytest.raises(IndexCorrupt, match="header"):
        HammingIndex.open(path)
    whole[60] ^= 1
    header = json.loads(whole[16 : 16 + int.from_bytes(whole[8:12], "little")])
    assert len(header["sections"]) == 4
    for place in [section["offset"] + 77 for section in header["sections"].values()]:
        whole[place] ^= 64
        path.write_bytes(whole)
        damaged = HammingIndex.open(path)
        with pytest.raises(IndexCorrupt, match="checksum"):
            damaged.verify()
        whole[place] ^= 64


def test_damaged_bands_give_wrong_rows_at_worst_never_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "index"
    hashes = random_hashes(30_000)
    HammingIndex.build(path, hashes, np.arange(30_000))
    whole = np.fromfile(path, dtype=np.uint8)
    whole[4096 + 30_000 * 36 :] = np.random.default_rng(5).integers(0, 256, len(whole) - 4096 - 30_000 * 36)
    whole.tofile(path)
    result = HammingIndex.open(path).search(hashes[:50], 31, threads=1)
    assert set(result.ids.tolist()) <= set(range(30_000))


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HammingIndex.open(tmp_path / "nothing")


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("entries", "most"), [(3_000, "SMALL_PAIRS"), (30_000, "FEW_PAIRS")])
def test_small_searches_do_not_load_the_compiler_and_many_of_them_do(tmp_path: Path, entries: int, most: str) -> None:
    HammingIndex.build(tmp_path / "index", random_hashes(entries), np.arange(entries))
    program = (
        "import sys, numpy as np; from orbweaver.index import HammingIndex, searching\n"
        "index = HammingIndex.open(sys.argv[1]); queries = np.zeros((100, 32), np.uint8)\n"
        "index.search(queries, 120); few = 'numba' in sys.modules\n"
        f"searching.{most} = 500_000; index.search(queries, 31); print(few, 'numba' in sys.modules)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program, str(tmp_path / "index")], capture_output=True, check=True)
    assert answer.stdout.split() == [b"False", b"True"]
