"""The questions of a version of the criteria as the form puts them: texts, reminders, what is ticked, keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orbweaver.assess.criteria import BASELINE, OTHERS, SELF_GENERATED, Criteria, Fact

QUESTION_KEYS = {"is_child": ("1", "2"), "is_harmed": ("3", "4")}
CATEGORY_KEYS = ("5", "6", "7")
FACT_KEYS = {"nude": "8", "sexualised_context": "9", "clothed_variant": "0", "physical_abuse": "p"}
MARKER_KEYS = {SELF_GENERATED: "m", BASELINE: "i"}
"""A marker that a version adds has no key of its own: it is ticked like any box of a form."""

TICKED = {"yes", "on", "true"}


@dataclass(frozen=True)
class Choice:
    """One thing to tick or choose; ``text`` is what the criteria say of it."""

    name: str
    value: str
    key: str
    text: str
    chosen: bool
    when: str = ""
    """The answers without which it need not be asked."""


@dataclass(frozen=True)
class OtherChildren:
    """How many children of a class are shown beside the youngest (R77)."""

    field: str
    age_class: str
    first: int
    last: int
    given: str


@dataclass(frozen=True)
class QuestionPart:
    """One of the two questions; ``when`` names the earlier answers without which it need not be asked."""

    number: int
    name: str
    text: str
    reminders: tuple[str, ...]
    choices: tuple[Choice, ...]
    when: str


@dataclass(frozen=True)
class Questions:
    """All parts of the form. ``*_when`` are conditions as the script reads them: ``name=value|other name=value``."""

    questions: tuple[QuestionPart, ...]
    age_when: str
    age_reminders: tuple[str, ...]
    category_when: str
    category_reminders: tuple[str, ...]
    categories: tuple[Choice, ...]
    facts_when: str
    fact_reminders: tuple[str, ...]
    facts: tuple[Choice, ...]
    place_when: str
    markers: tuple[Choice, ...]
    others: tuple[OtherChildren, ...]


def questions_of(criteria: Criteria, given: Mapping[str, Any]) -> Questions:
    """The form by these criteria, with what was said so far."""
    both = " ".join(f"{each.name}=yes" for each in criteria.questions)
    facts_when = f"{both} category={'|'.join(categories_with_facts(criteria))}"
    return Questions(
        questions=tuple(_questions(criteria, given)),
        age_when="is_child=yes",
        age_reminders=criteria.reminders_about("age"),
        category_when=both,
        category_reminders=criteria.reminders_about("category"),
        categories=tuple(
            Choice("category", each.name.value, key, each.text, given.get("category") == each.name)
            for each, key in zip(criteria.categories, CATEGORY_KEYS, strict=True)
        ),
        facts_when=facts_when,
        fact_reminders=criteria.reminders_about("sub_type"),
        facts=tuple(_boxes(criteria.facts, FACT_KEYS, given)),
        place_when=" ".join([facts_when, f"{Fact.SEXUALISED_CONTEXT}=on", *_no_graver(criteria)]),
        markers=tuple(_boxes(criteria.markers, MARKER_KEYS, given)),
        others=tuple(
            OtherChildren(
                OTHERS[band.name], band.name.value, band.first, band.last, str(given.get(OTHERS[band.name], ""))
            )
            for band in criteria.age_classes
        ),
    )


def categories_with_facts(criteria: Criteria) -> list[str]:
    """The categories of which a sub-type needs facts: for the others none is asked, and none is kept."""
    return [
        category.name.value
        for category in criteria.categories
        if any(need for name in category.sub_types for need in criteria.sub_type(name).needs)
    ]


def _no_graver(criteria: Criteria) -> list[str]:
    """Conditions under which no graver sub-type takes the place of one that is about a single sighting.

    Of those that one fact makes: with more than one, which sighting is asked for and not needed.
    """
    facts = []
    for category in criteria.categories:
        names = list(category.sub_types)
        on_place = [name for name in names if criteria.sub_type(name).verdict_on == "sighting"]
        graver = names[: names.index(on_place[0])] if on_place else []
        facts += [next(iter(needs)) for name in graver for needs in criteria.sub_type(name).needs if len(needs) == 1]
    return [f"{fact}=null" for fact in facts]


def _questions(criteria: Criteria, given: Mapping[str, Any]) -> list[QuestionPart]:
    parts: list[QuestionPart] = []
    for number, each in enumerate(criteria.questions, start=1):
        yes, no = QUESTION_KEYS[each.name]
        answer = given.get(each.name)
        choices = (
            Choice(each.name, "yes", yes, "", answer == "yes"),
            Choice(each.name, "no", no, "", answer == "no"),
        )
        when = " ".join(f"{part.name}=yes" for part in parts)
        parts.append(QuestionPart(number, each.name, each.text, criteria.reminders_about(each.name), choices, when))
    return parts


def _boxes(rows: tuple[Any, ...], keys: Mapping[str, str], given: Mapping[str, Any]) -> list[Choice]:
    return [
        Choice(
            name,
            "on",
            keys.get(name, ""),
            each.text,
            str(given.get(name, "")).lower() in TICKED,
            "category=csam" if name == BASELINE else "",
        )
        for each in rows
        for name in [str(each.name)]
    ]
