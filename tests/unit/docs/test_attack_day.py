"""Every finding that the attack day tries names tests that are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
PARTS = tomllib.loads((TESTS / "soak" / "attack_day.toml").read_text(encoding="utf-8"))
ROWS = [(finding, node) for part in PARTS.values() for finding, nodes in part.items() for node in nodes]


@pytest.mark.parametrize(("finding", "node"), ROWS, ids=lambda each: str(each)[:60])
def test_each_finding_names_tests_that_are_there(finding: str, node: str) -> None:
    path, _, name = node.partition("::")
    text = (TESTS / path).read_text(encoding="utf-8")
    assert finding
    assert not name or re.search(rf"^\s*(async )?def {re.escape(name)}\(", text, re.MULTILINE), node
