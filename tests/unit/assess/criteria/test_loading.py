from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.assess.criteria import (
    AgeClass,
    Answers,
    Category,
    CriteriaInvalid,
    current,
    decide,
    digest,
    load,
    version_text,
)
from orbweaver.assess.criteria.laws import worded_parts
from orbweaver.assess.criteria.loading import from_data
from orbweaver.errors import InvalidInput

from .drafts import edited, row

Edit = Callable[[dict[str, Any]], object]


def test_the_version_in_force_is_a_file_that_people_can_read_and_sign() -> None:
    text = version_text("1")
    assert load(text) == current()
    assert len(digest(text)) == 64
    assert digest(text) != digest(text + "\n")


def test_each_rule_in_force_names_the_principles_it_rests_on() -> None:
    numbers = {each.number for each in current().principles}
    assert all(set(part.principles) <= numbers for part in worded_parts(current()))
    assert {10, 22, 23, 24, 25, 26, 27, 28, 30, 31, 32, 33, 37} == numbers


def test_the_form_can_remind_analysts_that_maturation_is_one_sign_among_several() -> None:
    assert any("maturation" in text for text in current().reminders_about("age"))


def test_a_draft_with_other_needs_changes_decisions_without_any_code() -> None:
    data = edited()
    row(data, "sub_types", "b")["needs"] = [["nude", "sexualised_context"]]
    draft = from_data(data)
    clothed = Answers(True, True, Category.OTHER_HARMFUL, 3, 5, clothed_variant=True, sexualised_context=True)
    assert decide(clothed).sub_type == "b"
    with pytest.raises(InvalidInput):
        decide(clothed, draft)


def test_a_draft_with_other_bounds_changes_the_class() -> None:
    data = edited()
    for band, first, last in zip(data["age_classes"], (0, 11, 14), (10, 13, 17), strict=True):
        band.update(first=first, last=last, text="As the bounds say.")
    ten = Answers(True, True, Category.CSAM, 10, 10)
    assert decide(ten).age_class is AgeClass.PUBESCENT
    assert decide(ten, from_data(data)).age_class is AgeClass.PREPUBESCENT


def drop(table: str, name: str) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        data[table] = [each for each in data[table] if each["name"] != name]

    return edit


WRONG: dict[str, tuple[Edit, str]] = {
    "an unknown key": (lambda d: d.update(extra=1), "extra: is not known"),
    "a missing part": (lambda d: d.pop("removal"), "removal: is missing"),
    "another standard of proof": (
        lambda d: d["standard_of_proof"].update(name="beyond reasonable doubt"),
        "standard_of_proof.name: Input should be 'more likely than not'",
    ),
    "a question left out": (lambda d: d["questions"].pop(), "questions: there are two"),
    "questions turned round": (lambda d: d["questions"].reverse(), "questions: there are two"),
    "a class left out": (drop("age_classes", "pubescent"), "age_classes: name prepubescent, pubescent"),
    "an older beginning": (lambda d: d["age_classes"][0].update(first=1, text="x"), "begin at 0 and end at 17"),
    "a younger end": (lambda d: d["age_classes"][2].update(last=15, text="x"), "begin at 0 and end at 17"),
    "a gap": (lambda d: d["age_classes"][0].update(last=7, text="x"), "pubescent must begin at 8"),
    "an overlap": (lambda d: d["age_classes"][0].update(last=9, text="x"), "pubescent must begin at 10"),
    "a class that ends before it begins": (lambda d: d["age_classes"][1].update(last=8, text="x"), "ends before"),
    "a text that names other years": (lambda d: d["age_classes"][0].update(text="0 to 9 years"), "other years than 0"),
    "a category left out": (drop("categories", "csam_related"), "categories: name csam, csam_related"),
    "categories out of order": (lambda d: d["categories"].reverse(), "gravest first"),
    "a wrong notice type": (
        lambda d: row(d, "categories", "other_harmful").update(notice_type="csam"),
        "other_harmful gives a notice of type harmful_abusive",
    ),
    "a category without its sub-type": (
        lambda d: row(d, "categories", "other_harmful").update(sub_types=["c"]),
        "sub-types of other_harmful are b and c",
    ),
    "csam with a sub-type": (
        lambda d: row(d, "categories", "csam").update(sub_types=["a"]),
        "sub-types of csam are none",
    ),
    "nothing to say when none fits": (
        lambda d: row(d, "categories", "other_harmful").update(lacking=" "),
        "other_harmful must say what is lacking",
    ),
    "a sub-type left out": (drop("sub_types", "a"), "describe a, b and c"),
    "b by nudity alone": (
        lambda d: row(d, "sub_types", "b").update(needs=[["nude", "sexualised_context"], ["nude"]]),
        "b needs both conditions",
    ),
    "b by context alone": (
        lambda d: row(d, "sub_types", "b").update(needs=[["sexualised_context"]]),
        "b needs both conditions",
    ),
    "a on one page": (lambda d: row(d, "sub_types", "a").update(verdict_on="sighting"), "a is a verdict on a medium"),
    "c on one page": (lambda d: row(d, "sub_types", "c").update(verdict_on="sighting"), "c is a verdict on a medium"),
    "b on a picture": (lambda d: row(d, "sub_types", "b").update(verdict_on="medium"), "b is a verdict on a sighting"),
    "c with a sexual context": (
        lambda d: row(d, "sub_types", "c").update(needs=[["physical_abuse", "sexualised_context"]]),
        "c applies with or without",
    ),
    "c without abuse": (lambda d: row(d, "sub_types", "c").update(needs=[[]]), "c needs physical_abuse"),
    "a need that nobody is asked for": (
        lambda d: row(d, "sub_types", "c").update(needs=[["self_generated"]]),
        "sub_types.3.needs.1.1: Input should be",
    ),
    "no alternatives at all": (lambda d: row(d, "sub_types", "a").update(needs=[]), "sub_types.1.needs: Tuple should"),
    "a fact without words": (drop("facts", "nude"), "facts: word each of"),
    "a marker left out": (lambda d: d.update(markers=[]), "markers: word self_generated"),
    "a principle that is not listed": (lambda d: d["removal"].update(principles=[99]), "99 is referred to and not"),
    "a principle twice": (lambda d: d["principles"].append(d["principles"][0]), "a number stands twice"),
    "a rule without a principle": (lambda d: d["removal"].update(principles=[]), "removal.principles: Tuple should"),
    "an empty text": (lambda d: d["removal"].update(text=" "), "removal.text: String should have at least 1"),
    "a version that is no number": (lambda d: d.update(version="../1"), "version: String should match"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_draft_that_cannot_be_used_is_refused_with_the_place_and_the_reason(case: str) -> None:
    edit, message = WRONG[case]
    data = edited()
    edit(data)
    with pytest.raises(CriteriaInvalid) as refused:
        from_data(data)
    assert message in str(refused.value)
    assert "nothing was changed" in str(refused.value)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    data = edited()
    row(data, "sub_types", "b").update(needs=[["nude"]], verdict_on="medium")
    data["age_classes"][0].update(last=7, text="x")
    with pytest.raises(CriteriaInvalid) as refused:
        from_data(data)
    assert str(refused.value).count("\n  - ") == 3


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(CriteriaInvalid, match=r"not valid TOML.*line 2"):
        load('version = "2"\nversion\n')


@pytest.mark.parametrize("version", ["7", "../versions/1", ""])
def test_a_version_that_does_not_exist_is_refused(version: str) -> None:
    with pytest.raises(CriteriaInvalid, match="no such version"):
        version_text(version)
