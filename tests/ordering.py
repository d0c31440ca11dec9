"""In which order files of tests begin, so that processes that share them always have work for each core.

Units and services want a processor all the time; crawls, servers and rechecks wait for most of theirs. pytest-django
puts all tests of one kind after all of another: then every process waits at once, and later all want the cores. So the
kinds are mixed evenly, the longest files of each first: none is left to one process while others have nothing to do.
Journeys come before all, side by side: a process keeps its browser from one to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol

LONGEST = (
    "trials/demo/test_demo.py",
    "e2e/test_every_form.py",
    "e2e/test_axe.py",
    "soak/notices",
    "workers/test_crawl_kills.py",
    "cli/test_run",
    "docs/test_backup.py",
    "workers/test_crawl.py",
    "runtime/test_installation.py",
    "runtime/test_postgres.py",
    "workers/test_crawl_hostile.py",
    "workers/test_crawl_copies.py",
    "workers/test_crawl_polite.py",
    "trials/demo/test_world.py",
    "visiting/test_no_place_lost.py",
    "trials/test_sample.py",
    "cli/test_files.py",
    "unit/index/test_warmup.py",
    "unit/detect/copies/test_film_folders.py",
)
"""Files that take longer than their number of tests says."""
COMMITS = {"transactional_db", "live_server"}
"""Fixtures of tests with threads or processes of their own, which see only what is committed."""


class Case(Protocol):
    """A collected test, as far as it is asked here."""

    @property
    def path(self) -> Path:
        """Its file."""

    @property
    def fixturenames(self) -> Sequence[str]:
        """The fixtures that it asks for, by whatever way."""


class Kind(IntEnum):
    """What a file's tests do with the processor."""

    JOURNEY = 0
    WAITS = 1
    DATABASE = 2
    UNIT = 3


def kind_of(tests: Iterable[Case]) -> Kind:
    """Of all tests of a file."""
    asked = {name for test in tests for name in getattr(test, "fixturenames", ())}
    if "chromium" in asked:
        return Kind.JOURNEY
    if asked & COMMITS:
        return Kind.WAITS
    return Kind.DATABASE if "db" in asked else Kind.UNIT


def in_turns(tests: Iterable[Any]) -> list[Any]:
    """The same tests, file by file; within each file their order stays."""
    files: dict[Path, list[Any]] = {}
    for test in tests:
        files.setdefault(test.path, []).append(test)
    of_kind: dict[Kind, list[list[Any]]] = {kind: [] for kind in Kind}
    for file in sorted(files.values(), key=_longest_first):
        of_kind[kind_of(file)].append(file)
    journeys = of_kind.pop(Kind.JOURNEY)
    mixed = [
        ((place + 0.5) / len(group), kind, file) for kind, group in of_kind.items() for place, file in enumerate(group)
    ]
    mixed.sort(key=lambda each: each[:2])
    return [test for file in [*journeys, *(file for _, _, file in mixed)] for test in file]


def _longest_first(file: Sequence[Case]) -> tuple[int, int]:
    name = file[0].path.as_posix()
    place = next((number for number, part in enumerate(LONGEST) if part in name), len(LONGEST))
    return place, -len(file)
