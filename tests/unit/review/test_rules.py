from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.criteria import AGE_CLASSES, AgeClass, Answers, Category, current, decide
from orbweaver.review.rules import Consensus, combined_age, consensus, rank_at

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
REMOVE = decide(Answers(True, True, Category.CSAM, 3, 5))
RELATED = decide(Answers(True, True, Category.CSAM_RELATED, 3, 5))


def test_a_verdict_needs_as_many_answers_as_the_setting_says_and_all_alike() -> None:
    assert consensus([REMOVE], 2) is Consensus.MORE
    assert consensus([REMOVE, REMOVE], 2) is Consensus.AGREED
    assert consensus([REMOVE, RELATED], 2) is Consensus.DISAGREED
    assert consensus([REMOVE, REMOVE], 3) is Consensus.MORE


@given(st.lists(st.tuples(st.integers(0, 17), st.integers(0, 17)).map(sorted), min_size=1, max_size=5))
def test_the_youngest_estimate_of_all_analysts_gives_the_class(ages: list[list[int]]) -> None:
    combined = combined_age([Answers(True, True, Category.CSAM, low, high) for low, high in ages], current())
    assert combined.age_min == min(low for low, _ in ages)
    assert combined.age_max == max(high for _, high in ages)
    first, last = AGE_CLASSES[AgeClass(combined.age_class)]
    assert first <= combined.age_min <= last
    assert combined.straddles == (combined.age_max > last)


def test_an_item_that_waited_half_an_hour_longer_is_first_whatever_it_is() -> None:
    old = rank_at(NOW - dt.timedelta(minutes=31), reported=False, exact=False)
    assert old < rank_at(NOW, reported=True, exact=True)
