"""The measure behind docs/developers/series-suggestions.md: what counts as precise, and what as found."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def suggestions() -> Iterator[ModuleType]:
    """The benchmark as a module, found beside its plot as when it is run."""
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("series_suggestions", FOLDER / "series_suggestions.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["series_suggestions"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        sys.modules.pop("series_suggestions", None)
        sys.modules.pop("share_plot", None)


def test_precision_is_of_pairs_and_recall_of_what_the_right_ones_join(suggestions: ModuleType) -> None:
    world = suggestions.World(series=[1, 1, 1, 2, 2, 0])
    assert suggestions.measured(world, [(0, 1), (1, 2), (0, 3), (4, 5)]) == (4, 0.5, 0.75)
    assert suggestions.measured(world, []) == (0, 1.0, 0.0)


def test_the_world_holds_what_it_says(suggestions: ModuleType) -> None:
    world = suggestions.make_world(random.Random(1), series=20, singles=50)
    assert max(world.series) == 20
    assert world.series.count(0) == 50
    assert {each.media for each in world.seen} == set(range(len(world.series)))
    assert len(world.pdq) == len(world.series)


def test_the_tables_are_written_between_their_marks_and_nothing_else_is_touched(suggestions: ModuleType) -> None:
    world = suggestions.World(series=[1, 1, 1, 2, 2, 0])
    rows = [(0, 1, 0.8, [{"signal": "same_page"}]), (0, 3, 0.35, [{"signal": "title"}])]
    lines, curve = suggestions.tables(world, rows, 1.0)
    assert "| 0.3 | 2 | 50.0% | 25.0% |" in lines
    assert "| same page | 1 | 100.0% | 25.0% |" in lines
    assert curve[0] == (0.3, 0.5, 0.25)
    before, after = "# Title\n", "\nWhat it means.\n"
    page = before + "old".join(suggestions.MARKS) + after
    written = suggestions.between_marks(page, lines)
    assert written.startswith(before)
    assert written.endswith(after)
    assert "old" not in written
    assert suggestions.between_marks(written, lines) == written


def test_the_page_has_the_marks(suggestions: ModuleType) -> None:
    page = (suggestions.DOC / "series-suggestions.md").read_text(encoding="utf-8")
    assert [page.count(mark) for mark in suggestions.MARKS] == [1, 1]
