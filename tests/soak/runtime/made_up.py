"""Rows that are made up, without any meaning, for tables that are there; one in ten has what may be missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

FEW = 200
FEW_OF = ("accounts", "machines", "policy", "rule_tables", "governance", "changes", "providers", "exchanges", "auth",
          "django", "escalation", "police", "captures_authority", "crawl_crawlworker", "hashlists_hashlist",
          "hashlists_listimport", "hashlists_uploadedlist", "series_series", "survivors", "intake_report")  # fmt: skip
"""Tables, by how their names begin, of which no hotline has millions of rows."""
OF_EACH_TYPE = {
    "bool": "false",
    "int2": "(g % 30000)::int2",
    "int4": "g::int4",
    "int8": "g::int8",
    "float8": "(g % 1000)::float8",
    "numeric": "g",
    "text": "'x' || g",
    "varchar": "left('x' || g, {width})",
    "bytea": "decode(md5(g::text) || md5('r' || g), 'hex')",
    "jsonb": "'{{}}'::jsonb",
    "date": "DATE '2026-01-01' + (g % 300)::int",
    "timestamptz": "TIMESTAMPTZ '2026-01-01' + g * INTERVAL '1 second'",
    "interval": "INTERVAL '1 day'",
    "uuid": "md5(g::text)::uuid",
    "inet": "'192.0.2.1'::inet",
    "cidr": "'192.0.2.0/24'::cidr",
}
TRIED = 100_000_000
"""From this number on rows are tried and not kept: nobody has theirs, nor do they point where another does."""
NAMED = {"public_id": "'row_' || g", "proof": "'hash'"}
"""Columns whose form is checked where a machine may write them."""


class Column(NamedTuple):
    """One of a table: its type, the width of a text, and the table that it points to."""

    name: str
    kind: str
    width: int
    may_miss: bool
    is_unique: bool
    points_to: str | None


def expression(column: Column) -> str:
    """What it has in row ``g``; one that points to another table, to a row that it has."""
    width = column.width if column.width > 0 else 60
    if column.name in NAMED:
        value = NAMED[column.name]
    elif column.points_to is not None:
        few = column.points_to.startswith(FEW_OF)
        value = f"CASE WHEN g < {TRIED} THEN 1 + g % {FEW} ELSE g END" if few else "g"
    elif column.kind.startswith("_"):
        value = f"'{{}}'::{column.kind[1:]}[]"
    elif column.is_unique and column.kind == "varchar":
        value = f"right('000000000' || to_hex(g), {width})"
    else:
        value = OF_EACH_TYPE[column.kind].format(width=max(1, width))
    return f"CASE WHEN g % 10 = 0 THEN {value} END" if column.may_miss and not column.is_unique else value


def insert(session: psycopg.Connection[Any], table: str, columns: Sequence[Column], first: int, last: int) -> None:
    """Rows of these numbers, of which only these columns are given. Raises what the database says of them."""
    names = ", ".join(f'"{each.name}"' for each in columns)
    words = ", ".join(map(expression, columns))
    rows = f"SELECT {words} FROM generate_series({first}, {last}) g"
    session.execute(f'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE {rows}')
