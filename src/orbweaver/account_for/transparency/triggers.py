"""The triggers that note what changed, in SQL, written from ``figures`` into ``migrations/triggers.sql``.

Each notes once a statement, in the transaction of the statement: of rows that count one by one the difference, of
things and addresses which ones, since what those count as takes all that is known of them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orbweaver.account_for.transparency.counted import Distinct, Part, Rows
from orbweaver.account_for.transparency.counting import condition, counted
from orbweaver.account_for.transparency.figures import FIGURES, NOTED, PARTS, URLS, counted_of, distinct_of

TRIGGERS: Final = Path(__file__).parent / "migrations" / "triggers.sql"

HEAD: Final = """\
-- Triggers that note what changed, once a statement, in the transaction that changes it.
-- Written from figures.py by tools/structure.py (make structure); do not edit.
"""

WHEN: Final = {
    "insert": "TG_OP = 'INSERT'",
    "update": "TG_OP = 'UPDATE'",
    "delete": "TG_OP = 'DELETE'",
    "fresh": "TG_OP <> 'DELETE'",
    "stale": "TG_OP <> 'INSERT'",
}
"""When something is noted: at one operation, or whenever there are rows as they are now or as they were."""

REFERENCING: Final = {
    "insert": "NEW TABLE AS fresh",
    "update": "OLD TABLE AS stale NEW TABLE AS fresh",
    "delete": "OLD TABLE AS stale",
}

SIGNS: Final = {"fresh": "", "stale": "-"}

DELTA: Final = "INSERT INTO transparency_delta (figure, ref, key, n)\n"
CHANGED_MEDIUM: Final = "INSERT INTO transparency_changedmedium (media_id)\nSELECT DISTINCT "
CHANGED_ADDRESS: Final = "INSERT INTO transparency_changedaddress (url_key)\nSELECT DISTINCT "

Notes = Iterator[tuple[str, str]]
"""When, and the statement that notes it."""


def rendered() -> str:
    """Functions and triggers of each table, in the order in which a figure is made."""
    return "\n".join([HEAD, *(f"{_function(rows)}\n{_triggers(rows)}" for rows in NOTED)])


def _function(rows: Rows) -> str:
    notes: dict[str, list[str]] = {when: [] for when in WHEN}
    for when, statement in (*_counted(rows), *_distinct(rows), *_addresses(rows)):
        notes[when].append(textwrap.indent(f"{statement};", "    "))
    comments = [f"-- {each.name}: {each.says}" for each in FIGURES if each.rows is rows]
    blocks = ["\n".join([f"IF {WHEN[when]} THEN", *found, "END IF;"]) for when, found in notes.items() if found]
    body = textwrap.indent("\n".join([*comments, *blocks, "RETURN NULL;"]), "    ")
    head = f"CREATE FUNCTION transparency_note_{rows.name}() RETURNS trigger LANGUAGE plpgsql AS $$"
    return f"{head}\nBEGIN\n{body}\nEND $$;\n"


def _triggers(rows: Rows) -> str:
    return "".join(
        f"CREATE TRIGGER transparency_{each} AFTER {each.upper()} ON {rows.table} REFERENCING {REFERENCING[each]}\n"
        f"    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_{rows.name}();\n"
        for each in REFERENCING
        if each != "update" or rows.changes
    )


def _counted(rows: Rows) -> Notes:
    """Rows that count one by one: so many more as are fresh, so many fewer as are stale."""
    for table, sign in SIGNS.items():
        if figures := counted_of(rows):
            yield table, DELTA + counted(table, figures, sign=sign)


def _distinct(rows: Rows) -> Notes:
    """Where rows change, what they spoke of; else things of which no other row speaks."""
    for figure in distinct_of(rows):
        for table, sign in SIGNS.items():
            if rows.changes:
                yield table, f"{CHANGED_MEDIUM}r.{figure.of} FROM {table} r"
            else:
                yield table, f"{DELTA}SELECT '{figure.name}', 0, '', {sign}count(*) FROM {_alone(figure, table)}"


def _alone(figure: Distinct, table: str) -> str:
    others = f"SELECT 1 FROM {figure.rows.table} r WHERE r.{figure.of} = d.{figure.of} AND {condition(figure)}"
    if table == "fresh":
        others += "\n    AND NOT EXISTS (SELECT 1 FROM fresh f WHERE f.id = r.id)"
    things = f"SELECT DISTINCT r.{figure.of} FROM {table} r WHERE {condition(figure)}"
    return f"({things}) d\nWHERE NOT EXISTS ({others})"


def _addresses(rows: Rows) -> Notes:
    """The addresses that are to be worked out anew, since rows changed that they are made of."""
    for part in (each for each in PARTS if each.rows is rows):
        if rows is URLS:
            yield from _own_addresses(part)
        elif part.pointed_to:
            yield (
                "update",
                f"{CHANGED_ADDRESS}u.url_key FROM fresh r JOIN stale s ON s.id = r.id\n"
                f"JOIN notices_noticeurl u ON {part.on}\nWHERE {_differ(part)}",
            )
        else:
            for table in SIGNS:
                yield table, f"{CHANGED_ADDRESS}u.url_key FROM {table} r JOIN notices_noticeurl u ON {part.on}"


def _own_addresses(part: Part) -> Notes:
    """What is in a notice that nobody was told of yet counts as nothing. A row may get another address."""
    told = "JOIN notices_notice n ON n.id = r.notice_id WHERE n.told_at IS NOT NULL"
    both = "CROSS JOIN LATERAL (VALUES (r.url_key), (s.url_key)) AS k (url_key)"
    yield "insert", f"{CHANGED_ADDRESS}r.url_key FROM fresh r\n{told}"
    yield (
        "update",
        f"{CHANGED_ADDRESS}k.url_key FROM fresh r JOIN stale s ON s.id = r.id\n{both}\nWHERE {_differ(part)}",
    )
    yield "delete", f"{CHANGED_ADDRESS}r.url_key FROM stale r"


def _differ(part: Part) -> str:
    fresh, stale = (", ".join(f"{alias}.{column}" for column in part.columns) for alias in ("r", "s"))
    return f"({fresh})\n    IS DISTINCT FROM\n    ({stale})"
