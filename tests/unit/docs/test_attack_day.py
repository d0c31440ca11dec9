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
    assert not name or is_there(name, text), node


def is_there(name: str, text: str) -> bool:
    """Whether pytest finds a test by this name: one of a class goes by its class as well, else nothing runs at all."""
    group, _, alone = name.rpartition("::")
    indent = "    " if group else ""
    has_group = not group or re.search(rf"^class {re.escape(group)}\b", text, re.MULTILINE)
    return bool(has_group and re.search(rf"^{indent}(async )?def {re.escape(alone)}\(", text, re.MULTILINE))


def test_a_test_of_a_class_is_not_there_without_its_class() -> None:
    text = "class TestOne(Base):\n    def test_it(self) -> None:\n"
    assert is_there("TestOne::test_it", text)
    assert not is_there("test_it", text)
    assert not is_there("TestTwo::test_it", text)
