"""What a migration leaves of the tables as the code of before it knows them: its columns, its keys, its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from tests.soak.runtime.made_up import TRIED, Column, insert

ROWS = (TRIED, TRIED + 1)
"""Two that no table has: one with all that may be missing, and one without."""
_TABLES = """
SELECT c.relname,
    (SELECT array_agg(pg_get_constraintdef(k.oid, true) ORDER BY k.oid) FROM pg_constraint k
     WHERE k.conrelid = c.oid AND k.contype IN ('c', 'n')),
    (SELECT array_agg(regexp_replace(pg_get_indexdef(i.indexrelid, 0, true), '.* USING | INCLUDE \\([^)]*\\)', '', 'g'))
     FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique)
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""
_COLUMNS = """
SELECT c.relname, a.attname, t.typname, a.atttypmod - 4, NOT a.attnotnull,
    EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey)),
    (SELECT min(k.confrelid::regclass::text) FROM pg_constraint k
     WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY c.relname, a.attnum
"""


@dataclass(frozen=True)
class Table:
    """As code knows it. ``keys``: what is unique, as an upsert names it; ``rules``: what else rows are held to."""

    columns: tuple[Column, ...]
    keys: frozenset[str]
    rules: tuple[str, ...]


def tables(session: psycopg.Connection[Any]) -> dict[str, Table]:
    """All that there are, by their names."""
    columns: dict[str, list[Column]] = {}
    for name, *column in session.execute(_COLUMNS):
        columns.setdefault(name, []).append(Column(*column))
    return {
        name: Table(tuple(columns.get(name, ())), frozenset(keys or ()), tuple(rules or ()))
        for name, rules, keys in session.execute(_TABLES)
    }


def missed(session: psycopg.Connection[Any], before: dict[str, Table], filled: Sequence[str]) -> dict[str, str]:
    """What the former code would miss of its tables now, by table; in those that were ``filled`` its rows are tried."""
    now = tables(session)
    return {
        name: why
        for name, table in before.items()
        if now.get(name) != table
        for why in _missed_of(session, name, table, now.get(name), try_rows=name in filled)
    }


def _missed_of(
    session: psycopg.Connection[Any], name: str, former: Table, now: Table | None, *, try_rows: bool
) -> Iterator[str]:
    if now is None:
        yield "the table"
        return
    kinds = {each.name: each.kind for each in now.columns}
    if gone := [each.name for each in former.columns if kinds.get(each.name) != each.kind]:
        yield f"columns: {', '.join(gone)}"
    elif former.keys - now.keys:
        yield f"keys: {', '.join(sorted(former.keys - now.keys))}"
    elif try_rows:
        try:
            with session.transaction(force_rollback=True):
                insert(session, name, former.columns, *ROWS)
        except psycopg.Error as error:
            yield f"its rows are refused: {error.diag.message_primary}"
