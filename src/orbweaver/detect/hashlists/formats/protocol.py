"""What the rest of Orbweaver needs to know of a format of hash lists. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Protocol, runtime_checkable

from orbweaver.errors import Message


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row as the file says it, by the names in ``rules.COLUMNS``; a column that is not there counts as empty.

    ``hashes``: kind and value of each hash, where a row holds several; its columns ``kind`` and ``value`` are then
    not read.
    """

    line: int
    cells: Mapping[str, str]
    hashes: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be read; the reason never repeats what stands in it."""

    line: int
    reason: Message | str


@runtime_checkable
class ListFormat(Protocol):
    """How lists are written in a file. A format knows the syntax; what a cell may hold is checked behind it."""

    @property
    def name(self) -> str:
        """Stable short name in lower case, as ``lists import --format`` takes it."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Which of ``rules.COLUMNS`` the format can hold; what stands in the others is left out of an export."""
        ...

    @property
    def stated(self) -> tuple[str, ...]:
        """Which of ``rules.STATED_COLUMNS`` it can hold besides; they are written and not read."""
        ...

    @property
    def kinds(self) -> tuple[str, ...] | None:
        """Which kinds of hash it can hold, None for all; others are left out of an export."""
        ...

    @property
    def regions(self) -> tuple[str, ...]:
        """Regions among which whoever uses it chooses, where its words mean different things in each."""
        ...

    def recognises(self, beginning: str) -> bool:
        """Whether a file whose first 64k characters are these is of this format. Anything may come; raises nothing."""
        ...

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """Every row in its order with the number of its line (or record), in bounded memory.

        Raises BadList, before the first row, for a file that is no list of this format at all.
        """
        ...

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """Write rows that hold all of ``rules.COLUMNS``, and perhaps ``rules.STATED_COLUMNS``, one a hash and of kinds
        that it holds, so that ``read`` gives them back; returns how many rows or entries. Rows of one entry, which have
        the same ``id``, come together.
        """
        ...


@runtime_checkable
class HoldsSomeClassifications(Protocol):
    """What a format is besides that does not name the column ``classification``, as it holds some of them alone."""

    def classifications(self, region: str = "") -> frozenset[str]:
        """Those that come back as they were; the report of an export names the others as left out."""
        ...
