"""Small numbers are not published, nor what would give them away. Pure.

A count of 1 to 4 is shown as "<5". Where a total is published beside its parts, hiding one part is not enough: it is
the total less the others. So further parts are hidden until every hidden one could be at least two numbers, and where
that cannot be done, the total is hidden too. Lines (rows, columns) are looked at one by one, as with a pencil.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FEWEST: Final = 5
"""The smallest count that is shown, but for 0."""


class Hidden(StrEnum):
    """What stands in the place of a number: 1 to 4, or a larger one that would give such a number away."""

    FEW = "<5"
    KEPT = "hidden"


Cell = int | Hidden


@dataclass(frozen=True)
class Table:
    """A table as it is published, with its totals."""

    cells: list[list[Cell]]
    row_totals: list[Cell]
    column_totals: list[Cell]


def shown(count: int) -> Cell:
    """A count that stands alone."""
    return Hidden.FEW if 0 < count < FEWEST else count


def parts(counts: Sequence[int]) -> tuple[list[Cell], Cell]:
    """The parts of a whole, and the whole, as they are published."""
    found = suppress([list(counts)], columns=False)
    return found.cells[0], found.row_totals[0]


def suppress(table: Sequence[Sequence[int]], *, rows: bool = True, columns: bool = True) -> Table:
    """The table as it is published beside its totals; ``rows`` and ``columns`` say which totals are."""
    cells: list[list[Cell]] = [[shown(count) for count in row] for row in table]
    width = len(table[0]) if table else 0
    lines = [[(r, c) for c in range(width)] for r in range(len(table))] if rows else []
    lines += [[(r, c) for r in range(len(table))] for c in range(width)] if columns else []
    stuck: set[int] = set()
    changed = True
    while changed:
        changed = False
        for number, line in enumerate(lines):
            if number in stuck or not _gives_away(line, table, cells):
                continue
            changed = True
            cell = _next_to_hide(line, table, cells)
            if cell is None:
                stuck.add(number)
            else:
                cells[cell[0]][cell[1]] = Hidden.KEPT
    row_lines = len(table) if rows else 0
    return Table(
        cells,
        [_total(sum(row), number in stuck and number < row_lines) for number, row in enumerate(table)],
        [_total(sum(row[c] for row in table), row_lines + c in stuck) for c in range(width)],
    )


def _total(total: int, hide: bool) -> Cell:
    return (Hidden.FEW if 0 < total < FEWEST else Hidden.KEPT) if hide else shown(total)


def _gives_away(line: Sequence[tuple[int, int]], table: Sequence[Sequence[int]], cells: list[list[Cell]]) -> bool:
    """Whether the line's total tells what a hidden part is."""
    hidden = [(table[r][c], cells[r][c]) for r, c in line if isinstance(cells[r][c], Hidden)]
    few = sum(cell is Hidden.FEW for _, cell in hidden)
    kept = len(hidden) - few
    rest = sum(count for count, _ in hidden)
    if not hidden:
        return False
    if kept == 0:
        return few == 1 or not few < rest < few * (FEWEST - 1)
    if len(hidden) == 1:
        return True
    return rest - FEWEST * kept <= few


def _next_to_hide(
    line: Sequence[tuple[int, int]], table: Sequence[Sequence[int]], cells: list[list[Cell]]
) -> tuple[int, int] | None:
    """The smallest part that is shown and not 0."""
    open_ones = [(r, c) for r, c in line if not isinstance(cells[r][c], Hidden) and table[r][c]]
    return min(open_ones, key=lambda cell: (table[cell[0]][cell[1]], cell), default=None)
