"""Reading files of JSON whose rows are records within one document, one after the other in bounded memory. Pure.

By itself the parser holds one text or number whole, however long, and reads a long number again with each piece of it;
what puts records together there keeps the path to each level of one, so that 64 KB of brackets took six gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

import ijson

from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.formats.protocol import RefusedRow
from orbweaver.detect.hashlists.messages import (
    BREAKS_OFF,
    FIRST_ENDLESS,
    NOT_THIS_JSON,
    RECORD_TOO_LARGE,
    VALUE_ENDLESS,
)

BEGINNING: Final = 64 * 1024
"""Characters of a file by which it is recognised, and that are read together."""
MOST_TOKEN: Final = 2**20
"""Characters of one text, number or name, and of the blanks between two."""
MOST_OPEN: Final = 64
"""Arrays and objects within one another in a record; those that we know have three."""
DEEPEST: Final = 10_000
"""Arrays and objects within one another that are read past: the parser keeps a byte for each."""
MOST_VALUES: Final = 200_000
"""Values of one record: those of a picture that lies in ten thousand places."""
MOST_TEXT: Final = 2**22
"""Characters of all texts and names of one record."""

Events = Iterator[tuple[str, Any]]
"""What the parser finds, in order: what it is (``start_map``, ``string`` …) and its value."""
ENDS: Final = ("end_map", "end_array")
OPENS: Final = {"start_map": dict, "start_array": list}


class _Endless(Exception):
    """One value does not end, or goes down without end; nothing behind it can be read."""


class _TooLarge(Exception):
    """One record is beyond a limit."""


class _Bytes:
    """A file of text as one of bytes, which the parser wants. Raises _Endless where nothing is found in a lot of it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._taken = 0

    def read(self, size: int = BEGINNING) -> bytes:
        if self._taken > MOST_TOKEN:
            raise _Endless
        text = self._file.read(size)
        self._taken += len(text)
        return text.encode(errors="replace")

    def events(self) -> Events:
        """What is in it."""
        for found in ijson.basic_parse(self, use_float=True):
            self._taken = 0
            yield found


def json_records(file: IO[str], prefix: str) -> Iterator[tuple[int, Any] | RefusedRow]:
    """Each record under ``prefix`` with its number, from 1. One that is too large is refused; those after it are read.

    Where the document breaks off or a value does not end, one row is refused at last. Raises BadList when it never was
    such a document.
    """
    number = 0
    try:
        for event, value, events in _begun(_Bytes(file).events(), prefix.split(".")):
            try:
                record: Any = number + 1, _whole(event, events) if event in OPENS else value
            except _TooLarge:
                record = RefusedRow(number + 1, RECORD_TOO_LARGE)
            number += 1
            yield record
    except _Endless:
        if number == 0:
            raise BadList(FIRST_ENDLESS) from None
        yield RefusedRow(number + 1, VALUE_ENDLESS)
    except (ijson.JSONError, UnicodeDecodeError, ValueError):
        if number == 0:
            raise BadList(NOT_THIS_JSON) from None
        yield RefusedRow(number + 1, BREAKS_OFF)


def _begun(events: Events, wanted: Sequence[str]) -> Iterator[tuple[str, Any, Events]]:
    """Where each value under these names (``item``: in an array) begins, and what follows, to be taken to its end."""
    names, depth = [""] * len(wanted), 0
    for event, value in events:
        if event == "map_key":
            if depth <= len(wanted):
                names[depth - 1] = value
        elif event in ENDS:
            depth -= 1
        elif depth == len(wanted) and names == wanted:
            yield event, value, events
        elif event in OPENS:
            depth += 1
            if depth > DEEPEST:
                raise _Endless
            if depth <= len(wanted):
                names[depth - 1] = "item" if event == "start_array" else ""


def _whole(first: str, events: Events) -> Any:
    """The array or object that begins with this event, put together. Raises _TooLarge, with all of it read past."""
    record = inner = OPENS[first]()
    outer: list[tuple[Any, str]] = []
    name = ""
    for event, value in _within_limits(events):
        if event == "map_key":
            name = value
            continue
        if event in ENDS:
            if not outer:
                break
            inner, name = outer.pop()
            continue
        made = OPENS[event]() if event in OPENS else value
        if isinstance(inner, list):
            inner.append(made)
        else:
            inner[name] = made
        if event in OPENS:
            outer.append((inner, name))
            inner = made
    return record


def _within_limits(events: Events) -> Events:
    """The same events, of one array or object that is open. Raises _TooLarge."""
    still_open, values, length = 1, 0, 0
    for event, value in events:
        if event in ENDS:
            still_open -= 1
        else:
            values += 1
            still_open += event in OPENS
            length += len(value) if event in ("string", "map_key") else 0
        if values > MOST_VALUES or length > MOST_TEXT or still_open > MOST_OPEN:
            _read_past(still_open, events)
            raise _TooLarge
        yield event, value


def _read_past(still_open: int, events: Events) -> None:
    while still_open:
        event, _ = next(events)
        still_open += (event in OPENS) - (event in ENDS)
        if still_open > DEEPEST:
            raise _Endless


def text_of(value: Any) -> str:
    """A value as a cell: "" for none, yes or no for JSON's own words; numbers without a fraction as such."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(value)
