"""Look-alikes are found by words of their hash, and none is missed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.review.likeness import distance, same_shape
from orbweaver.fingerprints.words import MAX_RADIUS, probes, words_of

hashes = st.binary(min_size=32, max_size=32)


def flipped(value: bytes, bits: list[int]) -> bytes:
    number = int.from_bytes(value, "big")
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(32, "big")


@given(hashes, st.lists(st.integers(0, 255), max_size=MAX_RADIUS, unique=True))
def test_whatever_lies_within_the_radius_shares_a_word_with_the_probes(value: bytes, bits: list[int]) -> None:
    other = flipped(value, bits)
    assert set(probes([value], len(bits))) & set(words_of(other))
    assert distance([value], other) == len(bits)


def test_among_a_hundred_thousand_hashes_few_are_compared() -> None:
    rng = random.Random(5)
    held: dict[int, int] = {}
    for _ in range(100_000):
        for word in words_of(rng.randbytes(32)):
            held[word] = held.get(word, 0) + 1
    compared = sum(held.get(word, 0) for word in probes([rng.randbytes(32) for _ in range(8)], 10))
    assert compared < 1_000


def test_the_nearest_turn_counts() -> None:
    upright, turned = bytes(32), bytes([255] * 32)
    assert distance([upright, turned], flipped(turned, [3, 9])) == 2


def test_a_radius_that_words_cannot_search_is_refused() -> None:
    with pytest.raises(ValueError, match="31"):
        probes([bytes(32)], 32)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((640, 480), (320, 240), True),
        ((640, 480), (480, 640), True),
        ((641, 480), (161, 120), True),
        ((640, 480), (480, 480), False),
        ((640, 480), (None, None), False),
    ],
)
def test_a_crop_has_other_proportions(
    one: tuple[int | None, int | None], other: tuple[int | None, int | None], same: bool
) -> None:
    assert same_shape(one, other) is same
