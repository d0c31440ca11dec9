"""From an analyst's answers to a decision with its reasons, by a version of the removal criteria.

What is asked, what each sub-type needs, the bounds of the classes and the words stand in ``versions/*.toml``; this
module applies them. What no version can change is in ``laws.py``.

Gravity, for which a graver answer never gives a lesser result: ``csam`` > ``csam_related`` > ``other_harmful``, and
within a category the order in which it lists its sub-types. A need is a set of facts that must be there, never one
that must be absent, so saying more can only lead to the same result or to a graver one.
"""

from __future__ import annotations

from dataclasses import dataclass

from orbweaver.assess.criteria.fixed import ADULT_FROM
from orbweaver.assess.criteria.loading import current, current_version
from orbweaver.assess.criteria.messages import (
    AGE_MISSING,
    AGES_SWAPPED,
    CATEGORY_MISSING,
    LACKING,
    NOT_A_CHILD,
    OTHERS_YOUNGER,
)
from orbweaver.assess.criteria.model import (
    AgeClass,
    Category,
    CategoryRule,
    Criteria,
    Fact,
    NoticeType,
    Outcome,
    SubType,
)
from orbweaver.errors import Catalogued, InvalidInput

__all__ = [
    "AGE_CLASSES",
    "AgeClass",
    "Answers",
    "Category",
    "Decision",
    "NoticeType",
    "Outcome",
    "age_class_of",
    "current_version",
    "decide",
    "on_one_place",
    "same_decision",
]

AGE_CLASSES: dict[AgeClass, tuple[int, int]] = {each.name: (each.first, each.last) for each in current().age_classes}
"""First and last year of each class in force, from youngest to oldest."""


@dataclass(frozen=True)
class Answers:
    """What an analyst said. The two questions are asked of a reasonable person, more likely than not.

    ``age_min`` and ``age_max`` are years of the *youngest* child (R26) and are needed when the first answer is yes.
    ``nude``, ``sexualised_context`` and ``physical_abuse`` are needed for ``other_harmful`` alone; ``clothed_variant``
    says that clothed pictures are used in a sexualised context (R28, R32). ``markers`` are recorded by their names in
    the version that asked for them, and decide nothing (R10). ``others`` counts the children beside the youngest,
    by age class, youngest first (R77).
    """

    is_child: bool
    is_harmed: bool
    category: Category | None = None
    age_min: int | None = None
    age_max: int | None = None
    nude: bool = False
    sexualised_context: bool = False
    clothed_variant: bool = False
    physical_abuse: bool = False
    markers: frozenset[str] = frozenset()
    others: tuple[int, int, int] = (0, 0, 0)

    @property
    def facts(self) -> frozenset[Fact]:
        """The facts that were answered yes."""
        return frozenset(fact for fact in Fact if getattr(self, fact.value))


@dataclass(frozen=True)
class Decision:
    """What the criteria make of the answers, with reasons in words."""

    outcome: Outcome
    category: Category | None
    notice_type: NoticeType | None
    sub_type: str
    age_class: AgeClass | None
    straddles: bool
    reasons: tuple[str, ...]
    criteria_version: str


def age_class_of(age: int, criteria: Criteria | None = None) -> AgeClass:
    """The class that an age in years falls in. Raises InvalidInput outside 0-17."""
    for band in (criteria or current()).age_classes:
        if band.first <= age <= band.last:
            return band.name
    raise InvalidInput(NOT_A_CHILD)


def decide(answers: Answers, criteria: Criteria | None = None) -> Decision:
    """The decision that follows from the answers by ``criteria`` (those in force if None).

    Raises InvalidInput when the answers contradict each other or leave out what their category needs.
    """
    criteria = criteria or current()
    unmet = [each.no for each in criteria.questions if not getattr(answers, each.name)]
    if unmet:
        return _no_action(answers, unmet[0], criteria)
    if answers.category is None:
        raise InvalidInput(CATEGORY_MISSING)
    age_class, straddles = _age(answers, criteria)
    category = criteria.category(answers.category)
    sub_type = _sub_type(category, answers.facts, criteria)
    reasons = [criteria.removal.text, category.text, criteria.age_class(age_class).text]
    if sub_type is not None:
        reasons.append(sub_type.text)
    if straddles:
        reasons.append(criteria.straddling.text)
    return Decision(
        Outcome.REMOVE,
        category.name,
        category.notice_type,
        sub_type.name if sub_type else "",
        age_class,
        straddles,
        tuple(reasons),
        criteria.version,
    )


def _no_action(answers: Answers, reason: str, criteria: Criteria) -> Decision:
    estimated = answers.is_child and answers.age_min is not None
    age_class, straddles = _age(answers, criteria) if estimated else (None, False)
    return Decision(Outcome.NO_ACTION, None, None, "", age_class, straddles, (reason,), criteria.version)


def _age(answers: Answers, criteria: Criteria) -> tuple[AgeClass, bool]:
    """The class of the least age, for the youngest governs (R26), and whether the range leaves that class."""
    if answers.age_min is None or answers.age_max is None:
        raise InvalidInput(AGE_MISSING)
    if answers.age_min > answers.age_max:
        raise InvalidInput(AGES_SWAPPED)
    youngest = age_class_of(answers.age_min, criteria)
    if any(answers.others[: list(AgeClass).index(youngest)]):
        raise InvalidInput(OTHERS_YOUNGER)
    return youngest, age_class_of(min(answers.age_max, ADULT_FROM - 1), criteria) is not youngest


def _sub_type(category: CategoryRule, facts: frozenset[Fact], criteria: Criteria) -> SubType | None:
    """The gravest sub-type of the category whose needs are met; None where the category has none."""
    rules = [criteria.sub_type(name) for name in category.sub_types]
    for rule in rules:
        if any(needs <= facts for needs in rule.needs):
            return rule
    if rules:
        raise InvalidInput(LACKING.of(text=Catalogued(category.lacking)))
    return None


def on_one_place(sub_type: str) -> bool:
    """Whether a verdict of this sub-type ("" for none) is one on a sighting alone, never on the bytes (R32).

    Every version of the criteria says the same of it: the laws hold it to that.
    """
    return bool(sub_type) and current().sub_type(sub_type).verdict_on == "sighting"


def same_decision(one: Decision, other: Decision) -> bool:
    """Whether two analysts agree on outcome, category, notice type and sub-type. Ages are combined, youngest first."""
    return (one.outcome, one.category, one.notice_type, one.sub_type) == (
        other.outcome,
        other.category,
        other.notice_type,
        other.sub_type,
    )
