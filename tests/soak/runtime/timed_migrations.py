"""A program: play each migration on tables that hold rows, and print how long it holds up whoever uses them.

``python timed_migrations.py ROWS APP…`` with a folder of its own in ``ORBWEAVER_DATA_DIR``. Before each migration of
these apps (of all, where none is named) that is not their first, tables are given rows: made up, without any meaning,
one in ten with what may be missing. Prints a line of JSON for each such migration.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

EVERY_S = 0.05
"""Seconds between looks at what the migration holds."""
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


@dataclass
class Held:
    """Locks that keep others from a table, by the table: since when, and the longest (seconds)."""

    of: int
    tables: set[str]
    longest: dict[str, float] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)

    def look(self, session: psycopg.Connection[Any]) -> None:
        """Note what it holds at this moment."""
        found = {name for (name,) in session.execute(_HELD, [self.of])} & self.tables
        now = time.monotonic()
        self._since = {name: self._since.get(name, now) for name in found}
        for name, since in self._since.items():
            self.longest[name] = max(self.longest.get(name, 0.0), now - since)


_HELD = """
SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = %s AND l.granted AND c.relkind IN ('r', 'p')
    AND l.mode IN ('RowExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""
_FORMS = """
SELECT c.relname, jsonb_build_object(
    'file', pg_relation_filenode(c.oid),
    'indexes', (SELECT array_agg(i.indexrelid::int8) FROM pg_index i WHERE i.indrelid = c.oid))
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""
_COLUMNS = """
SELECT a.attname, t.typname, a.atttypmod - 4, NOT a.attnotnull,
    EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey)),
    (SELECT min(k.confrelid::regclass::text) FROM pg_constraint k
     WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""


def expression(kind: str, width: int, *, may_miss: bool, is_unique: bool, points_to: str | None) -> str:
    """What a column has in row ``g``; one that points to another table, to a row that it has."""
    if points_to is not None:
        value = f"1 + g % {FEW}" if points_to.startswith(FEW_OF) else "g"
    elif kind.startswith("_"):
        value = f"'{{}}'::{kind[1:]}[]"
    elif is_unique and kind == "varchar":
        value = f"right('000000000' || to_hex(g), {width if width > 0 else 60})"
    else:
        value = OF_EACH_TYPE[kind].format(width=max(1, width) if width > 0 else 60)
    return f"CASE WHEN g % 10 = 0 THEN {value} END" if may_miss and not is_unique else value


def fill(session: psycopg.Connection[Any], table: str, rows: int) -> bool:
    """Give an empty table rows; whether it took them."""
    count = min(rows, FEW) if table.startswith(FEW_OF) else rows
    columns = session.execute(_COLUMNS, [f'"{table}"']).fetchall()
    words = [
        expression(kind, width, may_miss=may_miss, is_unique=is_unique, points_to=other)
        for _, kind, width, may_miss, is_unique, other in columns
    ]
    names = ", ".join(f'"{name}"' for name, *_ in columns)
    with contextlib.suppress(psycopg.Error):
        session.execute(
            f'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE '
            f"SELECT {', '.join(words)} FROM generate_series(1, {count}) g"
        )
        session.execute(f'ANALYZE "{table}"')
        return True
    return False


class Timing:
    """The database, seen from beside whoever migrates it."""

    def __init__(self, url: str, rows: int, apps: Sequence[str]) -> None:
        self.beside = psycopg.connect(url, autocommit=True)
        self.beside.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
        self.rows, self.apps = rows, apps
        self.full: set[str] = set()
        self.small: set[str] = set()
        self.refused: set[str] = set()

    def fill_all(self) -> None:
        """Have rows in each table that has none yet."""
        for (name,) in self.beside.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        ).fetchall():
            wanted = not self.apps or name.startswith((*FEW_OF, *(f"{app}_" for app in self.apps)))
            if name not in self.full | self.small | self.refused and name != "django_migrations" and wanted:
                kept = self.full if not name.startswith(FEW_OF) else self.small
                (kept if fill(self.beside, name, self.rows) else self.refused).add(name)

    def forms(self) -> dict[str, Any]:
        """The file and the indexes of each table that has rows."""
        return {name: form for name, form in self.beside.execute(_FORMS) if name in self.full}

    @contextlib.contextmanager
    def watched(self, process: int) -> Iterator[Held]:
        """What this process of the server holds, looked at until the block ends."""
        held, over = Held(process, set(self.full)), threading.Event()

        def look() -> None:
            while not over.wait(EVERY_S):
                held.look(self.beside)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield held
        finally:
            over.set()
            thread.join()


def play(rows: int, apps: Sequence[str]) -> None:
    """All of it, in the order in which a database would have it."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from orbweaver.doors.cli.session import administrator_address
    from orbweaver.platform.runtime import indexing

    timing = Timing(administrator_address() or "", rows, apps)
    executor = MigrationExecutor(connection)
    state = executor.loader.project_state()
    with indexing.indexes_taken_over() as ahead, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
        for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
            if migration.name.startswith("0001") or (apps and migration.app_label not in apps):
                state = executor.apply_migration(state, migration)
                continue
            timing.fill_all()
            ahead.update(indexing.build_ahead(migration))
            before = timing.forms()
            began = time.monotonic()
            with timing.watched(process) as held:
                state = executor.apply_migration(state, migration)
            after = timing.forms()
            changed = sorted(
                name for name in before.keys() & after.keys() if is_read_through(before[name], after[name])
            )
            found = {
                "migration": f"{migration.app_label}.{migration.name}",
                "seconds": round(time.monotonic() - began, 3),
                "held_s": {name: round(each, 3) for name, each in held.longest.items() if each >= EVERY_S},
                "read_through": changed,
            }
            print(json.dumps(found), flush=True)
    print(json.dumps({"without_rows": sorted(timing.refused), "with_rows": len(timing.full)}), flush=True)


def is_read_through(before: Any, after: Any) -> bool:
    """Whether a table was written anew, or has an index that was built meanwhile."""
    return before["file"] != after["file"] or bool(set(after["indexes"] or ()) - set(before["indexes"] or ()))


if __name__ == "__main__":
    from orbweaver.doors.cli.session import open_session

    with open_session(migrate=False):
        play(int(sys.argv[1]), sys.argv[2:])
