"""The letters as texts: every type, route and language, word for word as reviewed (``golden/``), and never a leak.

After a change on purpose: ``WRITE_GOLDEN=1 pytest tests/unit/notify/notices/letters/test_compose_texts.py``, then read
what changed.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orbweaver.assess.criteria import NoticeType
from orbweaver.assess.criteria.loading import current
from orbweaver.notify.jurisdictions import Answer, DutyNote
from orbweaver.notify.jurisdictions.tables import tables
from orbweaver.notify.notices.letters.compose import compose, texts
from orbweaver.notify.notices.letters.languages import LANGUAGES, words_of
from orbweaver.notify.notices.letters.letter import Letter, LetterUrl, Preservation
from orbweaver.notify.notices.letters.markup import html, plain

GOLDEN = Path(__file__).parent / "golden"
WRITE = "WRITE_GOLDEN" in os.environ
ROUTES = ("provider", "referral", "cdn", "upstream", "registrar", "payment")
KINDS = [("csam", ""), ("harmful_abusive", "a"), ("harmful_abusive", "b"), ("harmful_abusive", "c")]
FIRST = dt.datetime(2026, 11, 10, 8, 30, tzinfo=dt.UTC)
REASONS = {each.name.value: each.text for each in current().categories}
SUB_TYPES = {str(each.name): each.text for each in current().sub_types}
DUTY = DutyNote(
    country="Canada",
    notice_type=NoticeType.CSAM,
    answer=Answer.YES,
    law="S.C. 2011, c. 4",
    note="Apparent violations, to NCMEC's CyberTipline.",
)
NO_HASHES = {"sha256": "", "sha1": "", "md5": ""}


def reasons_of(kind: tuple[str, str], age: str) -> tuple[str, ...]:
    category = {"": "csam", "a": "csam_related"}.get(kind[1], "other_harmful")
    ages = {each.name.value: each.text for each in current().age_classes}
    found = (current().removal.text, REASONS[category], ages[age])
    return (*found, SUB_TYPES[kind[1]]) if kind[1] else found


def cases(letter_of: Any) -> dict[str, Letter]:
    """One letter of each type and of each route, and the variants: reminder, reduced, preservation, duties."""

    def letter(kind: tuple[str, str], *places: dict[str, Any], **more: Any) -> Letter:
        hidden = NO_HASHES if kind[1] == "b" else {}
        filled = [
            {"age_class": "prepubescent", **hidden, **place}
            | {"reasons": reasons_of(kind, place.get("age_class", "prepubescent"))}
            for place in places or ({},)
        ]
        made: Letter = letter_of(*filled, notice_type=kind[0], sub_type=kind[1], **more)
        return made

    csam = KINDS[0]
    second = {"url": "https://img.host.example/b/2.mp4", "pages": (), "address": None, "age_class": "pubescent"}
    found = {f"provider-{kind[0]}{kind[1] and '-' + kind[1]}": letter(kind) for kind in KINDS}
    elsewhere: dict[str, Any] = {"about": "Deaf Hosting Ltd", "parent_first_sent_at": FIRST, "country": "CA"}
    for route in ROUTES[1:]:
        told = {"deadline_at": FIRST + dt.timedelta(days=20), "country": "CA"} if route == "referral" else elsewhere
        found[f"{route}-csam"] = letter(csam, {}, second, route=route, provider_name="Addressee", **told)
    found["reminder"] = letter(csam, {}, second | {"identified": True}, occasion=4, first_sent_at=FIRST)
    found["reduced"] = letter(csam, reduced=True, duty=DUTY, preservation=Preservation(90, "Act 1"))
    found["preservation"] = letter(csam, country="CA", duty=DUTY, preservation=Preservation(90, "Evidence Act, s. 3"))
    found["duty-unknown"] = letter(
        KINDS[3],
        country="CA",
        duty=DutyNote(country="Canada", notice_type=NoticeType.HARMFUL_ABUSIVE, answer=Answer.UNKNOWN),
    )
    found["by-hand"] = letter(csam, {}, second, by_hand=True)
    found["cdn-origin-unknown"] = letter(csam, route="cdn", provider_name="Addressee")
    found["demonstration"] = letter(csam, demonstration=True)
    found["trial"] = letter(csam, trial=True)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_reads_as_reviewed(letter_of: Any, language: str) -> None:
    expected: dict[Path, str] = {}
    for name, letter in cases(letter_of).items():
        subject, text, page = texts(replace(letter, language=language))
        expected[GOLDEN / language / f"{name}.txt"] = f"Subject: {subject}\n\n{text}"
        expected[GOLDEN / language / f"{name}.html"] = page
    if WRITE:
        for path, content in expected.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    assert set((GOLDEN / language).iterdir()) == set(expected)
    for path, content in expected.items():
        assert path.read_text() == content, path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_holds_a_picture_or_anything_to_load(letter_of: Any, language: str) -> None:
    for letter in cases(letter_of).values():
        composed = compose(replace(letter, language=language))
        assert not re.search(r"<(img|script|link|iframe|object|video|svg)|url\(|src=", composed.html)
        assert b"image/" not in re.sub(rb'"(media_type|mime)[^,]*', b"", composed.raw)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_reason_of_the_criteria_in_force_and_every_note_on_a_duty_has_words(language: str) -> None:
    criteria = current()
    reasons = [criteria.removal.text, criteria.straddling.text]
    reasons += [
        each.text for group in (criteria.categories, criteria.sub_types, criteria.age_classes) for each in group
    ]
    words = words_of(language)
    assert [reason for reason in reasons if words.reason(reason) == reason] == []
    notes = {each.note for each in tables().duties if each.note}
    assert {note for note in notes if not words.note(note)} == set()


def test_a_language_that_letters_are_not_written_in_is_english() -> None:
    assert words_of("it").language == "en"


def test_plain_text_and_html_say_the_same(letter_of: Any) -> None:
    for language in LANGUAGES:
        for letter in cases(letter_of).values():
            _, text, page = texts(replace(letter, language=language))
            bare = re.sub(r"\s+", "", re.sub(r"<head>.*</head>|<[^>]+>", " ", page, flags=re.DOTALL))
            words = set(re.findall(r"\w{4,}", text.casefold()))
            assert {word for word in words if word not in bare.replace("&#x27;", "'").casefold()} <= LINK_WORDS


LINK_WORDS = {"https", "hotline", "example", "public", "answer", "signature", "ntc_7h2k7h2k7h2k7h2k"}
"""Of the link, which HTML keeps in its attribute."""

SECRET = "Zq7secretZq7"


def test_a_letter_has_no_field_for_what_it_must_never_say() -> None:
    names = {field.name for kind in (Letter, LetterUrl) for field in fields(kind)}
    forbidden = (
        "victim",
        "series",
        "police",
        "source",
        "title",
        "alt",
        "text",
        "context",
        "before",
        "after",
        "name_of",
    )
    allowed = {"sha256"}
    assert [name for name in names - allowed if any(word in name for word in forbidden)] == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.sampled_from(ROUTES),
    st.sampled_from(KINDS),
    st.sampled_from(LANGUAGES),
    st.sampled_from(["prepubescent", "pubescent", "post_pubescent"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.integers(0, 3),
)
def test_a_complicit_provider_never_learns_age_identity_hashes_or_duties_by_any_route(
    letter_of: Any,
    route: str,
    kind: tuple[str, str],
    language: str,
    age: str,
    flags: tuple[bool, bool, bool],
    occasion: int,
) -> None:
    identified, baseline, preserve = flags
    hidden = NO_HASHES if kind[1] == "b" else {}
    letter: Letter = letter_of(
        {"identified": identified, "baseline": baseline, "age_class": age, "reasons": (SECRET,), **hidden},
        notice_type=kind[0],
        sub_type=kind[1],
        route=route,
        language=language,
        reduced=True,
        occasion=occasion,
        duty=replace_law(DUTY, SECRET),
        preservation=Preservation(90, SECRET) if preserve else None,
    )
    composed = compose(letter)
    everything = composed.subject + composed.text + composed.html + str(composed.reports)
    words = words_of(language)
    for withheld in (SECRET, words.ages[age].partition(" (")[0], age, "a" * 64, "b" * 40, "c" * 32, "baseline"):
        assert withheld not in everything


def replace_law(duty: DutyNote, law: str) -> DutyNote:
    return duty.model_copy(update={"law": law})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(max_size=40), st.sampled_from(ROUTES), st.sampled_from(LANGUAGES))
def test_what_people_typed_never_becomes_a_heading_a_link_or_markup(
    letter_of: Any, typed: str, route: str, language: str
) -> None:
    name = f"x\n# {typed}\n@ https://evil.example/ <b>"
    letter = letter_of(route=route, language=language, provider_name=name, about=name, clause=name)
    _, text, page = texts(letter)
    assert page.count("<a href=") == 1
    assert "evil.example/ &lt;b&gt;" in page
    assert "<b>" not in page
    assert text.count("\n@ ") == 0


def test_marks_become_headings_lists_and_paragraphs() -> None:
    marked = "# One\n\n! now\nthen\n\n- a\n- b\n\n3. c\n   d\n4. e\n\n@ https://h.example/?a=1&b=2 Go there\n"
    assert plain(marked) == "ONE\n\nnow\nthen\n\n- a\n- b\n\n3. c\n   d\n4. e\n\nhttps://h.example/?a=1&b=2\n"
    page = html(marked, title="T", language="en")
    assert '<h2 style="font-size: 18px">One</h2>' in page
    assert "<p><strong>now</strong><br>\nthen</p>" in page
    assert "<ul>\n<li>a</li>\n<li>b</li>\n</ul>" in page
    assert '<li value="3" style="overflow-wrap: anywhere">c<br>d</li>' in page
    assert '<a href="https://h.example/?a=1&amp;b=2">Go there</a>' in page
