from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.review.pacing import Limits, Spell, pace, worked_on

MORNING = dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)
LIMITS = Limits(
    looks_a_day=200, time_a_day=dt.timedelta(hours=4), work=dt.timedelta(minutes=50), pause=dt.timedelta(minutes=10)
)


def at(minutes: float) -> dt.datetime:
    return MORNING + dt.timedelta(minutes=minutes)


def spell(first: float, last: float) -> Spell:
    return Spell(at(first), at(last))


def test_who_has_not_worked_today_has_everything_left() -> None:
    standing = pace([], 0, LIMITS, MORNING)
    assert (standing.looks_left, standing.time_left, standing.break_in) == (200, dt.timedelta(hours=4), LIMITS.work)
    assert standing.break_until is None


def test_after_fifty_minutes_a_break_of_ten_is_due_and_then_work_goes_on() -> None:
    spells = [spell(0, 50)]
    assert pace(spells, 0, LIMITS, at(51)).break_until == at(60)
    assert pace(spells, 0, LIMITS, at(60)).break_until is None
    assert pace(spells, 0, LIMITS, at(60)).break_in == LIMITS.work


def test_a_pause_shorter_than_a_break_is_none_and_one_as_long_is() -> None:
    assert pace([spell(0, 30), spell(35, 56)], 0, LIMITS, at(57)).break_until == at(66)
    assert pace([spell(0, 30), spell(40, 61)], 0, LIMITS, at(62)).break_until is None


def test_four_hours_are_enough_for_a_day_and_yesterdays_do_not_count() -> None:
    spells = [spell(60 * hour, 60 * hour + 48) for hour in range(5)]
    assert pace(spells, 0, LIMITS, at(300)).time_is_spent
    assert not pace(spells, 0, LIMITS, at(24 * 60)).time_is_spent


def test_work_over_midnight_counts_for_each_day_by_itself() -> None:
    late = [Spell(dt.datetime(2026, 11, 25, 23, 50, tzinfo=dt.UTC), dt.datetime(2026, 11, 26, 0, 20, tzinfo=dt.UTC))]
    assert worked_on(late, dt.date(2026, 11, 25)) == dt.timedelta(minutes=10)
    assert worked_on(late, dt.date(2026, 11, 26)) == dt.timedelta(minutes=20)


def test_looks_are_spent_at_the_number_of_the_setting() -> None:
    assert not pace([], 199, LIMITS, MORNING).looks_are_spent
    assert pace([], 200, LIMITS, MORNING).looks_are_spent


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 60)), max_size=12), st.integers(0, 800))
def test_nothing_left_is_ever_below_zero_and_a_break_ends_within_its_length(
    pieces: list[tuple[int, int]], later: int
) -> None:
    spells, clock = [], 0
    for gap, length in pieces:
        spells.append(spell(clock + gap, clock + gap + length))
        clock += gap + length
    now = at(clock + later)
    standing = pace(spells, 0, LIMITS, now)
    assert standing.time_left >= dt.timedelta(0)
    assert standing.break_in >= dt.timedelta(0)
    if standing.break_until is not None:
        assert now < standing.break_until <= now + LIMITS.pause
