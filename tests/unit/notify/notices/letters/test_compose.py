"""The message as people, machines and mail servers read it."""

from __future__ import annotations

import datetime as dt
import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import xarf

from orbweaver.notify.notices.letters.compose import compose


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_same_letter_always_gives_the_same_bytes(letter_of: Any) -> None:
    assert (
        compose(letter_of({}, {"age_class": "pubescent"})).raw == compose(letter_of({}, {"age_class": "pubescent"})).raw
    )


def test_the_mail_is_an_arf_report_with_xarf_as_further_parts(letter_of: Any) -> None:
    message = read(compose(letter_of({}, {"url": "https://img.host.example/2.jpg"})).raw)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "feedback-report"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["multipart/alternative", "message/feedback-report", "application/json", "application/json"]
    feedback = list(message.iter_parts())[1].get_payload(0)
    assert isinstance(feedback, EmailMessage)
    assert (feedback["Feedback-Type"], feedback["Version"], feedback["Incidents"]) == ("other", "1", "2")
    assert feedback["User-Agent"].startswith("Orbweaver/")
    assert feedback["Source-IP"] == "192.0.2.1"
    assert feedback.get_all("Reported-URI") == [
        "https://img.host.example/2.jpg",
        "https://img.host.example/a/1.jpg?x=1",
    ]
    for part in list(message.iter_parts())[2:]:
        assert xarf.parse(json.loads(part.get_content())).errors == []


def test_headers_say_who_when_and_which_occasion(letter_of: Any) -> None:
    first = read(compose(letter_of()).raw)
    assert first["From"] == "Example Hotline <notices@hotline.example>"
    assert (first["To"], first["Reply-To"]) == ("abuse@host.example", "notices@hotline.example")
    assert first["Message-ID"] == "<ntc_7h2k7h2k7h2k7h2k.0@hotline.example>"
    assert first["Date"] == "Tue, 24 Nov 2026 14:05:00 +0000"
    assert first["Auto-Submitted"] == "auto-generated"
    reminder = read(compose(letter_of(occasion=2)).raw)
    assert reminder["Message-ID"] == "<ntc_7h2k7h2k7h2k7h2k.2@hotline.example>"
    assert reminder["References"] == first["Message-ID"]
    assert reminder["Subject"].startswith("Still there after 1 day: ")


def test_the_text_says_what_where_why_what_to_do_by_when_and_how_to_answer(letter_of: Any) -> None:
    text = compose(letter_of()).text
    for expected in (
        "Host & Söhne",
        "Child sexual abuse material",
        "hxxps://img[.]host[.]example/a/1.jpg?x=1",
        "shown on hxxps://host[.]example/gallery/3",
        "seen there 24 Nov 2026, 14:05 UTC, answered by 192.0.2.1",
        "The image falls in a criminal definition.",
        "Age class of the youngest child: prepubescent (0 to 8 years)",
        "Child identified by law enforcement: not known to be",
        "Removal criteria: version 1",
        "act by 25 Nov 2026, 14:05 UTC at the latest",
        "write again after 24 hours as long as the material is there",
        "SHA-256 " + "a" * 64,
        "SHA-1   " + "b" * 40,
        "MD5     " + "c" * 32,
        "https://hotline.example/public/answer/ntc_7h2k7h2k7h2k7h2k.signature/",
        "4.2 Child safety (https://host.example/terms)",
        '"more likely than not"',
        "Example Hotline (CA, hotline.example)",
        "ntc_7h2k7h2k7h2k7h2k",
    ):
        assert expected in text
    assert "DEMONSTRATION" not in text


def test_an_exact_address_is_nowhere_in_what_people_read(letter_of: Any) -> None:
    composed = compose(letter_of())
    for part in (composed.subject, composed.text, composed.html):
        assert "img.host.example" not in part
        assert "https://host.example/gallery" not in part
    assert composed.reports[0]["url"] == "https://img.host.example/a/1.jpg?x=1"


