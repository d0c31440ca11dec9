"""Every row of the threat model names a test that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.docs.test_attack_day import is_there

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "security" / "threat-model.md"
OPEN = "What nothing holds yet"
"""The heading of what is said without a test."""


def sections() -> dict[str, list[list[str]]]:
    """Heading → the rows of its table, as cells."""
    found: dict[str, list[list[str]]] = {}
    for part in PAGE.read_text().split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        lines = [line for line in text.splitlines() if line.startswith("| ")]
        found[heading] = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return found


ROWS = [row for rows in sections().values() for row in rows]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0])[:50])
def test_each_row_names_a_test_that_is_there(row: list[str]) -> None:
    tried, holds, named = row
    path, _, name = named.strip("`").partition("::")
    assert tried
    assert holds
    assert is_there(name, (ROOT / "tests" / path).read_text()), named


def test_who_might_turn_against_it_is_named_with_what_each_could_try() -> None:
    found = sections()
    assert not found.pop(OPEN)
    for who in ("provider", "site", "reporter", "staff", "decoder", "backup"):
        assert any(who in heading and len(rows) >= 4 for heading, rows in found.items()), who
