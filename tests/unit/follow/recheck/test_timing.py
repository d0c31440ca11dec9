"""When a URL is looked at again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.recheck.rules import Phase, Track
from orbweaver.follow.recheck.timing import LONGEST_FACTOR, next_due_at

START = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
CONFIRM = dt.timedelta(minutes=30)
HOUR = dt.timedelta(hours=1)


@given(
    st.sampled_from([Track(), Track(Phase.GONE_ONCE, START), Track(Phase.REMOVED, START)]),
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=5000)),
    st.integers(0, 500),
)
def test_the_next_check_is_never_in_the_past_and_never_too_far(track: Track, age: dt.timedelta, failures: int) -> None:
    at = START + age
    due = next_due_at(track, at=at, since=START, failures=failures, interval=HOUR, confirm=CONFIRM)
    assert at <= due <= at + max(HOUR * LONGEST_FACTOR, CONFIRM)


def test_a_first_offline_check_is_confirmed_as_soon_as_it_may_be() -> None:
    track = Track(Phase.GONE_ONCE, START)
    assert next_due_at(track, at=START, since=START, failures=0, interval=HOUR, confirm=CONFIRM) == START + CONFIRM


def test_old_urls_are_looked_at_less_often_and_silent_hosts_too() -> None:
    def wait(age: dt.timedelta, failures: int = 0) -> dt.timedelta:
        at = START + age
        return next_due_at(Track(), at=at, since=START, failures=failures, interval=HOUR, confirm=CONFIRM) - at

    assert wait(HOUR) == HOUR
    assert wait(dt.timedelta(hours=48)) == 2 * HOUR
    assert wait(dt.timedelta(days=300)) == 24 * HOUR
    assert wait(HOUR, failures=3) == 8 * HOUR


def test_a_host_that_was_away_is_asked_again_within_a_day_however_long_the_interval() -> None:
    def wait(age: dt.timedelta, failures: int) -> dt.timedelta:
        at = START + age
        return next_due_at(Track(), at=at, since=START, failures=failures, interval=6 * HOUR, confirm=CONFIRM) - at

    assert [wait(12 * HOUR, failures) for failures in range(4)] == [6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR]
    assert wait(dt.timedelta(days=48), failures=5) == 48 * HOUR  # longer anyway, by its age


def test_a_server_that_asks_for_patience_gets_it_within_bounds() -> None:
    rules: dict[str, Any] = {"at": START, "since": START, "failures": 0, "interval": HOUR, "confirm": CONFIRM}
    due = [next_due_at(Track(), **rules, not_before=START + wait) for wait in (CONFIRM, 5 * HOUR, 999 * HOUR)]
    assert due == [START + HOUR, START + 5 * HOUR, START + LONGEST_FACTOR * HOUR]
