"""Reading a file line by line in bounded memory, for formats whose rows are lines. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.messages import LINE_TOO_LONG

MAX_LINE = 64 * 1024
"""Longest line that is read, in characters."""

Line = tuple[int, str | None]
"""The number of a line, from 1, and its text without its end; None where it is longer than ``MAX_LINE``."""


def numbered_lines(file: IO[str]) -> Iterator[Line]:
    """All lines. The rest of an endless one is read past, piece by piece, and never held."""
    number = 0
    while text := file.readline(MAX_LINE):
        number += 1
        if not text.endswith("\n") and len(text) == MAX_LINE:
            while (rest := file.readline(MAX_LINE)) and not rest.endswith("\n"):
                pass
            yield number, None
        else:
            yield number, text.rstrip("\r\n")


def rows_by_line(lines: Iterable[Line], cells_of: Callable[[str], Mapping[str, str]]) -> Iterator[ListRow | RefusedRow]:
    """A row for each line; one without cells is passed over. ``cells_of`` raises BadRow for a line it cannot read."""
    for number, text in lines:
        try:
            if text is None:
                raise BadRow(LINE_TOO_LONG)
            cells = cells_of(text)
        except BadRow as error:
            yield RefusedRow(number, error.message)
            continue
        if cells:
            yield ListRow(number, cells)
