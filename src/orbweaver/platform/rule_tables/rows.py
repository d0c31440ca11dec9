"""The rows of tables of rules: what names one, own rows laid over ours, and what differs between two tables. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orbweaver.platform.messages import TABLE_UNUSABLE
from orbweaver.platform.rule_tables.written import Body, TableUnusable, line_of, line_that_names

Keys = Mapping[str, tuple[str, ...]]
"""Lists of rows → the columns that name a row of it."""


@dataclass(frozen=True)
class Difference:
    """One value that differs between two bodies: None where it stands in one of them alone. ``row`` is "" outside."""

    row: str
    name: str
    before: str | None
    after: str | None


def laid_over(ours: Body, own: Body, keys: Keys, without: frozenset[str]) -> Body:
    """Own rows first, then those of ours that none of them names; tables within one another, other values replaced."""
    both = dict(ours)
    for name, value in own.items():
        if name in keys:
            named = {_label(row, keys[name]) for row in value} | without
            both[name] = [*value, *(row for row in ours.get(name, ()) if _label(row, keys[name]) not in named)]
        elif isinstance(value, dict) and isinstance(ours.get(name), dict):
            both[name] = laid_over(ours[name], value, {}, frozenset())
        else:
            both[name] = value
    for name in keys.keys() - own.keys():
        if without and name in ours:
            both[name] = [row for row in ours[name] if _label(row, keys[name]) not in without]
    labels = {_label(row, columns) for name, columns in keys.items() for row in ours.get(name, ())}
    if strange := without - labels:
        raise ValueError(f"without names no row of ours: {min(strange)}")
    return both


def _label(row: Mapping[str, Any], columns: tuple[str, ...]) -> str:
    parts = (row.get(column, "") for column in columns)
    return " ".join(" ".join(part) if isinstance(part, list) else str(part) for part in parts)


def expect_once(text: str, body: Body, keys: Keys) -> None:
    """Each list has rows, and none of them stands twice. Raises TableUnusable."""
    for array, columns in keys.items():
        rows = body.get(array, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            why = f"no list of rows: write [[{array}]]"
            raise TableUnusable(TABLE_UNUSABLE.of(line=line_that_names(text, array) or 1, where=array, why=why))
        seen: set[str] = set()
        for number, row in enumerate(rows):
            if (label := _label(row, columns)) in seen:
                line = line_of(text, (array, number)) or 1
                raise TableUnusable(TABLE_UNUSABLE.of(line=line, where=f"{array} {label}", why="the row stands twice"))
            seen.add(label)


def differences_between(before: Body, after: Body, keys: Keys) -> Iterator[Difference]:
    """Every value that differs, by rows."""
    old, new = _flat(before, keys), _flat(after, keys)
    for row in [*old, *(row for row in new if row not in old)]:
        was, becomes = old.get(row, {}), new.get(row, {})
        for name in [*was, *(name for name in becomes if name not in was)]:
            if was.get(name) != becomes.get(name):
                yield Difference(row, name, was.get(name), becomes.get(name))


def reordered(before: Body, after: Body, keys: Keys) -> Iterator[Difference]:
    """The lists whose common rows stand in another order."""
    for array, columns in keys.items():
        first, second = ([_label(row, columns) for row in body.get(array, ())] for body in (before, after))
        common = set(first) & set(second)
        if [each for each in first if each in common] != [each for each in second if each in common]:
            yield Difference("", f"order of {array}", first[0], second[0])


def _flat(body: Body, keys: Keys) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, value in body.items():
        if name in keys:
            for row in value:
                found[f"{name} {_label(row, keys[name])}"] = {column: _shown(each) for column, each in row.items()}
        elif isinstance(value, dict):
            found[name] = {column: _shown(each) for column, each in value.items()}
        else:
            found.setdefault("", {})[name] = _shown(value)
    return found


def _shown(value: object) -> str:
    if isinstance(value, list | dict | bool):
        return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    return str(value)
