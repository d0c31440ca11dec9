"""CSV: the first line names the columns, each other line is a row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import IO

from orbweaver.detect.hashlists.formats.lines import rows_by_line
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.formats.tables import Table
from orbweaver.detect.hashlists.rules import COLUMNS, REQUIRED_COLUMNS, STATED_COLUMNS

TABLE = Table(COLUMNS, REQUIRED_COLUMNS)


class Csv:
    """Columns in any order, others beside them are passed over."""

    name = "csv"
    columns = COLUMNS
    stated: tuple[str, ...] = STATED_COLUMNS
    kinds: tuple[str, ...] | None = None
    regions: tuple[str, ...] = ()

    def recognises(self, beginning: str) -> bool:
        """Whether the first line names the columns."""
        return TABLE.recognises(beginning)

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """Rows from the second line on."""
        names, lines = TABLE.opened(file)
        return rows_by_line(lines, lambda text: TABLE.cells(names, text))

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """The names of the columns, then the rows."""
        writer = csv.DictWriter(file, (*COLUMNS, *STATED_COLUMNS), lineterminator="\n")
        writer.writeheader()
        count = 0
        for row in rows:
            writer.writerow(row)
            count += 1
        return count


FORMAT = Csv()
