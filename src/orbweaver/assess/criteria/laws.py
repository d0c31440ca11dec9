"""What no version of the criteria may break, whatever it says otherwise.

A draft can move the bounds of the age classes, change what a sub-type needs, rank sub-types anew and rewrite every
text. It cannot drop the youngest child, the two questions, the two conditions of sub-type b, or a category: the names
that are fixed, and why, are in ``fixed.py``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from orbweaver.assess.criteria.fixed import ADULT_FROM, FIXED, SUB_TYPES_OF, TAKEN
from orbweaver.assess.criteria.model import AgeClass, Category, Criteria, Fact, NoticeType, WordedPart


def broken(criteria: Criteria) -> list[str]:
    """Every law that the criteria break, in words; empty when they can be used."""
    checks = (
        _questions,
        _ages,
        _categories,
        _sub_types,
        _sub_types_on_media,
        _sub_type_b,
        _sub_type_c,
        _facts,
        _markers,
        _principles,
    )
    return [problem for check in checks for problem in check(criteria)]


def _questions(criteria: Criteria) -> Iterator[str]:
    if [each.name for each in criteria.questions] != list(FIXED["questions"].names):
        yield "questions: there are two, is_child and then is_harmed (R24)."


def _ages(criteria: Criteria) -> Iterator[str]:
    bands = criteria.age_classes
    if [each.name for each in bands] != list(FIXED["age_classes"].names):
        yield f"age_classes: name {', '.join(AgeClass)}, in this order, youngest first (R27)."
        return
    if bands[0].first != 0 or bands[-1].last != ADULT_FROM - 1:
        yield f"age_classes: they begin at 0 and end at {ADULT_FROM - 1}, since a child is anyone under 18 (R22)."
    for band in bands:
        if band.first > band.last:
            yield f"age_classes: {band.name} ends before it begins."
        said_years = {int(number) for number in re.findall(r"\d+", band.text)}
        if said_years and said_years != {band.first, band.last}:
            yield f"age_classes: the text of {band.name} names other years than {band.first} and {band.last}."
    for younger, older in itertools.pairwise(bands):
        if older.first != younger.last + 1:
            yield f"age_classes: {older.name} must begin at {younger.last + 1}, the year after {younger.name}."


def _categories(criteria: Criteria) -> Iterator[str]:
    if [each.name for each in criteria.categories] != list(FIXED["categories"].names):
        yield f"categories: name {', '.join(Category)}, in this order, gravest first (R28)."
    for each in criteria.categories:
        notice_type = NoticeType.CSAM if each.name is Category.CSAM else NoticeType.HARMFUL_ABUSIVE
        if each.notice_type is not notice_type:
            yield f"categories: {each.name} gives a notice of type {notice_type} (R37)."
        if sorted(each.sub_types) != sorted(SUB_TYPES_OF[each.name]):
            wanted = " and ".join(sorted(SUB_TYPES_OF[each.name])) or "none"
            yield f"categories: the sub-types of {each.name} are {wanted} (R28)."


def _sub_types(criteria: Criteria) -> Iterator[str]:
    if sorted(each.name for each in criteria.sub_types) != list(FIXED["sub_types"].names):
        yield "sub_types: describe a, b and c, once each (R37)."
    for category in criteria.categories:
        rules = [each for each in criteria.sub_types if each.name in category.sub_types]
        if rules and not any(frozenset() in rule.needs for rule in rules) and not category.lacking.strip():
            yield f"categories: {category.name} must say what is lacking when none of its sub-types fits (lacking)."


def _sub_types_on_media(criteria: Criteria) -> Iterator[str]:
    for rule in criteria.sub_types:
        if rule.name in ("a", "c") and rule.verdict_on != "medium":
            yield f"sub_types: {rule.name} is a verdict on a medium: it is so in any context (R28, R33)."


def _sub_type_b(criteria: Criteria) -> Iterator[str]:
    for rule in criteria.sub_types:
        if rule.name != "b":
            continue
        for needs in rule.needs:
            if Fact.SEXUALISED_CONTEXT not in needs or not needs & {Fact.NUDE, Fact.CLOTHED_VARIANT}:
                yield (
                    "sub_types: b needs both conditions in each alternative: sexualised_context, and nude or "
                    "clothed_variant; otherwise a family's own album would get a notice (R32)."
                )
        if rule.verdict_on != "sighting":
            yield "sub_types: b is a verdict on a sighting, never on a picture or a hash (R32)."


def _sub_type_c(criteria: Criteria) -> Iterator[str]:
    for needs in (needs for rule in criteria.sub_types if rule.name == "c" for needs in rule.needs):
        if Fact.PHYSICAL_ABUSE not in needs:
            yield "sub_types: c needs physical_abuse in each alternative (R33)."
        if Fact.SEXUALISED_CONTEXT in needs:
            yield "sub_types: c applies with or without a sexual context, so it cannot need one (R33)."


def _facts(criteria: Criteria) -> Iterator[str]:
    if sorted(each.name for each in criteria.facts) != sorted(FIXED["facts"].names):
        yield f"facts: word each of {', '.join(Fact)}, once."


def _markers(criteria: Criteria) -> Iterator[str]:
    names = [each.name for each in criteria.markers]
    for name in FIXED["markers"].names:
        if name not in names:
            yield f"markers: word {name}, which is recorded and never lowers anything (R10, R30)."
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"markers: {name} stands twice."
    for name in sorted(TAKEN & set(names)):
        yield f"markers: {name} is the name of another part of the form."


def _principles(criteria: Criteria) -> Iterator[str]:
    numbers = [each.number for each in criteria.principles]
    if len(set(numbers)) != len(numbers):
        yield "principles: a number stands twice."
    named = {number for part in worded_parts(criteria) for number in part.principles}
    for number in sorted(named - set(numbers)):
        yield f"principles: {number} is referred to and not listed."


def worded_parts(criteria: Criteria) -> list[WordedPart]:
    """Every part that carries a text and its principles."""
    single = (criteria.standard_of_proof, criteria.reference_definition, criteria.removal, criteria.straddling)
    groups = (
        criteria.questions,
        criteria.age_classes,
        criteria.facts,
        criteria.categories,
        criteria.sub_types,
        criteria.markers,
        criteria.reminders,
    )
    return [*single, *(part for group in groups for part in group)]
