"""The first of a month is written as people of a language write it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation

from orbweaver.notify.notices.letters.languages import words_of
from orbweaver.platform.days import day_in_words

FIRST, SECOND = dt.date(2026, 12, 1), dt.date(2026, 12, 2)


@pytest.mark.parametrize(
    ("language", "pattern", "first", "second"),
    [
        ("fr", "j F Y", "1er décembre 2026", "2 décembre 2026"),
        ("de", "j. F Y", "1. Dezember 2026", "2. Dezember 2026"),
        ("en", "j F Y", "1 December 2026", "2 December 2026"),
    ],
)
def test_on_pages(language: str, pattern: str, first: str, second: str) -> None:
    with translation.override(language):
        assert [day_in_words(day, pattern) for day in (FIRST, SECOND)] == [first, second]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "1er déc. 2026, 14:05 UTC"),
        ("de", "1. Dez. 2026, 14:05 UTC"),
        ("en", "1 Dec 2026, 14:05 UTC"),
    ],
)
def test_in_letters(language: str, said: str) -> None:
    assert words_of(language).instant(dt.datetime(2026, 12, 1, 14, 5, tzinfo=dt.UTC)) == said
