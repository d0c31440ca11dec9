from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.criteria import AGE_CLASSES, AgeClass, Answers, Category, current, decide
from orbweaver.assess.review.rules import Consensus, combined_age, confirm_rank_at, consensus, rank_at, required_for

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
    old = rank_at(NOW - dt.timedelta(minutes=31), listed=True, exact=False)
    assert old < rank_at(NOW, listed=False, exact=True)


def test_who_differs_settles_it_so_that_nobody_else_need_look() -> None:
    assert consensus([REMOVE, RELATED], 3) is Consensus.DISAGREED


def test_a_category_may_ask_for_more_analysts_than_the_others() -> None:
    numbers = {"csam": None, "csam_related": 3}
    nothing = decide(Answers(is_child=False, is_harmed=False))
    assert [required_for(each, 2, numbers) for each in (REMOVE, RELATED, nothing)] == [2, 3, 2]


def test_a_confirming_answer_is_asked_for_after_what_came_hours_later() -> None:
    assert confirm_rank_at(NOW) > rank_at(NOW + dt.timedelta(hours=7), listed=True, exact=False)
