from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from orbweaver.assess.criteria import (
    Answers,
    CriteriaInvalid,
    decide,
    kept,
    load,
    load_signed,
    read_answers,
    version_text,
)
from orbweaver.assess.criteria.fixed import FIXED, TAKEN
from orbweaver.assess.criteria.loading import from_data

from .drafts import any_answers, edited

TODAY: dict[str, Any] = {
    "is_child": True,
    "is_harmed": True,
    "category": "csam",
    "age_min": 9,
    "age_max": 12,
    "nude": False,
    "sexualised_context": False,
    "clothed_variant": False,
    "physical_abuse": False,
    "others": [0, 1, 0],
    "self_generated": True,
    "interpol_baseline": False,
}
"""As assessments have been kept since the first version."""

MARKER = {"text": "Recorded.", "principles": [10]}


def test_what_was_kept_from_the_start_is_read_and_kept_the_same() -> None:
    answers = read_answers(TODAY)
    assert answers.markers == {"self_generated"}
    assert kept(answers) == TODAY
    assert list(kept(answers)) == list(TODAY)


@given(any_answers())
def test_any_answers_come_back_as_they_were(answers: Answers) -> None:
    assert read_answers(kept(answers)) == answers


def test_an_old_version_judges_answers_with_markers_of_later_ones_alike() -> None:
    later = read_answers({**TODAY, "of_a_later_version": True})
    old = load(version_text("1"))
    assert decide(later, old) == decide(read_answers(TODAY), old)
    assert kept(later)["of_a_later_version"] is True


def test_a_version_may_add_markers_and_never_drops_the_one_that_is_fixed() -> None:
    own = edited()["markers"]
    assert len(from_data(edited(markers=[*own, {"name": "live_stream", **MARKER}])).markers) == 3
    with pytest.raises(CriteriaInvalid, match="word self_generated"):
        from_data(edited(markers=[{"name": "live_stream", **MARKER}]))


@pytest.mark.parametrize("name", [*sorted(TAKEN), "self_generated", "", "Live stream", "x" * 41, "a-b"])
def test_a_marker_takes_no_name_that_is_taken_and_none_that_a_form_cannot_carry(name: str) -> None:
    with pytest.raises(CriteriaInvalid, match="markers"):
        from_data(edited(markers=[*edited()["markers"], {"name": name, **MARKER}]))


def test_a_signed_version_goes_on_to_load_when_the_laws_have_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = FIXED["markers"]
    monkeypatch.setitem(FIXED, "markers", replace(fixed, names=(*fixed.names, "of_a_later_law")))
    signed = version_text("1")
    with pytest.raises(CriteriaInvalid):
        load(signed)
    assert decide(read_answers(TODAY), load_signed(signed)).criteria_version == "1"


def test_what_is_fixed_says_why_and_every_packaged_version_holds_it() -> None:
    data = edited()
    for part, fixed in FIXED.items():
        assert fixed.why.endswith(".")
        assert set(fixed.names) <= {row["name"] for row in data[part]}
        assert fixed.requirement in {row["number"] for row in data["principles"]}
