"""The simulation behind docs/developers/queue-fairness.md still runs, and is one in which something could starve."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from orbweaver.assess.review.rules import RANK_DELAYS

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def fairness() -> Iterator[ModuleType]:
    """The benchmark as a module, found beside its plot as when it is run."""
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("queue_fairness", FOLDER / "queue_fairness.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["queue_fairness"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        sys.modules.pop("queue_fairness", None)


def test_everything_gets_its_verdict_from_enough_different_people(fairness: ModuleType) -> None:
    for items in fairness.simulate(4000, 1, overload=True).values():
        assert len(items) == 4000
        for item in items:
            assert item.decided is not None
            assert item.created <= item.taken <= item.decided
            assert len(set(item.answered_by)) == len(item.answered_by) == (3 if item.disputed else 2)


def test_the_order_in_use_overtakes_by_half_an_hour_at_most_and_a_strict_one_does_not(
    fairness: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fairness, "OVERLOAD_DAYS", (0.1, 9.0))
    monkeypatch.setattr(fairness, "OVERLOAD", 1.5)
    runs = fairness.simulate(10_000, 1, overload=True)
    promised = max(RANK_DELAYS.values()).total_seconds()
    assert max(fairness.overtaking(runs["in use"]).values()) <= promised
    assert max(fairness.overtaking(runs["strict priority"]).values()) > promised


def test_the_plot_draws_every_kind_of_every_order(fairness: ModuleType) -> None:
    panels = [fairness.Panel("in use", {kind: [10.0, 60.0, 7200.0] for kind in fairness.KINDS})]
    drawn = fairness.draw(panels)
    assert drawn.count("<circle") == 3
    assert drawn.strip().endswith("</svg>")
