"""What the order of the queue promises for any arrivals (R34)."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.review.rules import RANK_DELAYS, rank_at

START = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
GREATEST = max(RANK_DELAYS.values()) - min(RANK_DELAYS.values())

Coming = tuple[dt.datetime, bool, bool]
coming = st.tuples(
    st.integers(0, 6 * 3600).map(lambda seconds: START + dt.timedelta(seconds=seconds)), st.booleans(), st.booleans()
)


def rank(item: Coming) -> dt.datetime:
    created_at, listed, exact = item
    return rank_at(created_at, listed=listed, exact=exact)


@given(st.lists(coming, min_size=2, max_size=40), st.data())
def test_whoever_takes_whenever_an_item_is_overtaken_only_by_what_came_half_an_hour_later_at_most(
    items: list[Coming], data: st.DataObject
) -> None:
    """Items come in any order of kinds; between arrivals analysts take as many as they like, first in rank first."""
    stream = sorted(items)
    waiting: list[tuple[dt.datetime, dt.datetime]] = []
    latest_taken = START
    while stream or waiting:
        if stream and (not waiting or data.draw(st.booleans())):
            item = stream.pop(0)
            waiting.append((rank(item), item[0]))
            continue
        first = min(waiting)
        waiting.remove(first)
        created_at = first[1]
        assert latest_taken - created_at <= GREATEST
        latest_taken = max(latest_taken, created_at)


@given(coming, coming)
def test_an_item_that_waited_longer_than_the_greatest_head_start_is_first(one: Coming, other: Coming) -> None:
    if other[0] - one[0] > GREATEST:
        assert rank(one) < rank(other)


@given(coming, coming)
def test_within_a_kind_first_come_is_first_served(one: Coming, other: Coming) -> None:
    if one[1:] == other[1:]:
        assert (rank(one) < rank(other)) == (one[0] < other[0])


@given(coming)
def test_no_kind_is_ranked_before_it_came_and_none_waits_for_ever(item: Coming) -> None:
    assert dt.timedelta(0) <= rank(item) - item[0] <= GREATEST


def test_what_no_list_of_police_holds_comes_before_what_they_have_long_known() -> None:
    """R76, of what came at once."""
    new, bytes_known, looks_known = (rank((START, *kind)) for kind in ((False, False), (True, True), (True, False)))
    assert new < bytes_known < looks_known
