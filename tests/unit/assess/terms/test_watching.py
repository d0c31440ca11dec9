"""Watch terms: folded, hashed with a key, and found in texts exactly where they stand."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orbweaver.assess.terms.normal import fold, readings, words
from orbweaver.assess.terms.watching import MIN_LETTERS, WatchMatcher, hash_term, key_check

KEY, OTHER = b"k" * 32, b"o" * 32


def matcher(*terms: str) -> WatchMatcher:
    hashed = {number: hash_term(term, KEY) for number, term in enumerate(terms)}
    return WatchMatcher({number: term for number, term in hashed.items() if term is not None}, KEY)


@pytest.mark.parametrize(
    "written",
    ["Nicole", "NICOLE", "n1c0le", "Nicolé", "ｎｉｃｏｌｅ", "nісоlе", "ni\u200bcole"],
)
def test_disguises_of_a_name_are_one_form(written: str) -> None:
    assert words(written) == words("nicole")


def test_short_codes_and_years_are_what_they_are() -> None:
    assert words("4b 2011") == ["4b", "2011"]


def test_an_address_is_read_as_one_word_and_as_several() -> None:
    assert [[fold(token) for token in tokens] for tokens in readings("n@dia")] == [["nadia"], ["n", "dia"]]


words_of = st.text(st.characters(categories=("Lu", "Ll", "Nd")), min_size=1, max_size=12)


@given(words_of)
def test_case_width_and_marks_do_not_matter(word: str) -> None:
    for other in (word.casefold(), unicodedata.normalize("NFD", word), unicodedata.normalize("NFC", word)):
        assert [fold(each) for each in [other]] == [fold(word)]


TOKENS = "ann mary lake school north 7b team red green lou n1na dia maya 2011 élan über"
tokens = st.sampled_from(TOKENS.split())
texts = st.lists(tokens, max_size=30)
terms = st.lists(st.lists(tokens, min_size=1, max_size=3), max_size=6)


@settings(deadline=None)
@given(terms, texts)
def test_exactly_the_terms_that_stand_there_are_found(wanted: list[list[str]], text: list[str]) -> None:
    found = matcher(*(" ".join(each) for each in wanted)).find([" – ".join(text)])
    forms = [fold(token) for token in text]
    for number, term in enumerate(wanted):
        run = [fold(token) for token in term]
        times = sum(forms[at : at + len(run)] == run for at in range(len(forms)))
        meant = sum(map(len, run)) >= MIN_LETTERS
        assert found[number] == (times if meant else 0)


def test_terms_that_share_an_anchor_at_different_places_are_counted_once() -> None:
    assert matcher("ann mary ann", "mary mary ann").find(["mary – mary – ann"]) == {1: 1}


def test_a_term_does_not_span_two_texts_and_is_found_again_in_the_next_page() -> None:
    watch = matcher("north lake")
    assert not watch.find(["to the north", "lake of it"])
    assert watch.find(["The North, Lake!"])[0] == 1
    assert watch.find(["The North, Lake!"])[0] == 1


def test_two_who_watch_for_the_same_are_both_told() -> None:
    assert set(matcher("north lake", "North  Lake").find(["north lake"])) == {0, 1}


def test_what_would_be_on_every_page_is_no_term() -> None:
    assert hash_term("a b", KEY) is None
    assert hash_term("  ", KEY) is None
    assert hash_term(" ".join(["word"] * 9), KEY) is None


def test_without_the_key_the_hashes_tell_nothing() -> None:
    one, two = hash_term("Nicole", KEY), hash_term("Nicole", OTHER)
    assert one is not None
    assert two is not None
    assert {one.anchor, one.value}.isdisjoint({two.anchor, two.value})
    assert key_check(KEY) != key_check(OTHER)
    assert b"nico" not in one.anchor + one.value
    assert not WatchMatcher({0: one}, OTHER).find(["nicole"])


def test_remembering_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.assess.terms.watching.REMEMBERED", 10)
    watch = matcher("nicole")
    watch.find([" ".join(f"word{number}" for number in range(100))])
    assert watch.find(["nicole"])[0] == 1
