"""What a hotline says of its verdict is read as far as it has a meaning here, and kept as it came."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.detect.exchanges.verdicts import MOST_CHARACTERS, keepable, read

OURS = {
    "by": "Hotline A",
    "outcome": "remove",
    "category": "csam",
    "criteria": {"version": "3", "sha256": "ab"},
    "decided_at": "2026-11-24T13:00:00+01:00",
}


def test_a_verdict_is_read() -> None:
    found = read(OURS)
    assert (found.by, found.outcome, found.category, found.criteria) == ("Hotline A", "remove", "csam", "3")
    assert found.decided_at == dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    assert read({"criteria": "3"}).criteria == "3"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"outcome": 1, "criteria": [], "decided_at": "never"},
        {"criteria": {"version": {}}, "decided_at": "2026-11-24"},
    ],
)
def test_what_it_does_not_say_is_empty(odd: dict[str, Any]) -> None:
    found = read(odd)
    assert (found.outcome, found.category, found.criteria, found.decided_at) == ("", "", "", None)


def test_what_has_no_meaning_here_is_kept_without_what_the_database_cannot_hold() -> None:
    said = OURS | {
        "severity": {"scale": "theirs", "steps": [1, 2.5, None, True]},
        "a\0b": "\ud800\0",
        "n": float("nan"),
    }
    assert keepable(said) == OURS | {"severity": said["severity"], "ab": "?", "n": "nan"}


def test_what_is_no_verdict_or_longer_than_any_is_not_kept() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    odds: tuple[Any, ...] = (None, [], "remove", {"x": "y" * MOST_CHARACTERS}, {"x": {1, 2}}, deep)
    for odd in odds:
        assert keepable(odd) == {}
