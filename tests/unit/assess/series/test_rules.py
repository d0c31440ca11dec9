"""Names, sources and what can move: pure decisions about series."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.series.rules import are_ages, is_police_source, merged_age, movable, normal_name

POLICE = ("NCMEC", "Interpol", "ICSE")


def test_the_same_name_written_otherwise_is_the_same_series() -> None:
    assert normal_name("  Series\u00a0 ７ ") == normal_name("series 7")


@pytest.mark.parametrize(
    ("source", "known"), [("NCMEC", True), ("Interpol / ICSE 2024", True), ("Other hotline", False), ("ncmecs", False)]
)
def test_only_the_sources_of_police_make_a_series_known(source: str, known: bool) -> None:
    assert is_police_source(source, POLICE) is known


@pytest.mark.parametrize(
    ("low", "high", "right"),
    [
        (None, None, True),
        (3, 5, True),
        (17, 30, True),
        (5, 3, False),
        (-1, 4, False),
        (18, 19, False),
        (3, None, False),
    ],
)
def test_ages_are_a_range_that_begins_under_18(low: int | None, high: int | None, right: bool) -> None:
    assert are_ages(low, high) is right


def test_the_widest_range_counts_and_nobody_gives_none() -> None:
    assert merged_age([(None, None), (4, 6), (3, 5)]) == (3, 6)
    assert merged_age([(None, None)]) is None


@given(st.dictionaries(st.integers(1, 50), st.integers(1, 20)), st.sets(st.integers(1, 20)))
def test_what_is_there_already_stays_and_all_else_moves(rows: dict[int, int], there: set[int]) -> None:
    moving = set(movable(rows.items(), there))
    assert all(rows[link] not in there for link in moving)
    assert all(rows[link] in there for link in rows.keys() - moving)
