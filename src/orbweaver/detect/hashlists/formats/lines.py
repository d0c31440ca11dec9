"""Reading a file line by line in bounded memory, for formats whose rows are lines. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.messages import LINE_TOO_LONG
from orbweaver.fingerprints.kinds import kinds

MAX_LINE = 64 * 1024
"""Longest line that is read, in characters."""

ENDS = ("\r", "\n")

Line = tuple[int, str | None]
"""The number of a line, from 1, and its text without its end; None where it is longer than ``MAX_LINE``."""


def numbered_lines(file: IO[str]) -> Iterator[Line]:
    """All lines. The rest of an endless one is read past, piece by piece, and never held."""
    number = 0
    text = file.readline(MAX_LINE)
    while text:
        number += 1
        if len(text) < MAX_LINE or text.endswith("\n"):
            yield number, text.rstrip("\r\n")
            text = file.readline(MAX_LINE)
        else:
            yield number, None
            text = _after_the_rest(file, text)


def _after_the_rest(file: IO[str], text: str) -> str:
    """The line after one of which this is a piece. ``\\r`` ends a line, too, and may be parted from its ``\\n``."""
    while text and not text.endswith(ENDS):
        text = file.readline(MAX_LINE)
    following = file.readline(MAX_LINE)
    return file.readline(MAX_LINE) if text.endswith("\r") and following == "\n" else following


def first_line_of(beginning: str) -> str:
    """The first line of a file that begins so; "" where it does not end within that."""
    line, end, _ = beginning.partition("\n")
    return line.rstrip("\r") if end or len(beginning) < MAX_LINE else ""


def grouped(rows: Iterable[Mapping[str, str]]) -> Iterator[list[Mapping[str, str]]]:
    """Rows by entries: those with the same id and member, one after the other; a row without an id is one by itself."""
    numbers = itertools.count()
    for _, group in itertools.groupby(rows, lambda row: (row["id"], row["member"]) if row["id"] else next(numbers)):
        yield list(group)


def installed(hashes: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those of these kinds and values whose kind is installed here; all of them where that is none."""
    known = tuple(each for each in hashes if each[0] in kinds())
    return known or tuple(hashes)


def lines_with_rows(
    lines: Iterable[Line], row_of: Callable[[int, str], ListRow | None]
) -> Iterator[ListRow | RefusedRow]:
    """A row for each line that has one. ``row_of`` raises BadRow for a line it cannot read."""
    for number, text in lines:
        try:
            if text is None:
                raise BadRow(LINE_TOO_LONG)
            row = row_of(number, text)
        except BadRow as error:
            yield RefusedRow(number, error.message)
            continue
        if row is not None:
            yield row


def rows_by_line(lines: Iterable[Line], cells_of: Callable[[str], Mapping[str, str]]) -> Iterator[ListRow | RefusedRow]:
    """A row for each line; one without cells is passed over. ``cells_of`` raises BadRow for a line it cannot read."""
    return lines_with_rows(lines, lambda number, text: ListRow(number, cells) if (cells := cells_of(text)) else None)
