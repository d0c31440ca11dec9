from __future__ import annotations

import datetime as dt

import pytest

from orbweaver.people.accounts.rules import (
    Permission,
    Role,
    agreement_is_current,
    is_soon,
    permissions_of,
    training_is_current,
    training_lapses_on,
    why_not_assess,
)

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("completed_on", "current"),
    [
        (None, False),
        (dt.date(2026, 11, 24), True),
        (dt.date(2026, 11, 25), False),
        (dt.date(2025, 11, 25), True),
        (dt.date(2025, 11, 24), False),
    ],
)
def test_training_gives_the_right_for_twelve_months(completed_on: dt.date | None, current: bool) -> None:
    assert training_is_current(completed_on, NOW) is current


def test_an_agreement_counts_to_the_end_of_its_last_day() -> None:
    assert agreement_is_current(dt.date(2020, 1, 1), NOW.date(), NOW)
    assert not agreement_is_current(dt.date(2020, 1, 1), NOW.date() - dt.timedelta(days=1), NOW)
    assert not agreement_is_current(None, NOW.date(), NOW)


def test_roles_add_up_and_no_role_gives_nothing() -> None:
    both = permissions_of([Role.ANALYST, Role.ADMINISTRATOR])
    assert Permission.ITEM_ASSESS in both
    assert Permission.PEOPLE_EDIT in both
    assert permissions_of([]) == frozenset()


def test_an_administrator_does_not_assess() -> None:
    assert Permission.ITEM_ASSESS not in permissions_of([Role.ADMINISTRATOR])


def test_each_missing_right_has_its_own_words() -> None:
    analyst = permissions_of([Role.ANALYST])
    today = NOW.date()
    words = {
        why_not_assess(frozenset(), today, agreement_current=True, now=NOW),
        why_not_assess(analyst, today, agreement_current=False, now=NOW),
        why_not_assess(analyst, None, agreement_current=True, now=NOW),
    }
    assert len(words) == 3
    assert None not in words
    assert why_not_assess(analyst, today, agreement_current=True, now=NOW) is None


@pytest.mark.parametrize(("days_ahead", "soon"), [(-1, False), (0, False), (1, True), (30, True), (31, False)])
def test_a_right_that_goes_within_thirty_days_goes_soon_and_one_that_went_does_not(days_ahead: int, soon: bool) -> None:
    assert is_soon(NOW.date() + dt.timedelta(days=days_ahead), NOW) is soon


def test_the_right_goes_twelve_months_after_the_training_and_on_that_day_it_is_gone() -> None:
    completed = dt.date(2025, 11, 24)
    last = training_lapses_on(completed)
    assert training_is_current(completed, NOW) is False
    assert last == NOW.date()
    assert training_is_current(completed, NOW - dt.timedelta(days=1))
