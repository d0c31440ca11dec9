"""The simulation behind docs/developers/focused-crawl.md still runs, small, and the focused crawl is still ahead."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from orbweaver.platform.network.urls import parse

FOLDER = Path(__file__).parents[3] / "benchmarks"
PAGES = 20_000


@pytest.fixture(scope="module")
def focused() -> Iterator[ModuleType]:
    """The benchmark as a module, found beside its plot as when it is run."""
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("focused_crawl", FOLDER / "focused_crawl.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["focused_crawl"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        sys.modules.pop("focused_crawl", None)
        sys.modules.pop("found_plot", None)


@pytest.fixture(scope="module")
def simulated(focused: ModuleType) -> Any:
    """A web of so many pages, and how each order went through it."""
    return focused.simulate(PAGES, 4)


def chain(focused: ModuleType, length: int, known: set[int]) -> tuple[int, int]:
    """Fetches and finds of a focused crawl from the first of pages of one site that each link to the next alone."""
    urls = [parse(f"http://a.example/{page}") for page in range(length)]
    links = [[page + 1] if page + 1 < length else [] for page in range(length)]
    web = focused.Web(urls, [0] * length, links, known, [0])
    curve = focused.Crawl(web, focused=True, in_turn=False).run(1000)
    return len(curve), curve[-1]


@pytest.mark.sweep
def test_the_focused_crawl_is_ahead_at_every_share_and_breadth_first_finds_all_in_the_end(
    focused: ModuleType, simulated: Any
) -> None:
    web, runs = simulated
    assert 0.01 < len(web.known) / len(web.urls) < 0.06
    assert focused.is_ahead(web, runs)
    assert runs["breadth-first"][-1] == runs["breadth-first, in turn"][-1] == len(web.known)
    assert len(runs["breadth-first"]) == len(web.urls)


def test_it_fails_when_the_focused_crawl_is_no_better(focused: ModuleType, simulated: Any) -> None:
    web, runs = simulated
    same = dict.fromkeys(runs, runs["breadth-first"])
    assert not focused.is_ahead(web, same)


def test_a_trail_ends_after_the_setting_and_a_find_renews_it(focused: ModuleType) -> None:
    assert focused.MAX_HOPS == 4
    assert chain(focused, 20, set()) == (5, 0)
    assert chain(focused, 20, {3}) == (8, 1)
    assert chain(focused, 20, {3, 7, 16}) == (12, 2)


def test_the_plot_draws_every_order(focused: ModuleType) -> None:
    drawn = focused.draw([focused.Curve(name, [0.0, 0.5, 0.5, 1.0]) for name in focused.ORDERS], 4)
    assert drawn.count("<circle") == 4
    assert drawn.strip().endswith("</svg>")
