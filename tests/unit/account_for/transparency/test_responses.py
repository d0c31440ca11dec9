"""Each cell of the framework's chart gets the word that the written thresholds give it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.account_for.transparency.responses import AGE_CLASSES, CATEGORIES, CellCounts, Response, response_of
from orbweaver.account_for.transparency.rules import per_month, share


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        (CellCounts(), Response.UNKNOWN),
        (CellCounts(notified=9), Response.UNKNOWN),
        (CellCounts(notified=9, removed=5, open_long=4), Response.MOSTLY_REMOVED),
        (CellCounts(notified=9, removed=4, open_long=5), Response.UNLIKELY),
        (CellCounts(notified=8, removed=8, questioned=2), Response.OFTEN_QUESTIONED),
        (CellCounts(notified=9, removed=8, questioned=2), Response.MOSTLY_REMOVED),
        (CellCounts(notified=9, removed=1), Response.MOSTLY_REMOVED),
        (CellCounts(notified=5, removed=1), Response.MOSTLY_REMOVED),
        (CellCounts(notified=5, open_long=1), Response.UNLIKELY),
        (CellCounts(notified=4, removed=4), Response.UNKNOWN),
        (CellCounts(notified=4, removed=4, questioned=4), Response.UNKNOWN),
    ],
)
def test_the_word_follows_from_the_counts(cell: CellCounts, word: Response) -> None:
    assert response_of(cell) is word


def test_the_chart_has_18_cells() -> None:
    assert len(AGE_CLASSES) * len(CATEGORIES) * 2 == 18


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 50))
def test_another_removal_never_makes_it_unlikely(removed: int, open_long: int, more: int) -> None:
    before = response_of(CellCounts(removed + open_long, removed, open_long))
    after = response_of(CellCounts(removed + open_long + more, removed + more, open_long))
    if before is Response.MOSTLY_REMOVED:
        assert after is Response.MOSTLY_REMOVED


def test_a_share_of_nothing_is_none() -> None:
    assert share(0, 0) is None
    assert share(1, 4) == 0.25


@pytest.mark.parametrize(
    ("months", "mean"),
    [
        ({}, None),
        ({"2026-11": 5}, 5.0),
        ({"2026-10": 4, "2026-11": 8}, 6.0),
        ({"2026-09": 9}, 3.0),
        ({"2020-01": 99, "2026-11": 12}, 1.0),
        ({"2027-01": 9}, None),
    ],
)
def test_the_mean_of_a_month_counts_months_without_any(months: dict[str, int], mean: float | None) -> None:
    assert per_month(months, dt.date(2026, 11, 24)) == mean
