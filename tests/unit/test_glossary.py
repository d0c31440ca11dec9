"""One word for one thing: what the glossary refuses is in no text for people, and is no name in the code."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "src" / "orbweaver"
GLOSSARY = TOP / "docs" / "domain" / "glossary.md"
LETTERS = PACKAGE / "platform" / "locale"
MARKUP = re.compile(r"{%.*?%}|{{.*?}}|%\(\w+\)s|`[^`]*`", re.DOTALL)
"""What is no word: placeholders, tags, commands."""


def rows(header: str) -> list[list[str]]:
    """The rows of the glossary's table that begins with this header."""
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {header} |"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def refused(where: str) -> list[str]:
    """The words that the glossary refuses there."""
    return [word.strip() for words, _, places in rows("not this") if where in places for word in words.split(",")]


@cache
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations_of_glossary", TOP / "tools" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@cache
def texts() -> list[tuple[str, str]]:
    """Each text for people with where it stands: the catalogue in both languages, letters, help, the README."""
    found: list[tuple[str, str]] = []
    for language in tool().LANGUAGES:
        for entry in tool().read(tool().paths(language)[0]).values():
            found += [(each, entry.text) for each in (*entry.forms, *entry.translations)]
    files = [
        *LETTERS.rglob("letters/*.txt"),
        *LETTERS.rglob("words.toml"),
        TOP / "docs" / "operators" / "commands.md",
        TOP / "README.md",
    ]
    found += [(path.read_text(encoding="utf-8"), path.name) for path in files]
    return [(MARKUP.sub(" ", text), where) for text, where in found]


@cache
def names() -> dict[str, str]:
    """Each name that the code gives, without leading underscores, with a file that gives it."""
    found: dict[str, str] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _given(node):
                found.setdefault(name.strip("_"), path.relative_to(TOP).as_posix())
    return found


def _given(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return [node.attr]
    return []


@pytest.mark.parametrize("word", refused("texts"))
def test_a_refused_word_is_in_no_text_for_people(word: str) -> None:
    pattern = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
    assert [(where, text[:120]) for text, where in texts() if pattern.search(text)] == []


@pytest.mark.parametrize("word", refused("names"))
def test_a_refused_word_is_no_name_in_the_code(word: str) -> None:
    parts = word.lower().replace(" ", "_")
    assert {name: path for name, path in names().items() if name.lower() == parts} == {}


def test_the_glossary_has_each_word_once_in_order_with_its_french_word() -> None:
    table = rows("word")
    words = [row[0] for row in table]
    assert words == sorted(words, key=str.lower)
    assert len(words) == len(set(words)) >= 30
    assert [row for row in table if len(row) != 3 or not all(row)] == []


@pytest.mark.parametrize("french", [row[1] for row in rows("word") if row[1] != "–"])
def test_pages_and_letters_use_the_french_word_of_the_glossary(french: str) -> None:
    all_texts = "\n".join(text for text, _ in texts())
    for form in french.split(","):
        in_any_number = r"s?\s".join(re.escape(word) for word in form.split())
        assert re.search(in_any_number, all_texts, re.IGNORECASE), form
