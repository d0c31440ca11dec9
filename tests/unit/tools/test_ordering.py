"""Files of tests are shared out in an order that leaves no core without work."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.ordering import Kind, in_turns, kind_of


@dataclass(frozen=True)
class Test:
    """What is asked of a collected test."""

    __test__ = False

    path: Path
    fixturenames: tuple[str, ...] = ()
    number: int = 0


def file_of(name: str, *fixtures: str, tests: int = 1) -> list[Test]:
    return [Test(Path(f"/tests/{name}"), fixtures, number) for number in range(tests)]


def order_of(*files: list[Test]) -> list[str]:
    ordered = in_turns(test for file in files for test in file)
    return [path.name for path, _ in groupby(ordered, lambda test: test.path)]


def test_what_waits_is_mixed_evenly_with_what_wants_a_processor() -> None:
    crawls = [file_of(f"crawl{number}", "transactional_db") for number in range(2)]
    pages = [file_of(f"page{number}", "db", "client") for number in range(4)]
    rules = [file_of(f"rule{number}") for number in range(2)]
    order = order_of(*pages, *crawls, *rules)
    assert order == ["page0", "crawl0", "rule0", "page1", "page2", "crawl1", "rule1", "page3"]


def test_journeys_come_first_side_by_side_and_the_longest_files_of_each_kind() -> None:
    files = [
        file_of("small", tests=2),
        file_of("large", tests=9),
        file_of("integration/doors/workers/test_crawl.py", "live_server", tests=3),
        file_of("other_crawl", "transactional_db", tests=8),
        file_of("journey", "chromium", "live_server"),
        file_of("next_journey", "chromium", "live_server"),
    ]
    order = order_of(*files)
    assert order == ["journey", "next_journey", "test_crawl.py", "large", "other_crawl", "small"]


def test_a_file_stays_together_in_its_own_order_whatever_its_tests_ask_for() -> None:
    mixed = [Test(Path("/mixed"), ("db",), 0), Test(Path("/mixed"), ("transactional_db",), 1)]
    others = file_of("other", tests=2)
    ordered = in_turns([mixed[0], *others, mixed[1]])
    assert kind_of(mixed) == Kind.WAITS
    assert sorted(ordered, key=lambda test: test.path.name) == [*mixed, *others]
    assert len([*groupby(ordered, lambda test: test.path)]) == 2
