"""What ``make test`` leaves to ``make sweep``: nothing is in neither, and of each there is a sample."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import hypothesis
import pytest
from tests.sweeps import mark_swept, staying

TOP = Path(__file__).parents[3]
TESTS = TOP / "tests"
MAKEFILE = (TOP / "Makefile").read_text(encoding="utf-8")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def selection_of(target: str) -> str:
    """The expression of markers by which a target of the Makefile chooses tests."""
    found = re.search(rf'^{target}:.*\n(?:\t.*\n)*?\t.*-m "([^"]+)"', MAKEFILE, re.MULTILINE)
    assert found, target
    return found[1]


def test_every_test_but_the_campaigns_is_run_by_one_of_the_two() -> None:
    assert selection_of("test") == "not soak and not sweep"
    assert selection_of("sweep") == "(sweep or property) and not soak"


def test_properties_are_tried_with_more_examples_by_the_sweep() -> None:
    assert "--hypothesis-profile=whole" in MAKEFILE.partition("\nsweep:")[2].partition("\n\n")[0]
    sample, whole = (hypothesis.settings.get_profile(name).max_examples for name in ("sample", "whole"))
    assert 3 * sample <= whole


def test_where_coverage_and_the_oldest_python_are_looked_at_sweeps_run_too() -> None:
    found = re.findall(r'-m "(not soak and not browser)"', MAKEFILE)
    assert len(found) == 2
    assert "sweep" not in found[0]


def swept_whole(path: Path) -> bool:
    """Whether all of a file is a sweep, by its ``pytestmark`` or by each of its tests."""
    text = path.read_text(encoding="utf-8")
    if "pytest.mark.sweep" not in text:
        return False
    tree = ast.parse(text)
    marks = [
        ast.unparse(node)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    tests = [node for node in tree.body if isinstance(node, FUNCTIONS) and node.name.startswith("test_")]
    swept = [any(ast.unparse(each) == "pytest.mark.sweep" for each in node.decorator_list) for node in tests]
    return "pytest.mark.sweep" in "".join(marks) or all(swept)


@pytest.mark.parametrize(
    "path", [path for path in sorted(TESTS.rglob("test_*.py")) if swept_whole(path)], ids=lambda path: path.name
)
def test_a_file_that_is_a_sweep_from_end_to_end_names_where_a_sample_is(path: Path) -> None:
    described = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert "sample" in described
    named = re.findall(r"`(test_\w+\.py)`", described)
    assert named
    for name in named:
        assert any(not swept_whole(other) for other in TESTS.rglob(name) if other != path), f"{name} is no sample"


@pytest.mark.parametrize(
    ("cases", "of", "stay"), [(4, 1, {0}), (52, 4, {0, 13, 26, 39}), (5, 2, {0, 2}), (3, 3, {0, 1, 2}), (2, 9, {0, 1})]
)
def test_the_cases_that_stay_are_the_first_and_others_far_apart(cases: int, of: int, stay: set[int]) -> None:
    assert staying(cases, of) == stay


class Case:
    """What is asked of a collected test."""

    def __init__(self, nodeid: str, *marks: pytest.Mark) -> None:
        self.nodeid, self.marks = nodeid, {mark.name: mark for mark in marks}

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self.marks.get(name)

    def add_marker(self, marker: pytest.MarkDecorator) -> None:
        self.marks[marker.name] = marker.mark


def test_cases_beyond_the_sample_are_a_sweep_and_other_tests_are_left_alone() -> None:
    sampled = pytest.mark.sampled(1).mark
    cases = [Case("a.py::test_one[1]", sampled), Case("a.py::test_two[1]"), Case("a.py::test_one[2]", sampled)]
    cases += [Case("b.py::test_one[1]", sampled)]
    mark_swept(cases)
    assert ["sweep" in case.marks for case in cases] == [False, False, True, False]
