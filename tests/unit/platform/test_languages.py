"""The languages of pages and letters are the folders that are there."""

from __future__ import annotations

import re

import pytest

from orbweaver.platform.languages import FIRST, Language, choices, codes, known, languages, of


def test_english_comes_first_and_each_says_its_name_in_itself() -> None:
    assert choices()[0] == (FIRST, "English")
    assert {("fr", "Français"), ("de", "Deutsch")} <= set(choices())
    assert codes().split(", ") == [code for code, _ in choices()]


def test_a_code_without_a_folder_is_not_known_and_english_stands_for_it() -> None:
    assert known("de")
    assert (of("de").code, of("xx").code, of("../de").code) == ("de", FIRST, FIRST)
    assert not known("../de")
    assert not known("")


@pytest.mark.parametrize("language", languages(), ids=codes().split(", "))
def test_a_folder_has_all_that_the_first_one_has(language: Language) -> None:
    first = languages()[0]
    wanted = {path.relative_to(first.folder) for path in first.folder.rglob("*") if path.is_file()}
    assert {path for path in wanted if not (language.folder / path).is_file()} == set()
    assert language.code == FIRST or language.plurals
    re.compile(language.refused)
