"""Reading files of JSON whose rows are records within one document, one after the other in bounded memory. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

import ijson

from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.formats.protocol import RefusedRow
from orbweaver.detect.hashlists.messages import BREAKS_OFF, NOT_THIS_JSON

BEGINNING: Final = 64 * 1024
"""Characters of a file by which it is recognised."""


class _Bytes:
    """A file of text as one of bytes, which the reader wants."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def read(self, size: int = BEGINNING) -> bytes:
        return self._file.read(size).encode(errors="replace")


def json_records(file: IO[str], prefix: str) -> Iterator[tuple[int, Any] | RefusedRow]:
    """Each record under ``prefix`` with its number, from 1. Where the document breaks off, one row is refused at last.

    Raises BadList when there is no document at all.
    """
    number = 0
    try:
        for record in ijson.items(_Bytes(file), prefix, use_float=True):
            number += 1
            yield number, record
    except (ijson.JSONError, UnicodeDecodeError, ValueError, RecursionError):
        if number == 0:
            raise BadList(NOT_THIS_JSON) from None
        yield RefusedRow(number + 1, BREAKS_OFF)


def text_of(value: Any) -> str:
    """A value as a cell: "" for none, yes or no for JSON's own words; numbers without a fraction as such."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(value)
