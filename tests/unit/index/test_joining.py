"""A join finds every pair within the radius, none beyond it, each once: like comparing each with each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from orbweaver.index import joining, searching
from orbweaver.index.bruteforce import scan_numpy
from orbweaver.index.joining import RADIUS, Join

RNG = np.random.default_rng(11)


def words(count: int) -> NDArray[np.uint64]:
    return RNG.integers(0, 2**64, (count, 4), dtype=np.uint64)


def wrong(bits: list[int]) -> NDArray[np.uint64]:
    """A mask of these bits, uint64[4]."""
    mask = np.zeros(256, np.uint8)
    mask[bits] = 1
    return np.packbits(mask, bitorder="little").view(np.uint64)


def pairs(found: joining.Found) -> list[tuple[int, int, int]]:
    row, entry, distance = (column.tolist() for column in found)
    return sorted(zip(row, entry, distance, strict=True))


def compared(hashes: NDArray[np.uint64], rows: NDArray[np.uint64], radius: int) -> list[tuple[int, int, int]]:
    return pairs(scan_numpy(hashes, rows, radius))


@given(st.lists(st.lists(st.integers(0, 255), unique=True, max_size=36), min_size=1, max_size=20), st.integers(0, 31))
@settings(deadline=None)
def test_wherever_the_wrong_bits_lie_a_pair_is_found_within_the_radius_and_only_there(
    mistakes: list[list[int]], radius: int
) -> None:
    hashes = words(40)
    rows = np.stack([hashes[number] ^ wrong(bits) for number, bits in enumerate(mistakes)])
    assert pairs(Join(hashes).find(rows, radius)) == compared(hashes, rows, radius)


def test_31_bits_spread_as_badly_as_can_be_are_found() -> None:
    """Four wrong bits in each part but one, which has three: two in one half, one in the other."""
    bits = [32 * part + each for part in range(7) for each in (0, 1, 16, 17)] + [224, 225, 240]
    assert len(bits) == RADIUS
    hashes = words(3)
    assert pairs(Join(hashes).find(hashes[1:2] ^ wrong(bits), RADIUS)) == [(0, 1, 31)]


@pytest.mark.parametrize("spread", [0, 8, 40])
def test_hashes_that_crowd_are_found_each_once(spread: int) -> None:
    hashes = np.repeat(words(1), 400, axis=0)
    hashes[:, 3] ^= RNG.integers(0, 2**spread, 400, dtype=np.uint64)
    rows = np.concatenate([hashes[:30], words(30)])
    assert pairs(Join(hashes).find(rows, RADIUS)) == compared(hashes, rows, RADIUS)


def test_hashes_of_many_tables_and_rows_of_many_chunks_keep_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "GROUP", 70)
    monkeypatch.setattr(searching, "CAPACITY", 3)
    hashes = words(300)
    rows = np.concatenate([words(joining.CHUNK), hashes ^ wrong([3, 77, 200])])
    found = pairs(Join(hashes).find(rows, 3))
    assert found == [(joining.CHUNK + number, number, 3) for number in range(300)]


def test_no_hashes_or_no_rows_find_nothing() -> None:
    assert pairs(Join(words(0)).find(words(5), 31)) == []
    assert pairs(Join(words(5)).find(words(0), 31)) == []


def test_a_wider_radius_is_refused() -> None:
    with pytest.raises(ValueError, match="31"):
        Join(words(1)).find(words(1), 32)
