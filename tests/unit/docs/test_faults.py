"""What the page of faults names as holding each is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "developers" / "faults.md"


def rows() -> list[list[str]]:
    """The rows of its tables of what was done from outside: what was done, what holds it."""
    _, _, text = PAGE.read_text().partition("## Done to the running program")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "]
    return [row for row in cells if row[0] not in {"what was done", "---"}]


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row[0])[:50])
def test_each_row_names_tests_that_are_there(row: list[str]) -> None:
    _, holds = row
    named = [name for name in re.findall("`([^`]+)`", holds) if not name.startswith("make ")]
    for name in named:
        assert list((ROOT / "tests").rglob(f"**/{name}")), name
    assert named or "`make " in holds
