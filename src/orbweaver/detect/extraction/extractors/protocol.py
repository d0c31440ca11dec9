"""What every source of references offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

MAX_REFERENCES: Final = 2000
"""References that are taken from one text; a sitemap may hold 50,000, and its rest is not followed."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An address as it is written, perhaps relative. ``alt`` is what the source says of the medium."""

    href: str
    is_media: bool
    alt: str = ""


class Extractor(Protocol):
    """Reads one kind of text. Pure; never raises for what the text holds, and takes time in proportion to it."""

    name: str
    roots: frozenset[str]
    """Local names of the root elements of whole documents that it reads, in lower case."""
    types: frozenset[str]
    """MIME types of those that have no mark of their own: the server's word is taken, but for what begins as markup."""

    def references(self, text: str) -> Iterator[Reference]:
        """What the text refers to, in its order."""
        ...


@dataclass(frozen=True, slots=True)
class InnerFile:
    """A file within a body. ``load`` unpacks it once more, so that many can wait without their bytes.

    ``label`` is its own name or text, the context of a match; ``position`` counts the files of the body from 0.
    """

    label: str
    position: int
    load: Callable[[], bytes]


class Left(StrEnum):
    """Why a part of a body was not looked at: the codes of ``fetching.errors.PARTLY``."""

    CUT = "archive_cut"
    """A limit of number, size, ratio, depth or method."""
    LOCKED = "archive_locked"
    DAMAGED = "archive_damaged"


class Container(Protocol):
    """Finds pictures and videos within a body. Pure, bounded in time and memory, never raises for what it holds."""

    name: str

    def opens(self, body: bytes, mime: str | None) -> bool:
        """Whether the body, sniffed as ``mime``, may hold any; cheap, as every body is asked."""
        ...

    def files(self, body: bytes) -> Iterator[tuple[InnerFile, bytes] | Left]:
        """Those that are pictures or videos by their own bytes, one after the other with these bytes.

        Between or after them, once for each reason, why a part that may hold more was not looked at; a container that
        leaves nothing out, or cannot tell, yields files alone.
        """
        ...
