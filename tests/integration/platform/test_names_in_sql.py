"""SQL says the names of what tables keep as numbers: WAITING, not 0."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps

import orbweaver

SOURCE = Path(orbweaver.__file__).parent
GENERATED = "structure.sql"


def columns() -> set[str]:
    """Columns whose choices are numbers."""
    fields = (field for model in apps.get_models() for field in model._meta.fields)
    return {str(field.column) for field in fields if any(isinstance(value, int) for value, _ in field.flatchoices)}


def texts() -> Iterator[tuple[str, str]]:
    """Every text in the code, and every file of SQL that somebody writes."""
    for path in SOURCE.rglob("*.py"):
        if path.parent.name != "migrations":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield path.name, node.value
    for path in SOURCE.rglob("*.sql"):
        if path.name != GENERATED:
            yield path.name, path.read_text(encoding="utf-8")


@cache
def bare_number() -> re.Pattern[str]:
    """A column that is compared with a number or set to one."""
    names = "|".join(sorted(columns()))
    compared = rf"\b(?:{names})\s*(?:=|<>|<=?|>=?|IN\s*\()\s*\d+"
    chosen = rf"\b(?:{names})\s*=\s*CASE\b(?:(?!\bEND\b).)*?\b(?:THEN|ELSE)\s+\d+"
    return re.compile(f"{compared}|{chosen}", flags=re.DOTALL)


def bare_numbers(text: str) -> list[str]:
    """Where a column is compared with a number or set to one."""
    return bare_number().findall(text)


def test_the_search_knows_a_bare_number_from_a_name() -> None:
    assert columns() == {"kind", "state"}
    assert bare_numbers("f.state = 3")
    assert bare_numbers("kind IN (1, 2)")
    assert bare_numbers("state = CASE WHEN a THEN f.state ELSE 2 END")
    assert not bare_numbers("state = CASE WHEN a THEN {State.DONE} ELSE f.state END, attempts = CASE WHEN b THEN 0 END")


def test_no_statement_has_a_bare_number_for_a_state_or_a_kind() -> None:
    assert [(name, found) for name, text in texts() for found in bare_numbers(text)] == []
