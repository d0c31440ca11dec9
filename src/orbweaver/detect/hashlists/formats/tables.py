"""Tables in text: the first line names the columns, each other line is a row. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from orbweaver.detect.hashlists.errors import BadList, BadRow
from orbweaver.detect.hashlists.formats.lines import Line, first_line_of, numbered_lines
from orbweaver.detect.hashlists.messages import COLUMNS_MISSING, ROW_NOT_CSV

SPECIAL = ('"', "\r", "\n")
"""What means anything in a row beside the delimiter."""


@dataclass(frozen=True)
class Table:
    """How one kind of table is read. Names of columns come in any case and order; others next to them are allowed."""

    columns: Sequence[str]
    """All that the kind has, as it writes them."""
    required: Sequence[str]
    """Names in small letters, without which nothing is read."""
    delimiter: str = ","

    def recognises(self, beginning: str) -> bool:
        """Whether the first line names the columns."""
        return not self._missing(self._names(first_line_of(beginning)))

    def opened(self, file: IO[str]) -> tuple[list[str], Iterator[Line]]:
        """The names of the columns in small letters, and the lines after them. Raises BadList where one is missing."""
        lines = numbered_lines(file)
        _, header = next(lines, (1, ""))
        names = self._names(header or "")
        if missing := self._missing(names):
            between = f"{self.delimiter} "
            raise BadList(COLUMNS_MISSING.of(columns=between.join(self.columns), missing=between.join(missing)))
        return names, lines

    def cells(self, names: Sequence[str], line: str) -> Mapping[str, str]:
        """One row by the names of its columns.

        A row ends where its line ends: else one stray quote would swallow the rows after it. Raises BadRow.
        """
        return dict(zip(names, self._split(line), strict=False))

    def _names(self, header: str) -> list[str]:
        try:
            return [name.strip().lower() for name in self._split(header)]
        except BadRow:
            return []

    def _missing(self, names: Sequence[str]) -> list[str]:
        return [column for column in self.required if column not in names]

    def _split(self, line: str) -> list[str]:
        if not any(special in line for special in SPECIAL):  # most lines, and a third of the time
            return line.split(self.delimiter) if line else []
        try:
            return next(csv.reader([line], delimiter=self.delimiter, strict=True), [])
        except csv.Error as error:
            raise BadRow(ROW_NOT_CSV.of(error=str(error))) from None
