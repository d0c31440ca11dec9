"""A parser of XML whose memory does not grow with what it is given: expat, kept to what honest documents need.

By itself expat holds one token whole, however long, and each name and each open element of a document for good; old
versions read a long token again with each piece of it. Declared entities can grow without end. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.parsers import expat

MOST_TOKEN: Final = 2**20
"""Bytes of one tag with its attributes, or of one comment."""
MOST_OPEN: Final = 64
"""Elements within one another; the documents that we know have seven."""
MOST_NAMES: Final = 1000
"""Different names of elements, attributes and namespaces in one document."""
PIECE: Final = 2**16
"""Bytes that are parsed together."""


class NotHonest(Exception):
    """The document has what no honest one has, and what costs memory or time without end."""


class XmlParser:
    """Calls ``begin`` with name and attributes, ``end`` with the name, ``say`` with text as it comes."""

    def __init__(
        self, begin: Callable[[str, dict[str, str]], Any], end: Callable[[str], Any], say: Callable[[str], Any]
    ) -> None:
        self._begin, self._end = begin, end
        self._parser = expat.ParserCreate(namespace_separator=" ", intern={})
        self._parser.StartElementHandler = self._opened
        self._parser.EndElementHandler = self._closed
        self._parser.CharacterDataHandler = say
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartNamespaceDeclHandler = self._named
        self._names: set[str] = set()
        self._open = self._given = 0

    @property
    def line(self) -> int:
        """Where the parser is."""
        return self._parser.CurrentLineNumber

    @property
    def error_line(self) -> int:
        """Where it found what is no XML."""
        return self._parser.ErrorLineNumber

    def parse(self, data: bytes, *, is_last: bool = False) -> None:
        """Read on. Raises NotHonest, and ExpatError where the document is no XML."""
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            self._given += len(piece)
            self._parser.Parse(piece)
            if self._given - max(0, self._parser.CurrentByteIndex) > MOST_TOKEN + PIECE:
                raise NotHonest
        if is_last:
            self._parser.Parse(b"", True)

    def _opened(self, name: str, attributes: Mapping[str, str]) -> None:
        self._open += 1
        if self._open > MOST_OPEN:
            raise NotHonest
        self._named(name, *attributes)
        self._begin(name, dict(attributes))

    def _closed(self, name: str) -> None:
        self._open -= 1
        self._end(name)

    def _named(self, *names: str | None) -> None:
        self._names.update(each for each in names if each is not None)
        if len(self._names) > MOST_NAMES:
            raise NotHonest

    def _refuse(self, *_: object) -> None:
        raise NotHonest
