"""How many rows there are, where a page wants to say it soon: as the database last estimated, or up to a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Model, QuerySet

ESTIMATED_ABOVE: Final = 50_000
"""Rows of a table from which on the database's estimate is used; it follows the table within some percent."""


@dataclass(frozen=True)
class Counted:
    """A number of rows; ``is_more`` where there are more than that, of which no more were counted."""

    n: int
    is_more: bool = False


def up_to(rows: QuerySet[Any], bound: int) -> Counted:
    """How many there are, counted up to ``bound``."""
    n = rows.order_by().values("pk")[: bound + 1].count()
    return Counted(min(n, bound), n > bound)


def estimated(model: type[Model]) -> int | None:
    """The rows of a whole table as the database estimates them; None where it is small enough to be counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        found = int(cursor.fetchone()[0])
    return found if found > ESTIMATED_ABOVE else None
