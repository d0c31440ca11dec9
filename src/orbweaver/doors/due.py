"""What a duty of the worker is made of: the function that does it, and where its work waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pkgutil import resolve_name
from typing import Any, Final


@dataclass(frozen=True)
class Verb:
    """A function of ours: its module, then its own name."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        found: Callable[..., Any] = resolve_name(f"orbweaver.{self.module}:{self.name}")
        return found

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call the function."""
        return self.function(*given, **named)


class Found(StrEnum):
    """How the worker finds what waits."""

    ROW = "a row, gone once it is done"
    STATE = "a state"
    TIME = "a time that has come"
    EMPTY = "a column that is empty"
    ELSEWHERE = "not in the database"


@dataclass(frozen=True)
class Waits:
    """Where work waits: a model (``app.Model``) and its field, or words for what is no table of ours. ``only``: of what
    rows the time says that something waits, where others keep theirs, as lookups and their values; ``but``: which of
    them nothing is done with yet, and rightly, as a query of the same model.
    """

    found: Found
    where: str
    field: str = ""
    why: str = ""
    only: tuple[tuple[str, Any], ...] = ()
    but: Verb | None = None


REST_S: Final = 60.0
UNTIMED_REST_S: Final = 180.0
"""Real seconds between looks at rest, for what time alone may make due, and for all else: that was committed, and seen
then. It is looked for all the same, as whoever had it in hand may have died."""


@dataclass(frozen=True)
class Due:
    """What the worker does again and again. Its function is given ``now`` where it names it.

    It looks when something was committed, at most every ``every_s``; else when time may have brought something, every
    ``own_rest_s``: shorter where a person waits, or where it is not in the database.
    """

    name: str
    lane: str
    verb: Verb
    waits: Waits
    every_s: float = 0.0
    own_rest_s: float | None = None
    next_due: Verb | None = None
    """Says in how many real seconds the first of what waits is due; until then nobody needs to look."""

    @property
    def rest_s(self) -> float:
        """Real seconds between looks while nothing is committed."""
        if self.own_rest_s is not None:
            return self.own_rest_s
        timed = self.waits.found in (Found.TIME, Found.ELSEWHERE)
        return max(self.every_s, REST_S if timed else UNTIMED_REST_S)
