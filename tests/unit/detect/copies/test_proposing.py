from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from orbweaver.detect.copies import kernels, proposing
from orbweaver.detect.copies.points import Points
from orbweaver.detect.copies.proposing import Proposer
from orbweaver.detect.copies.references import joined

REFERENCES = 60
EACH = 100


def points(rng: np.random.Generator, count: int) -> Points:
    return Points(
        rng.random((count, 2), np.float32),
        np.full(count, 0.1, np.float32),
        np.zeros(count, np.float32),
        rng.integers(0, 256, (count, 32), dtype=np.uint8),
    )


def first(each: Points, count: int) -> Points:
    return Points(each.positions[:count], each.sizes[:count], each.angles[:count], each.bits[:count])


def both(one: Points, other: Points) -> Points:
    return joined([one, other])


@pytest.fixture
def held() -> list[Points]:
    rng = np.random.default_rng(1)
    return [points(rng, EACH) for _ in range(REFERENCES)]


def test_some_points_of_a_reference_among_others_propose_it(held: list[Points]) -> None:
    query = both(first(held[7], 12), points(np.random.default_rng(2), 300))
    proposer = Proposer(held)
    assert proposer.propose(query, 3)[0] == 7
    assert proposer.propose(first(held[9], 12), 3)[0] == 9  # nothing is left of the query before


def test_a_point_that_a_reference_repeats_counts_once(held: list[Points]) -> None:
    repeated = held[3]._replace(bits=np.repeat(held[3].bits[:1], EACH, axis=0))
    proposer = Proposer([*held[:3], repeated, *held[4:]])
    query = both(first(repeated, 1), first(held[7], 12))
    assert proposer.propose(query, 1) == [7]


def test_points_that_are_not_turned_and_grown_alike_do_not_add_up(held: list[Points]) -> None:
    tangled = first(held[3], 16)._replace(
        angles=np.arange(16, dtype=np.float32) * 22.5,
        sizes=(0.03 * 1.2 ** (np.arange(16) % 8)).astype(np.float32),
    )
    query = both(tangled, first(held[7], 8))
    assert Proposer(held).propose(query, 1) == [7]


def test_room_is_made_for_many_votes(held: list[Points], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "ROOM", 4)
    monkeypatch.setattr(proposing, "CLOSER", 3)
    assert Proposer(held).propose(first(held[7], 60), 1) == [7]


def test_nothing_is_proposed_of_nothing(held: list[Points]) -> None:
    assert Proposer([]).propose(held[0], 3) == []
    assert Proposer(held).propose(first(held[0], 0), 3) == []


def test_an_inverted_file_that_is_made_in_parts_is_the_same(
    held: list[Points], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = both(first(held[7], 12), points(np.random.default_rng(2), 300))
    whole = Proposer(held).propose(query, 20)
    monkeypatch.setattr(proposing, "AT_ONCE", 7)
    assert Proposer(held).propose(query, 20) == whole


def test_a_vocabulary_is_drawn_from_some_of_many(held: list[Points], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "SAMPLE", 5 * EACH)
    query = both(first(held[7], 12), points(np.random.default_rng(2), 300))
    assert Proposer(held).propose(query, 3)[0] == 7


@pytest.mark.parametrize("room", [1, 40, 500])
def test_the_strongest_are_looked_at_closer_and_nothing_is_left_of_their_votes(room: int) -> None:
    rng = np.random.default_rng(3)
    totals = rng.random(300, np.float32)
    totals[::3] = 0.0
    who = rng.permutation(np.repeat(np.flatnonzero(totals), 2)).astype(np.uint32)
    strongest = np.sort(np.argsort(-totals)[: min(room, 200)])
    chosen = np.empty(room, np.int64)
    found = kernels.strongest(who, len(who), totals, np.zeros(1 << 16, np.int64), chosen)
    assert np.sort(chosen[:found]).tolist() == strongest.tolist()
    assert not totals.any()
    assert kernels.strongest(who, len(who), totals, np.zeros(8, np.int64), chosen) == 0


def seconds(work: Callable[[], None]) -> float:
    """The least processor time of three tries."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def test_looking_for_words_takes_hardly_longer_than_comparing_with_them() -> None:
    """With a view of an array made for each word it took thirty times as long, and a million could not be held."""
    rng = np.random.default_rng(4)
    roots, leaves = (rng.integers(0, 2**63, (4, count), np.uint64) for count in (64, 64 * 256))
    bits = rng.integers(0, 2**63, (300, 4), np.uint64)
    words, off = np.empty((300, 6), np.int64), np.empty(64 * 256, np.int64)

    def look() -> None:
        kernels.words_of(bits, roots, leaves, np.arange(65) * 256, 6, words)

    def compare() -> None:
        for row in bits[:16]:  # as many comparisons: three roots' leaves are a twenty-first of all
            kernels.distances(row, leaves, 0, leaves.shape[1], off)

    assert seconds(look) < 10 * seconds(compare)
