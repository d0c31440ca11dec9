"""The laws that hold for the version in force and for any draft, whatever it needs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.criteria import Answers, Category, Criteria, Decision, Fact, NoticeType, Outcome, current, decide
from orbweaver.errors import InvalidInput

from .drafts import OLDEST, any_answers, drafts

versions = st.just(current()) | drafts()


def decided(answers: Answers, criteria: Criteria) -> Decision | None:
    try:
        return decide(answers, criteria)
    except InvalidInput:
        return None


def gravity(decision: Decision, criteria: Criteria) -> tuple[int, int, int, int]:
    """Higher is graver: removal, category, sub-type within it, youth of the class."""
    if decision.category is None or decision.age_class is None:
        return (0, 0, 0, 0)
    names = [each.name for each in criteria.categories]
    sub_types = criteria.category(decision.category).sub_types
    classes = [each.name for each in criteria.age_classes]
    return (
        1,
        -names.index(decision.category),
        -sub_types.index(decision.sub_type) if sub_types else 0,
        -classes.index(decision.age_class),
    )


@given(any_answers(), versions)
def test_both_questions_yes_means_removal_and_anything_else_does_not(answers: Answers, criteria: Criteria) -> None:
    decision = decided(answers, criteria)
    if decision is not None:
        assert (decision.outcome is Outcome.REMOVE) == (answers.is_child and answers.is_harmed)


@given(any_answers(), versions)
def test_no_doubt_about_a_category_or_an_age_stands_in_the_way_of_removal(answers: Answers, criteria: Criteria) -> None:
    """More likely than not is enough: csam asks for nothing more than the two questions, a category and an age."""
    sure = dataclasses.replace(answers, is_child=True, is_harmed=True, category=Category.CSAM)
    assert decide(sure, criteria).outcome is Outcome.REMOVE


@given(any_answers(), versions, st.integers(0, 99))
def test_an_age_range_that_reaches_into_adulthood_changes_nothing(
    answers: Answers, criteria: Criteria, greatest: int
) -> None:
    decision = decided(answers, criteria)
    assert answers.age_max is not None
    wider = decided(dataclasses.replace(answers, age_max=max(answers.age_max, greatest)), criteria)
    if decision is None:
        assert wider is None
    else:
        assert wider is not None
        assert (wider.outcome, wider.category, wider.sub_type, wider.age_class) == (
            decision.outcome,
            decision.category,
            decision.sub_type,
            decision.age_class,
        )


@given(any_answers(), versions)
def test_the_youngest_child_governs(answers: Answers, criteria: Criteria) -> None:
    decision = decided(answers, criteria)
    if decision is not None and decision.age_class is not None:
        assert answers.age_min is not None
        band = criteria.age_class(decision.age_class)
        assert band.first <= answers.age_min <= band.last
        assert answers.age_max is not None
        assert decision.straddles == (min(answers.age_max, OLDEST) > band.last)


@given(any_answers(), versions)
def test_sub_type_b_needs_both_conditions(answers: Answers, criteria: Criteria) -> None:
    decision = decided(answers, criteria)
    if decision is not None and decision.sub_type == "b":
        assert answers.sexualised_context
        assert answers.nude or answers.clothed_variant
        assert criteria.sub_type("b").verdict_on == "sighting"


@given(any_answers(), versions)
def test_sub_type_c_is_about_physical_abuse_whatever_the_context(answers: Answers, criteria: Criteria) -> None:
    decision = decided(answers, criteria)
    if decision is not None and decision.sub_type == "c":
        assert answers.physical_abuse
        alone = dataclasses.replace(answers, sexualised_context=False)
        assert decide(alone, criteria).sub_type == "c"


@given(any_answers(), versions)
def test_apparent_self_generation_never_changes_a_decision(answers: Answers, criteria: Criteria) -> None:
    one = decided(dataclasses.replace(answers, markers=frozenset()), criteria)
    other = decided(dataclasses.replace(answers, markers=frozenset({"self_generated", "live_stream"})), criteria)
    assert one == other


@st.composite
def graver(draw: st.DrawFn, answers: Answers) -> Answers:
    """The same answers with some made graver: more yes, a graver category, a younger child, nothing made lesser."""
    categories = list(Category)
    rank = draw(st.integers(0, categories.index(answers.category) if answers.category else len(categories) - 1))
    facts: dict[str, Any] = {fact.value: getattr(answers, fact.value) or draw(st.booleans()) for fact in Fact}
    return dataclasses.replace(
        answers,
        is_child=answers.is_child or draw(st.booleans()),
        is_harmed=answers.is_harmed or draw(st.booleans()),
        category=categories[rank] if answers.category else None,
        age_min=draw(st.integers(0, answers.age_min or 0)),
        **facts,
    )


@given(st.data(), any_answers(), versions)
def test_a_graver_answer_never_gives_a_lesser_result(data: st.DataObject, answers: Answers, criteria: Criteria) -> None:
    decision = decided(answers, criteria)
    other = decided(data.draw(graver(answers)), criteria)
    if decision is not None and other is not None:
        assert gravity(other, criteria) >= gravity(decision, criteria)


@given(any_answers(), versions)
def test_every_decision_gives_its_reasons_and_its_version(answers: Answers, criteria: Criteria) -> None:
    decision = decided(answers, criteria)
    if decision is not None:
        assert decision.reasons
        assert all(decision.reasons)
        assert decision.criteria_version == criteria.version


@pytest.mark.parametrize(
    ("category", "extra", "expected"),
    [
        (Category.CSAM, {}, (NoticeType.CSAM, "")),
        (Category.CSAM_RELATED, {}, (NoticeType.HARMFUL_ABUSIVE, "a")),
        (Category.OTHER_HARMFUL, {"nude": True, "sexualised_context": True}, (NoticeType.HARMFUL_ABUSIVE, "b")),
        (
            Category.OTHER_HARMFUL,
            {"clothed_variant": True, "sexualised_context": True},
            (NoticeType.HARMFUL_ABUSIVE, "b"),
        ),
        (Category.OTHER_HARMFUL, {"physical_abuse": True}, (NoticeType.HARMFUL_ABUSIVE, "c")),
        (
            Category.OTHER_HARMFUL,
            {"physical_abuse": True, "nude": True, "sexualised_context": True},
            (NoticeType.HARMFUL_ABUSIVE, "c"),
        ),
    ],
)
def test_in_force_categories_give_these_notice_types(
    category: Category, extra: dict[str, Any], expected: tuple[NoticeType, str]
) -> None:
    decision = decide(Answers(True, True, category, 3, 5, **extra))
    assert (decision.notice_type, decision.sub_type) == expected
