from __future__ import annotations

import datetime as dt

import pytest

from orbweaver.people.accounts.rules import (
    KEY_SCOPES,
    SCOPES_OF,
    Permission,
    Role,
    Scope,
    is_covered,
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


def test_what_is_agreed_on_lets_do_that_and_nothing_else() -> None:
    assert is_covered(Permission.SCAN_USE, frozenset({Scope.SCAN}))
    assert not is_covered(Permission.LIST_READ, frozenset({Scope.SCAN, Scope.ASSESS, Scope.RECEIVE}))
    assert is_covered(Permission.CRITERIA_SIGN, frozenset({Scope.RECEIVE})), "any agreement will do"
    assert not any(is_covered(each, frozenset()) for each in Permission), "without one there is nothing"
    assert set(KEY_SCOPES) <= set(SCOPES_OF), "what a key may is always agreed on by name"


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
