"""A published table as a value: its name, its columns, its rows, and what all tables go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Row = dict[str, object]
DAY_S = 86_400.0
STATUSES = ("removed", "open", "offline", "before")
LEAST_LISTED = 20
"""Addresses notified from which a provider or country has a row of its own; the others share one. With fewer in all,
shares and times to removal are not published either: they would tell of single addresses."""
OTHERS = "others"


@dataclass(frozen=True)
class Dataset:
    """Rows with the same keys, in order. Values are text, numbers, None for nothing to show, or "<5" and "hidden"."""

    name: str
    keys: tuple[str, ...]
    rows: list[Row]
    rules: Mapping[str, str] = field(default_factory=dict)
    """Of a figure that is worked out by tables of rules: table → the version in force."""


def dataset(name: str, keys: str, rows: Iterable[Iterable[object]], rules: Mapping[str, str] | None = None) -> Dataset:
    """A table of these keys, separated by blanks."""
    names = tuple(keys.split())
    return Dataset(name, names, [dict(zip(names, row, strict=True)) for row in rows], rules or {})
