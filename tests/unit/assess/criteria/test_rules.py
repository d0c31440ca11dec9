from __future__ import annotations

from typing import Any

import pytest

from orbweaver.assess.criteria import AgeClass, Answers, Category, decide, same_decision
from orbweaver.errors import InvalidInput


@pytest.mark.parametrize("facts", [{"nude": True}, {"sexualised_context": True}, {"clothed_variant": True}, {}])
def test_an_album_without_both_conditions_gets_no_notice(facts: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="needs physical abuse, or a sexualised context"):
        decide(Answers(True, True, Category.OTHER_HARMFUL, 3, 5, **facts))


def test_a_range_over_two_classes_is_the_youngest_and_says_that_it_straddles() -> None:
    decision = decide(Answers(True, True, Category.CSAM, 8, 13))
    assert decision.age_class is AgeClass.PREPUBESCENT
    assert decision.straddles
    assert decision.reasons[-1] == "The estimated ages span two classes; the youngest governs."


@pytest.mark.parametrize(("low", "high"), [(None, None), (5, None), (9, 3), (18, 20), (-1, 4)])
def test_impossible_ages_are_refused(low: int | None, high: int | None) -> None:
    with pytest.raises(InvalidInput):
        decide(Answers(True, True, Category.CSAM, low, high))


def test_both_questions_yes_without_a_category_asks_for_one() -> None:
    with pytest.raises(InvalidInput, match="Choose a category"):
        decide(Answers(True, True, None, 3, 5))


def test_a_no_says_which_question_it_was() -> None:
    assert "of a child" in decide(Answers(False, False)).reasons[0]
    assert "harmed" in decide(Answers(True, False)).reasons[0]


def test_analysts_agree_on_the_decision_even_where_their_ages_differ() -> None:
    one = decide(Answers(True, True, Category.CSAM, 3, 5))
    other = decide(Answers(True, True, Category.CSAM, 9, 10))
    third = decide(Answers(True, True, Category.CSAM_RELATED, 3, 5))
    assert same_decision(one, other)
    assert not same_decision(one, third)
