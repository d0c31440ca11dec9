"""What a figure is made of: the kinds of statement that ``figures`` makes, and words of SQL that it makes them with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.db.models import Model

from orbweaver.follow.conduct.survival import PER_DOUBLING

HOUR_S: Final = 3600
DAY_S: Final = 86400


@dataclass(frozen=True)
class Rows:
    """A table whose rows count. ``changes``: its rows are changed later, too, not only added and taken away."""

    name: str
    model: type[Model]
    changes: bool = True

    @property
    def table(self) -> str:
        """Its name in the database."""
        return self.model._meta.db_table


@dataclass(frozen=True)
class Figure:
    """How many rows there are for which all of ``where`` holds, from the moment ``since`` on.

    ``says`` is one sentence on what is counted, for people. It is counted for each provider apart where ``provider``
    says which, and by what ``by`` says: the parts of the tally's key.
    """

    name: str
    says: str
    rows: Rows
    since: str = ""
    """The column with the moment from which a row counts; while it is empty the row does not."""
    where: tuple[str, ...] = ()
    provider: str = "0"
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Distinct:
    """How many different things the rows speak of, by the column ``of``, however many rows speak of each.

    Where rows change, triggers note which things they spoke of, and each is looked at anew; else they count at once.
    """

    name: str
    says: str
    rows: Rows
    since: str
    of: str
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Rows that an address is made of. When one of ``columns`` changes (without any: whatever happens), the addresses
    that it is ``on`` are worked out anew. Of rows that addresses point to only a change matters: a new one has none."""

    rows: Rows
    on: str
    columns: tuple[str, ...] = ()
    pointed_to: bool = False


def text(value: Enum) -> str:
    """The value of a name in SQL."""
    return f"'{value.value}'"


def year(moment: str) -> str:
    """Such as 2026."""
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY')"


def month(moment: str) -> str:
    """Such as 2026-11."""
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM')"


def number_of(unit_s: int, moment: str) -> str:
    """The number of an hour or a day (``unit_s`` seconds) since 1970."""
    return f"floor(extract(epoch FROM {moment}) / {unit_s})::bigint"


def step(seconds: str, per_doubling: int = PER_DOUBLING) -> str:
    """The step of a logarithmic grid of times, as ``survival.grid`` has it."""
    return f"floor({per_doubling} * ln(greatest({seconds}, 1)) / ln(2::float) + 1e-9)::int"
