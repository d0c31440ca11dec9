"""Enough shares give the secret back, whichever they are; fewer, or shares that were mistyped, do not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.evidence.shares import joined, read_share, split
from orbweaver.errors import InvalidInput


@given(st.binary(min_size=1, max_size=40), st.integers(2, 6), st.integers(0, 4), st.randoms())
def test_any_of_them_that_are_enough_give_the_secret_back(
    secret: bytes, needed: int, more: int, chance: object
) -> None:
    shares = split(secret, needed + more, needed)
    chosen = chance.sample(shares, needed)  # type: ignore[attr-defined]
    assert joined([read_share(f" {each.written()} ") for each in chosen]) == secret


def test_fewer_tell_nothing_of_it() -> None:
    """With one share less each byte may be any: one further share can be made up for each of its values."""
    shares = split(b"s", 3, 3)[:2]
    made_up = {joined([*shares, type(shares[0])(shares[0].of, 3, 9, bytes([value]))]) for value in range(256)}
    assert len(made_up) == 256


def test_too_few_mixed_and_mistyped_ones_are_refused() -> None:
    ours, others = split(b"secret", 5, 3), split(b"secret", 5, 3)
    for wrong in (ours[:2], [ours[0], ours[0], ours[0]], [*ours[:2], others[2]], []):
        with pytest.raises(InvalidInput):
            joined(wrong)
    written = ours[0].written()
    for at, letter in itertools.product(range(0, len(written), 7), "0f-"):
        mistyped = written[:at] + letter + written[at + 1 :]
        if mistyped != written:
            with pytest.raises(InvalidInput):
                read_share(mistyped)
    for shares, needed in ((1, 1), (3, 4), (21, 3), (3, 1)):
        with pytest.raises(InvalidInput):
            split(b"secret", shares, needed)