def test_a_demonstration_is_marked_in_every_part(letter_of: Any) -> None:
    composed = compose(letter_of(demonstration=True))
    assert composed.subject.startswith("DEMONSTRATION: ")
    assert composed.text.startswith("DEMONSTRATION.")
    assert "<strong>DEMONSTRATION." in composed.html
    assert "lifecycle:test" in composed.reports[0]["tags"]


def test_sub_type_b_is_about_these_places_alone(letter_of: Any) -> None:
    hashes = {"sha256": "", "sha1": "", "md5": ""}
    composed = compose(letter_of(hashes, notice_type="harmful_abusive", sub_type="b"))
    assert "about these addresses alone" in composed.text
    assert "SHA-256" not in composed.text + composed.html
    assert "elsewhere on your service" not in composed.text
    assert "sub-type b" in composed.text


def test_a_reduced_notice_says_no_more_than_what_is_to_go(letter_of: Any) -> None:
    composed = compose(letter_of({"identified": True, "baseline": True}, reduced=True))
    for part in (composed.text, composed.html):
        for withheld in ("law enforcement", "Age class", "a" * 64, "criminal definition.<", "Both questions"):
            assert withheld not in part
    assert "hxxps://img[.]host[.]example/a/1.jpg?x=1" in composed.text


def test_an_identified_child_is_said_to_be_and_nothing_more(letter_of: Any) -> None:
    assert "Child identified by law enforcement: yes" in compose(letter_of({"identified": True})).text


def test_places_with_different_decisions_are_told_apart_and_numbered_through(letter_of: Any) -> None:
    composed = compose(
        letter_of(*({"url": f"https://h.example/{n}.jpg", "age_class": age} for n, age in enumerate(AGES_TWICE)))
    )
    assert "(1 OF 3)" in composed.text
    assert "(3 OF 3)" in composed.text
    numbers = [line.split(". ")[0] for line in composed.text.splitlines() if "hxxps://h[.]" in line]
    assert numbers == ["1", "2", "3", "4", "5", "6"]
    assert composed.text.count("written so that no click") == 1


AGES_TWICE = ["prepubescent", "pubescent", "post_pubescent"] * 2


def test_a_reminder_says_which_one_it_is_and_when_the_first_was_sent(letter_of: Any) -> None:
    text = compose(letter_of(occasion=3)).text
    assert "This is reminder 3 of our notice of 23 Nov 2026, 14:05 UTC." in text


def test_markup_in_what_comes_from_outside_is_text(letter_of: Any) -> None:
    html = compose(letter_of({"url": "https://h.example/<script>"}, provider_name="<b>Host</b>")).html
    assert "<script>" not in html
    assert "&lt;b&gt;Host&lt;/b&gt;" in html


def test_a_very_long_address_breaks_no_line_limit_and_stays_exact(letter_of: Any) -> None:
    url = "https://h.example/" + "x" * 8_000
    raw = compose(letter_of({"url": url})).raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    [part] = [part for part in read(raw).walk() if part.get_content_type() == "application/json"]
    assert json.loads(part.get_content())["url"] == url


@pytest.mark.parametrize(("hours", "words"), [(24.0, "after 24 hours"), (1.0, "after 60 minutes"), (0.001, "1 minute")])
def test_the_interval_is_said_in_words(letter_of: Any, hours: float, words: str) -> None:
    later = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    assert words in compose(letter_of(reminder_hours=hours, respond_by=later)).text


def test_a_host_of_other_letters_is_named_as_people_write_it_with_its_ascii_form(letter_of: Any) -> None:
    """Letters that look alike are told apart by the ASCII form; addresses are in it alone, as they are asked for."""
    text = compose(letter_of({"url": "https://xn--pypal-4ve.example/1.jpg", "host": "xn--pypal-4ve.example"})).text
    assert "Host: pаypal[.]example (xn--pypal-4ve[.]example)" in text
    assert "hxxps://xn--pypal-4ve[.]example/1.jpg" in text
