"""The machine-readable part: what it claims, and that the reference library takes it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import xarf
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.notify.notices.errors import XarfInvalid
from orbweaver.notify.notices.letters.xarf_report import reports_for
from orbweaver.notify.notices.rules import xarf_classification

AGES = ["prepubescent", "pubescent", "post_pubescent"]


@pytest.mark.parametrize(
    ("facts", "classification"),
    [
        ({"age_class": "prepubescent"}, "A2"),
        ({"age_class": "prepubescent", "act": "1"}, "A1"),
        ({"age_class": "pubescent"}, "B2"),
        ({"age_class": "pubescent", "act": "1"}, "B1"),
        ({"age_class": "prepubescent", "baseline": True}, "baseline"),
        ({"age_class": "post_pubescent", "baseline": True}, "baseline"),
    ],
)
def test_csam_has_the_class_that_age_baseline_and_supplier_give(
    letter_of: Any, facts: dict[str, Any], classification: str
) -> None:
    [report] = reports_for(letter_of(facts))
    assert (report["type"], report["classification"]) == ("csam", classification)
    assert report["detection_method"] == "hash_match"
    assert report["hash_values"] == {"sha256": "a" * 64, "sha1": "b" * 40, "md5": "c" * 32}


@given(st.booleans(), st.sampled_from(["", "1", "2"]))
def test_post_pubescent_victims_are_never_labelled_b1_or_b2(baseline: bool, act: str) -> None:
    found = xarf_classification(baseline=baseline, age_class="post_pubescent", act=act)
    assert found == ("baseline" if baseline else None)


def test_post_pubescent_csam_off_the_baseline_goes_as_csem_with_tags(letter_of: Any) -> None:
    [report] = reports_for(letter_of({"age_class": "post_pubescent"}))
    assert report["type"] == "csem"
    assert report["victim_age_range"] == "unknown"
    assert {"custom:csam", "custom:age-post_pubescent", "sha256:" + "a" * 64} <= set(report["tags"])
    assert "classification" not in report


@pytest.mark.parametrize("sub_type", ["a", "b", "c"])
@pytest.mark.parametrize("age", AGES)
def test_harmful_material_goes_as_csem_found_by_manual_review(letter_of: Any, sub_type: str, age: str) -> None:
    hashes = {"sha256": "", "sha1": "", "md5": ""} if sub_type == "b" else {}
    [report] = reports_for(letter_of({"age_class": age, **hashes}, notice_type="harmful_abusive", sub_type=sub_type))
    assert (report["type"], report["exploitation_type"]) == ("csem", "distribution")
    assert report["detection_method"] == "manual_review"
    assert f"custom:sub-type-{sub_type}" in report["tags"]
    assert any(tag.startswith("sha256:") for tag in report["tags"]) == (sub_type != "b")


def test_a_complicit_provider_learns_neither_age_nor_hashes_nor_baseline(letter_of: Any) -> None:
    [report] = reports_for(letter_of({"baseline": True}, reduced=True))
    assert report["type"] == "csem"
    assert report["tags"] == ["custom:csam"]
    assert not {"classification", "hash_values", "victim_age_range"} & set(report)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "age_class": st.sampled_from(AGES),
                "baseline": st.booleans(),
                "act": st.sampled_from(["", "1", "2"]),
                "detection": st.sampled_from(["hash_match", "user_report", "manual_review"]),
                "address": st.sampled_from([None, "192.0.2.1", "2001:db8::1"]),
                "mime": st.sampled_from(["image/png", "video/mp4", "application/octet-stream"]),
                "url": st.from_regex(r"https?://[a-z]{1,9}\.example/[!-~]{0,40}", fullmatch=True),
            }
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([("csam", ""), ("harmful_abusive", "a"), ("harmful_abusive", "c")]),
    st.booleans(),
    st.booleans(),
)
def test_every_report_is_valid_without_error_or_warning(
    letter_of: Any, places: list[dict[str, Any]], kind: tuple[str, str], reduced: bool, demonstration: bool
) -> None:
    letter = letter_of(*places, notice_type=kind[0], sub_type=kind[1], reduced=reduced, demonstration=demonstration)
    reports = reports_for(letter)
    assert [report["url"] for report in reports] == [each.url for each in letter.urls]
    for report in reports:
        result = xarf.parse(report)
        assert (result.errors, result.warnings) == ([], [])
        assert uuid.UUID(report["report_id"]).version == 4
        assert ("lifecycle:test" in report.get("tags", [])) == demonstration
        assert not {"evidence", "_internal"} & set(report)


def test_reports_of_one_notice_and_of_its_reminder_are_different_incidents(letter_of: Any) -> None:
    first = reports_for(letter_of({}, {"url": "https://img.host.example/2.jpg"}))
    reminder = reports_for(letter_of({}, {"url": "https://img.host.example/2.jpg"}, occasion=1))
    assert len({report["report_id"] for report in [*first, *reminder]}) == 4
    assert first == reports_for(letter_of({}, {"url": "https://img.host.example/2.jpg"}))


@pytest.mark.parametrize("url", ["https://host.example/é", "https://host.example/a b", "https://host.example/\n"])
def test_an_address_that_is_not_plain_ascii_is_refused_without_being_repeated(letter_of: Any, url: str) -> None:
    with pytest.raises(XarfInvalid) as refused:
        reports_for(letter_of({"url": url}))
    assert "host.example" not in str(refused.value)
