"""Kaplan and Meier's estimate against published figures, and its laws."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.conduct.survival import at, grid, grid_s, kaplan_meier, time_until

# Remission of leukaemia under 6-MP, in weeks (Freireich et al. 1963; in Kalbfleisch and Prentice, 1980).
RELAPSES = Counter({6.0: 3, 7.0: 1, 10.0: 1, 13.0: 1, 16.0: 1, 22.0: 1, 23.0: 1})
CENSORED = Counter([6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0])


def test_the_published_example_comes_out_to_the_last_digit() -> None:
    steps = kaplan_meier(RELAPSES, CENSORED)
    assert [(step.at_s, step.at_risk, step.removed) for step in steps] == [
        (6, 21, 3), (7, 17, 1), (10, 15, 1), (13, 12, 1), (16, 11, 1), (22, 7, 1), (23, 6, 1), (35, 1, 0),
    ]  # fmt: skip
    assert [round(step.share, 4) for step in steps] == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482, 0.4482]
    errors = [round(step.standard_error, 4) for step in steps]
    assert errors == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346, 0.1346]
    assert (round(steps[0].low, 3), round(steps[0].high, 3)) == (0.620, 0.952)
    assert (round(steps[1].low, 3), round(steps[1].high, 3)) == (0.563, 0.923)
    assert time_until(steps, 0.5) == 23
    assert time_until(steps, 0.9) is None


def test_without_censoring_it_is_the_plain_share() -> None:
    steps = kaplan_meier({1.0: 1, 2.0: 2, 3.0: 1}, {})
    assert [step.share for step in steps] == [0.75, 0.25, 0.0]
    assert steps[-1].standard_error == 0.0


def test_with_nothing_removed_there_are_no_steps() -> None:
    assert kaplan_meier({}, {5.0: 3}) == []
    assert time_until([], 0.5) is None
    assert at([], 9.0) is None


TIMES = st.dictionaries(st.floats(1, 1e8), st.integers(1, 50), max_size=20)


@given(TIMES, TIMES)
def test_the_curve_only_falls_and_its_interval_holds_it(removed: dict[float, int], there: dict[float, int]) -> None:
    last = 1.0
    for step in kaplan_meier(removed, there):
        assert 0 <= step.share <= last
        assert 0 <= step.low <= step.share <= step.high <= 1
        last = step.share


@given(TIMES, TIMES)
def test_what_is_still_there_never_makes_removal_look_faster(
    removed: dict[float, int], there: dict[float, int]
) -> None:
    with_open, without = kaplan_meier(removed, there), kaplan_meier(removed, {})
    for step, other in zip([step for step in with_open if step.removed], without, strict=True):
        assert step.share >= other.share - 1e-9


@given(st.floats(1, 1e9))
def test_the_grid_is_right_within_2_2_percent(seconds: float) -> None:
    assert abs(math.log2(grid_s(grid(seconds)) / seconds)) <= 1 / 32


@pytest.mark.parametrize(("seconds", "share"), [(5, None), (6, 0.8571), (9, 0.8067), (35, 0.4482), (36, None)])
def test_the_estimate_at_a_time_is_that_of_the_last_step(seconds: float, share: float | None) -> None:
    step = at(kaplan_meier(RELAPSES, CENSORED), seconds)
    assert (round(step.share, 4) if step else None) == share


def test_42_days_are_not_said_where_nothing_was_followed_for_so_long() -> None:
    day = 86400.0
    young = kaplan_meier({day: 30}, {14 * day: 20})
    assert young[-1].at_s == 14 * day
    assert at(young, 42 * day) is None
    old = at(kaplan_meier({day: 30}, {14 * day: 10, 43 * day: 10}), 42 * day)
    assert old is not None
    assert old.share == pytest.approx(0.4)


def test_when_all_is_removed_nothing_is_left_at_any_later_time() -> None:
    step = at(kaplan_meier({1.0: 4}, {}), 99.0)
    assert step is not None
    assert step.share == 0.0
