"""Every text of a page is in the catalogue of each language, translated whole, and compiled."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOP = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", TOP / "tools" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_text_of_the_pages_is_in_the_catalogue_and_no_other(tool: ModuleType) -> None:
    found = {text: entry.plural for text, entry in tool.found().items()}
    for language in tool.LANGUAGES:
        known = {text: entry.plural for text, entry in tool.read(tool.paths(language)[0]).items()}
        assert known == found, "run `make translations` and translate what it names"


def test_every_text_is_translated_with_its_placeholders_and_plural_forms(tool: ModuleType) -> None:
    for language in tool.LANGUAGES:
        entries = tool.read(tool.paths(language)[0]).values()
        wrong = {each.text: problems for each in entries if (problems := tool.problems(language, each))}
        assert wrong == {}


def test_the_compiled_catalogue_is_that_of_the_text(tool: ModuleType) -> None:
    for language in tool.LANGUAGES:
        source, compiled = tool.paths(language)
        assert compiled.read_bytes() == tool.compiled(language, tool.read(source)), "run `make translations`"


@pytest.mark.parametrize(
    ("translations", "problem"),
    [
        ([""], "it is not translated"),
        ([], "a plural form is missing"),
        (["Il y a %(m)s images"], "it carries"),
        (["Il y a %(n)s images !"], "French wants"),
    ],
)
def test_a_bad_translation_is_named(tool: ModuleType, translations: list[str], problem: str) -> None:
    entry = tool.Entry("There are %(n)s pictures", translations=translations)
    assert problem in tool.problems("fr", entry)[0]
