"""CSV: the first line names the columns, each other line is a row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import IO

from orbweaver.detect.hashlists.errors import BadList, BadRow
from orbweaver.detect.hashlists.formats.lines import first_line_of, numbered_lines, rows_by_line
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.messages import COLUMNS_MISSING, ROW_NOT_CSV
from orbweaver.detect.hashlists.rules import COLUMNS, REQUIRED_COLUMNS


class Csv:
    """Columns in any order, others beside them are passed over."""

    name = "csv"
    columns = COLUMNS
    kinds: tuple[str, ...] | None = None
    regions: tuple[str, ...] = ()

    def recognises(self, beginning: str) -> bool:
        """Whether the first line names the columns."""
        return not _missing(_names(first_line_of(beginning)))

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """Rows from the second line on."""
        lines = numbered_lines(file)
        _, header = next(lines, (1, ""))
        names = _names(header or "")
        if missing := _missing(names):
            raise BadList(COLUMNS_MISSING.of(columns=", ".join(COLUMNS), missing=", ".join(missing)))
        return rows_by_line(lines, lambda text: dict(zip(names, _cells(text), strict=False)))

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """The names of the columns, then the rows."""
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        count = 0
        for row in rows:
            writer.writerow(row)
            count += 1
        return count


def _names(header: str) -> list[str]:
    try:
        return [name.strip().lower() for name in _cells(header)]
    except BadRow:
        return []


def _missing(names: list[str]) -> list[str]:
    return [column for column in REQUIRED_COLUMNS if column not in names]


def _cells(line: str) -> list[str]:
    """The cells of one line. A row ends where its line ends: else one stray quote would swallow the rows after it.

    Raises BadRow.
    """
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        raise BadRow(ROW_NOT_CSV.of(error=str(error))) from None


FORMAT = Csv()
