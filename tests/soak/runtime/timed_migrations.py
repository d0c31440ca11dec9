"""A program: play each migration on tables that hold rows, and print how long it holds up whoever uses them.

``python timed_migrations.py ROWS APP…`` with a folder of its own in ``ORBWEAVER_DATA_DIR``. Before each migration of
these apps (of all, where none is named) that is not their first, tables are given rows. Of one named as ``app.model``
that table alone has so many, and the app's others have few.
Prints a line of JSON for each such migration, with what the code of before it would miss.
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
from tests.soak.runtime.former_code import Table, missed, tables
from tests.soak.runtime.made_up import FEW, FEW_OF, insert

EVERY_S = 0.05
"""Seconds between looks at what the migration holds."""


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


def fill(session: psycopg.Connection[Any], name: str, table: Table, rows: int) -> bool:
    """Give an empty table rows; whether it took them."""
    with contextlib.suppress(psycopg.Error):
        insert(session, name, table.columns, 1, rows)
        session.execute(f'ANALYZE "{name}"')
        return True
    return False


class Timing:
    """The database, seen from beside whoever migrates it."""

    def __init__(self, url: str, rows: int, apps: Sequence[str]) -> None:
        self.beside = psycopg.connect(url, autocommit=True)
        self.beside.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
        self.rows, self.apps = rows, {name.partition(".")[0] for name in apps}
        self.chosen = {name.replace(".", "_") for name in apps if "." in name}
        self.others = tuple(f"{name.partition('.')[0]}_" for name in apps if "." in name)
        self.full: set[str] = set()
        self.small: set[str] = set()
        self.refused: set[str] = set()

    def fill_all(self) -> None:
        """Have rows in each table that has none yet."""
        for name, table in tables(self.beside).items():
            wanted = not self.apps or name.startswith((*FEW_OF, *(f"{app}_" for app in self.apps)))
            if name not in self.full | self.small | self.refused and name != "django_migrations" and wanted:
                is_small = name.startswith((*FEW_OF, *self.others)) and name not in self.chosen
                rows = min(self.rows, FEW) if is_small else self.rows
                kept = self.small if is_small else self.full
                (kept if fill(self.beside, name, table, rows) else self.refused).add(name)

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
            if migration.name.startswith("0001") or (apps and migration.app_label not in timing.apps):
                state = executor.apply_migration(state, migration)
                continue
            timing.fill_all()
            ahead.update(indexing.made_ready(migration))
            before, known = timing.forms(), tables(timing.beside)
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
                "missed": missed(timing.beside, known, sorted(timing.full | timing.small)),
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
