"""JSON Lines: each line is one object whose keys are the names of the columns, as ``lists export --json`` prints it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.formats.lines import first_line_of, numbered_lines, rows_by_line
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.messages import ROW_NOT_JSON, ROW_WITHOUT_COLUMN, VALUE_NOT_TEXT
from orbweaver.detect.hashlists.rules import COLUMNS, STATED_COLUMNS

WORDS = {None: "", True: "yes", False: "no"}
"""How JSON's own words are written in a cell."""


class JsonLines:
    """Keys in any order, others beside them are passed over; ``null`` is the same as leaving a key out."""

    name = "jsonl"
    columns = COLUMNS
    stated: tuple[str, ...] = STATED_COLUMNS
    kinds: tuple[str, ...] | None = None
    regions: tuple[str, ...] = ()

    def recognises(self, beginning: str) -> bool:
        """Whether the first line is an object with a hash."""
        try:
            found = _object(first_line_of(beginning))
        except BadRow:
            return False
        return isinstance(found.get("value"), str)

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """Rows from the first line on; empty lines are passed over."""
        return rows_by_line(numbered_lines(file), _cells)

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """One object a line."""
        count = 0
        for row in rows:
            file.write(json.dumps(dict(row), ensure_ascii=False) + "\n")
            count += 1
        return count


def _cells(line: str) -> dict[str, str]:
    if not line.strip():
        return {}
    found = _object(line)
    cells = {column: _text(column, found[column]) for column in COLUMNS if column in found}
    if not cells:
        raise BadRow(ROW_WITHOUT_COLUMN)
    return cells


def _object(line: str) -> dict[str, Any]:
    """Raises BadRow, also for what is nested deeper than can be read or holds a number of endless digits."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRow(ROW_NOT_JSON) from None
    if not isinstance(found, dict):
        raise BadRow(ROW_NOT_JSON)
    return found


def _text(column: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return WORDS[value]
    raise BadRow(VALUE_NOT_TEXT.of(column=column))


FORMAT = JsonLines()
