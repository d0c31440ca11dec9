"""Tables as the program works with them: one that a room declares, and which version of it is in force."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Generic, TypeVar

from pydantic import ValidationError

from orbweaver.errors import ConfigurationError, InvalidInput
from orbweaver.platform.messages import TABLE_UNUSABLE
from orbweaver.platform.rule_tables.rows import Difference, Keys, differences_between, expect_once, laid_over, reordered
from orbweaver.platform.rule_tables.written import (
    Body,
    Head,
    TableUnusable,
    line_of,
    line_that_names,
    place_of,
    split,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Laid(StrEnum):
    """How a hotline's own version stands to the one that comes with the program."""

    WHOLE = "whole"
    OVER = "over"
    PACKAGED = "packaged"
    """None of its own any more: what comes with the program holds again."""


@dataclass(frozen=True)
class Own:
    """A hotline's own version of a table."""

    laid: Laid
    text: str


adopted: dict[str, Own] = {}
"""The hotline's own versions that count in this process, by the names of their tables."""
agreed: set[str] = set()
"""Tables about which two people agreed, also that what comes with the program holds: no file of a machine counts."""


def adopt(own: Mapping[str, Own]) -> None:
    """Let these versions count in this process, by the names of their tables; elsewhere what comes with the program."""
    counting = {name: version for name, version in own.items() if version.laid is not Laid.PACKAGED}
    for name in adopted.keys() - counting.keys():
        del adopted[name]
    adopted.update(counting)
    agreed.clear()
    agreed.update(own)


def forget() -> None:
    """Let what comes with the program count again in this process."""
    adopt({})


@dataclass(frozen=True)
class _Made(Generic[T]):
    own: Own | None
    version: str
    head: Head
    body: Body
    value: T


class RuleTable(Generic[T]):
    """One table. ``read`` makes of a body what the room works with, and raises ValidationError, ConfigurationError or
    InvalidInput for what cannot be used. ``keys``: a list of rows → the columns that name a row of it.
    ``lay_over``: ours and own → both, where it is more than rows of the same name in place of ours. ``ordered``: the
    first row that holds counts, so that another order is another table. ``sorted_by``: the column that puts rows laid
    over ours among them.
    """

    def __init__(
        self,
        name: str,
        file: str,
        read: Callable[[Body], T],
        *,
        keys: Keys,
        lay_over: Callable[[Body, Body], Body] | None = None,
        ordered: bool = False,
        sorted_by: str = "",
    ) -> None:
        self.name = name
        self.file = file
        """Below ``orbweaver/``."""
        self.read = read
        self.keys = keys
        self.ordered = ordered
        self._sorted_by = sorted_by
        self._lay_over = lay_over or self._rows_over
        self._made: tuple[Own | None, _Made[T]] | None = None

    def in_force(self) -> T:
        """What holds now in this process."""
        return self._in_force().value

    def version(self) -> str:
        """The name of what holds now: decisions and figures keep it."""
        return self._in_force().version

    def head(self) -> Head:
        """What the table in force says of itself: the hotline's own where rows are laid over ours."""
        return self._in_force().head

    def body(self) -> Body:
        """The values in force."""
        return self._in_force().body

    @property
    def own(self) -> Own | None:
        """The hotline's own version, where one is in force and can be used."""
        return self._in_force().own

    @property
    def is_agreed(self) -> bool:
        """Whether two people agreed what holds, be it what comes with the program: then no file of a machine counts."""
        return self.name in agreed

    @cached_property
    def packaged_text(self) -> str:
        """What comes with the program, as it is written."""
        return files("orbweaver").joinpath(self.file).read_text(encoding="utf-8")

    @cached_property
    def packaged(self) -> tuple[Head, Body]:
        """What comes with the program."""
        return split(self.packaged_text)

    def check(self, own: Own) -> _Made[T]:
        """What would hold if this version did. Raises TableUnusable, which names the line."""
        head, body = split(own.text)
        expect_once(own.text, body, self.keys)
        ours, packaged = self.packaged
        over = own.laid is Laid.OVER
        try:
            whole = self._lay_over(packaged, body) if over else body
            value = self.read(whole)
        except (
            ValidationError,
            ConfigurationError,
            InvalidInput,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            RecursionError,
            re.error,
        ) as error:
            raise self._unusable(own.text, body, error) from None
        return _Made(own, f"{ours.version}+{head.version}" if over else head.version, head, whole, value)

    def differences(self, before: Body, after: Body) -> list[Difference]:
        """Every value that differs, by rows; the order of rows as well, where it counts."""
        found = list(differences_between(before, after, self.keys))
        return [*found, *reordered(before, after, self.keys)] if self.ordered else found

    def _in_force(self) -> _Made[T]:
        own, known = adopted.get(self.name), self._made
        if known is None or known[0] != own:
            known = self._made = (own, self._make(own))
        return known[1]

    def _make(self, own: Own | None) -> _Made[T]:
        if own is not None:
            try:
                return self.check(own)
            except TableUnusable as error:
                logger.error("The own version of the table %s cannot be used, ours holds: %s", self.name, error)
        head, body = self.packaged
        return _Made(None, head.version, head, body, self.read(body))

    def _rows_over(self, ours: Body, own: Body) -> Body:
        rows = {key: value for key, value in own.items() if key != "without"}
        both = laid_over(ours, rows, self.keys, frozenset(own.get("without", ())))
        if self._sorted_by:
            for array in self.keys:
                both[array] = sorted(both[array], key=lambda row: row[self._sorted_by])
        return both

    def _unusable(self, text: str, body: Body, error: Exception) -> TableUnusable:
        place, why = place_of(error)
        in_order = None if self._sorted_by else line_of(text, place)
        line = in_order or self._line_of_bad_row(text, body) or line_that_names(text, str(error)) or 1
        return TableUnusable(TABLE_UNUSABLE.of(line=line, where=".".join(map(str, place)) or self.name, why=why))

    def _line_of_bad_row(self, text: str, body: Body) -> int | None:
        """The first row with which the table cannot be used, for readers that do not say where. In few readings, as a
        table may have thousands of rows and each is read whole."""
        for array in self.keys:
            rows = body.get(array, ())
            below, above = 0, len(rows)
            while above - below > 1:
                middle = (below + above) // 2
                if self._is_usable({**body, array: rows[:middle]}):
                    below = middle
                else:
                    above = middle
            if rows and (below or any(self._is_usable({**body, array: rest}) for rest in (rows[:0], rows[1:]))):
                return line_of(text, (array, below))
        return None

    def _is_usable(self, body: Body) -> bool:
        try:
            self.read(self._lay_over(self.packaged[1], body))
        except Exception:  # whatever it is: only whether it goes away is asked
            return False
        return True
