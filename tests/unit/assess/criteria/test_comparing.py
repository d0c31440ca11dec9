from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.criteria import AgeClass, Answers, Category, Criteria, compare, current, decide
from orbweaver.assess.criteria.comparing import UNDECIDABLE
from orbweaver.assess.criteria.loading import from_data
from orbweaver.errors import InvalidInput

from .drafts import any_answers, drafts, edited, row

CLOTHED = Answers(True, True, Category.OTHER_HARMFUL, 3, 5, clothed_variant=True, sexualised_context=True)
TEN = Answers(True, True, Category.CSAM, 10, 12)
NOT_A_CHILD = Answers(False, False)


def draft() -> Criteria:
    data = edited()
    row(data, "sub_types", "b")["needs"] = [["nude", "sexualised_context"]]
    for band, first, last in zip(data["age_classes"], (0, 11, 14), (10, 13, 17), strict=True):
        band.update(first=first, last=last, text=f"The youngest child appears {band['name']}.")
    return from_data(data)


def test_it_says_which_past_answers_would_lead_elsewhere_and_in_what() -> None:
    found = compare(current(), draft(), [("asm_1", CLOTHED), ("asm_2", TEN), ("asm_3", NOT_A_CHILD)])
    assert (found.old_version, found.new_version, found.answers) == ("1", "2-draft", 3)
    by_reference = {change.reference: change for change in found.changes}
    assert set(by_reference) == {"asm_1", "asm_2"}
    assert by_reference["asm_1"].what == (UNDECIDABLE,)
    assert by_reference["asm_1"].after is None
    assert "sexualised context" in by_reference["asm_1"].asks
    assert by_reference["asm_2"].what == ("age_class", "straddles")
    assert by_reference["asm_2"].after is not None
    assert by_reference["asm_2"].after.age_class is AgeClass.PREPUBESCENT
    assert found.counts == {UNDECIDABLE: 1, "age_class": 1, "straddles": 1}


def test_it_lists_the_rules_that_differ_by_their_place_in_the_file() -> None:
    rules = {each.place: (each.before, each.after) for each in compare(current(), draft(), []).rules}
    assert rules["sub_types[b].needs"] == (
        "clothed_variant and sexualised_context or nude and sexualised_context",
        "nude and sexualised_context",
    )
    assert rules["age_classes[prepubescent].last"] == ("8", "10")
    assert "removal.text" not in rules


def test_other_words_alone_are_a_change_of_reasons() -> None:
    data = edited()
    data["removal"]["text"] = "Both were answered yes."
    (change,) = compare(current(), from_data(data), [("asm_1", TEN)]).changes
    assert change.what == ("reasons",)


@given(st.lists(any_answers(), max_size=20))
def test_a_version_compared_with_itself_changes_nothing(past: list[Answers]) -> None:
    found = compare(current(), current(), [(str(number), answers) for number, answers in enumerate(past)])
    assert found.answers == len(past)
    assert found.changes == ()
    assert found.rules == ()


@given(st.lists(any_answers(), max_size=20), drafts())
def test_what_is_not_listed_would_be_decided_alike(past: list[Answers], new: Criteria) -> None:
    found = compare(current(), new, [(str(number), answers) for number, answers in enumerate(past)])
    changed = {change.reference for change in found.changes}
    for number, answers in enumerate(past):
        if str(number) in changed:
            continue
        results: list[tuple[object, ...]] = []
        for criteria in (current(), new):
            try:
                decision = decide(answers, criteria)
                results.append((decision.outcome, decision.category, decision.sub_type, decision.age_class))
            except InvalidInput:
                results.append(())
        assert results[0] == results[1]
