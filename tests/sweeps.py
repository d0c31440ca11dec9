"""What `make test` leaves to `make sweep`: all but a few cases of a test that says ``@pytest.mark.sampled(3)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pytest


class Case(Protocol):
    """A collected test, as far as it is asked here."""

    @property
    def nodeid(self) -> str:
        """Its file, name and case."""

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        """Its mark of this name."""

    def add_marker(self, marker: pytest.MarkDecorator) -> None:
        """Give it another one."""


def mark_swept(items: Sequence[Case]) -> None:
    """Mark as a sweep all cases of a ``sampled`` test but as many as it says."""
    cases: dict[str, list[tuple[Case, int]]] = {}
    for item in items:
        if sampled := item.get_closest_marker("sampled"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append((item, sampled.args[0]))
    for of_one_test in cases.values():
        stay = staying(len(of_one_test), of_one_test[0][1])
        for number, (item, _) in enumerate(of_one_test):
            if number not in stay:
                item.add_marker(pytest.mark.sweep)


def staying(cases: int, of: int) -> set[int]:
    """Which of these many cases ``make test`` tries: the first, and others as far apart as they can be."""
    return {number * cases // of for number in range(of)} if of < cases else set(range(cases))
