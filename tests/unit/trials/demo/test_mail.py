"""The demo's providers read a notice by its machine-readable part alone."""

from __future__ import annotations

import json
from email.message import EmailMessage

from orbweaver_trials.demo.mail import read_notice


def mail(*reports: dict[str, str]) -> bytes:
    message = EmailMessage()
    message["Message-ID"], message["From"], message["Subject"] = "<n1@hotline.example>", "h@hotline.example", "Notice"
    message.set_content("Answer at http://127.0.0.1:1/answer/abc/ please.\n")
    for report in reports:
        message.add_attachment(json.dumps(report).encode(), "application", "json")
    return message.as_bytes()


def test_addresses_come_from_the_reports_each_once() -> None:
    notice = read_notice(mail({"url": "http://a/1"}, {"url": "http://a/2"}, {"url": "http://a/1"}), "abuse@a.example")
    assert notice.urls == ["http://a/1", "http://a/2"]
    assert notice.message_id == "<n1@hotline.example>"


def test_the_link_to_answer_is_found_in_the_text() -> None:
    assert read_notice(mail(), "abuse@a.example").link("/answer/") == "http://127.0.0.1:1/answer/abc/"


def test_a_report_that_is_no_xarf_is_named_as_such() -> None:
    assert read_notice(mail({"url": "http://a/1"}), "abuse@a.example").problems


def test_a_mail_without_a_report_is_a_problem() -> None:
    assert read_notice(mail(), "abuse@a.example").problems == ("no XARF report",)
