"""Term lists: files as hotlines write them, and terms found with their word forms."""

from __future__ import annotations

import pytest

from orbweaver.assess.terms.errors import BadTermList
from orbweaver.assess.terms.files import read_terms
from orbweaver.assess.terms.flagging import ListedTerm, ListMatcher
from orbweaver.assess.terms.messages import NO_WORD


def found(language: str, terms: list[ListedTerm], text: str) -> dict[int, int]:
    return dict(ListMatcher(language, terms).find([text]))


@pytest.mark.parametrize(
    ("language", "term", "text"),
    [
        ("en", "secret picture", "all the SECRET pictures"),
        ("fr", "image cachée", "les images cachées"),
        ("de", "geheimes Bild", "geheime Bilder"),
        ("ru", "картинка", "много картинок и картинки"),
        ("xx", "wort", "ein w0rt"),
    ],
)
def test_a_term_is_found_in_its_forms_and_disguises(language: str, term: str, text: str) -> None:
    assert found(language, [ListedTerm(1, term)], text) == {1: 1}


def test_a_form_that_no_stem_reaches_is_given_and_counts_for_its_term() -> None:
    term = ListedTerm(1, "mouse", ("mice",))
    assert found("en", [term], "a mouse, two mice") == {1: 2}
    assert found("en", [ListedTerm(1, "mouse")], "two mice") == {}


def test_other_words_and_other_orders_are_no_hit() -> None:
    assert found("en", [ListedTerm(1, "secret picture")], "a picture of a secret") == {}


def test_files_in_both_forms_and_rows_that_are_none() -> None:
    csv = read_terms(b"term,forms\nmouse,mice|meece\n,x\nlake\n", "list.csv")
    assert [(each.text, each.forms) for each in csv.terms] == [("mouse", ("mice", "meece")), ("lake", ())]
    assert csv.rejected == ((3, NO_WORD),)
    toml = read_terms(b'[[term]]\ntext = "mouse"\nforms = ["mice"]\n[[term]]\ntext = 7\n', "list.toml")
    assert [(each.text, each.forms) for each in toml.terms] == [("mouse", ("mice",))]
    assert toml.rejected == ((2, NO_WORD),)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xff\xfe", "a.csv"),
        (b"word\nmouse\n", "a.csv"),
        (b"x = [", "a.toml"),
        (b"x = 1", "a.toml"),
        (b"a" * 3_000_000, "a"),
    ],
)
def test_what_is_no_list_is_said_to_be_none(data: bytes, name: str) -> None:
    with pytest.raises(BadTermList):
        read_terms(data, name)
