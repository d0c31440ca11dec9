"""Counts and digests of all tables of a database, the same wherever the same rows lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

SAME_WORDS = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "search_path": "public",
}
"""Settings under which a row has one text."""

DIGEST = """
SELECT count(*), coalesce(sum(('x' || left(word, 16))::bit(64)::bigint::numeric), 0),
    coalesce(sum(('x' || right(word, 16))::bit(64)::bigint::numeric), 0)
FROM (SELECT encode(sha256(convert_to(every_row::text, 'UTF8')), 'hex') AS word FROM {} AS every_row) AS words
"""
"""A sum over the rows, so that their order does not matter. It finds mistakes; the files' own digests find the rest."""

BETWEEN = "+"
"""Between the names of tables that were counted as one."""

STRUCTURE = """
SELECT (SELECT count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal),
    (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'),
    (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
"""


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows, and the digest of them all."""

    rows: int
    digest: str


def tables(connection: psycopg.Connection, without: Iterable[str] = ()) -> dict[str, Table]:
    """Every table of the schema ``public``, those in ``without`` as if they were empty. Settings hold to the end of the
    transaction."""
    for name, value in SAME_WORDS.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])
    left_out = set(without)
    return {name: Table(0, "0:0") if name in left_out else _table(connection, name) for name in _names(connection)}


def together(found: Mapping[str, Table], names: Iterable[str]) -> dict[str, Table]:
    """The same with these tables as one, named by them all: how many rows each has is not to be read."""
    hidden = sorted(set(names) & found.keys())
    if not hidden:
        return dict(found)
    words = " ".join(f"{name} {found[name].rows} {found[name].digest}" for name in hidden)
    one = Table(sum(found[name].rows for name in hidden), hashlib.sha256(words.encode()).hexdigest())
    return {name: table for name, table in found.items() if name not in hidden} | {BETWEEN.join(hidden): one}


def as_together(found: Mapping[str, Table], were: Iterable[str]) -> dict[str, Table]:
    """Put together what is together in ``were``, the names that were written down."""
    for name in were:
        if BETWEEN in name:
            found = together(found, name.split(BETWEEN))
    return dict(found)


def _names(connection: psycopg.Connection) -> list[str]:
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
    )
    return [name for (name,) in found.fetchall()]


def _table(connection: psycopg.Connection, name: str) -> Table:
    row = connection.execute(sql.SQL(DIGEST).format(sql.Identifier(name))).fetchone()
    assert row is not None
    return Table(row[0], f"{row[1]}:{row[2]}")


def structure(connection: psycopg.Connection) -> dict[str, int]:
    """How much stands around the tables."""
    row = connection.execute(STRUCTURE).fetchone()
    assert row is not None
    return dict(zip(("triggers", "constraints", "indexes", "functions"), row, strict=True))


def differences(were: Mapping[str, Table], are: Mapping[str, Table]) -> Iterator[str]:
    """The tables that are not as they were, each in words."""
    for name in sorted(were.keys() | are.keys()):
        one, other = were.get(name), are.get(name)
        if one is None or other is None:
            yield f"{name} is missing" if other is None else f"{name} was not there"
        elif one != other:
            yield f"{name} ({one.rows} rows, then {other.rows})" if one.rows != other.rows else f"{name} (other rows)"
