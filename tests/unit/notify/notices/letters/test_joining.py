"""Several notices in one mail: each address once, numbered through, and a report with the same number for it."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes, policy
from typing import Any

import pytest

from orbweaver.notify.notices.letters.joining import compose_joined
from orbweaver.notify.notices.letters.parts import parts_of


@pytest.fixture
def three(letter_of: Any) -> list[Any]:
    """A reminder of three days, a new notice of the same kind, and a new one of another kind."""
    made = letter_of()
    old = letter_of(
        {},
        {"url": "https://img.host.example/old/2.jpg"},
        reference="ntc_old",
        occasion=3,
        first_sent_at=made.composed_at - dt.timedelta(days=3),
    )
    new = letter_of({"url": "https://img.host.example/new/1.jpg"}, reference="ntc_new")
    other = letter_of(
        {"url": "https://img.host.example/other/1.jpg"},
        reference="ntc_other",
        notice_type="harmful_abusive",
        sub_type="a",
    )
    return [old, new, other]


def test_each_address_has_one_number_and_the_report_of_that_number(three: list[Any]) -> None:
    composed = compose_joined(three)
    parts = parts_of(composed.raw)
    urls = [report["url"] for report in parts.reports]
    assert sorted(urls) == sorted(each.url for letter in three for each in letter.urls)
    for number, report in enumerate(parts.reports, start=1):
        assert f", address {number}." in report["description"]
        assert f"\n{number}. {report['url'].replace('https', 'hxxps').replace('.', '[.]', 2)}" in parts.text
    assert {report["description"].split(",")[0] for report in parts.reports} == {
        "Notice ntc_old",
        "Notice ntc_new",
        "Notice ntc_other",
    }


def test_reports_are_those_that_each_notice_would_have_alone(three: list[Any]) -> None:
    from orbweaver.notify.notices.letters.xarf_report import reports_for

    alone = {report["report_id"] for letter in three for report in reports_for(letter)}
    assert {report["report_id"] for report in compose_joined(three).reports} == alone


def test_what_is_new_comes_first_and_the_way_to_answer_once(three: list[Any]) -> None:
    composed = compose_joined(three)
    text = composed.text
    assert "This mail holds 3 notices in 3 parts." in text
    assert text.index("new/1") < text.index("other/1") < text.index("This is reminder 3") < text.index("old/2")
    assert text.count("HOW TO ANSWER") == text.count("WHO ASSESSED IT") == text.count(three[0].answer_url) == 1
    assert text.count("To Host & Söhne") == 1
    assert composed.subject == "Please remove: material of children, 4 addresses [ntc_old and 2 more]"


def test_reminders_alone_say_for_how_long_it_is_there(three: list[Any]) -> None:
    from dataclasses import replace

    two = [replace(letter, occasion=3, first_sent_at=three[0].first_sent_at) for letter in three[:2]]
    composed = compose_joined(two)
    assert composed.subject.startswith("Still there after 3 days: Please remove: child sexual abuse material, 3 add")
    assert "in 1 parts" not in composed.text
    assert "ntc_old, ntc_new" in composed.text


def test_the_first_notice_gives_the_message_its_name(three: list[Any]) -> None:
    message = message_from_bytes(compose_joined(three).raw, policy=policy.default)
    assert message["Message-ID"] == three[0].message_id


def test_letters_to_different_contacts_do_not_go_together(three: list[Any], letter_of: Any) -> None:
    with pytest.raises(ValueError, match="different contacts"):
        compose_joined([*three, letter_of(to_address="other@host.example")])
