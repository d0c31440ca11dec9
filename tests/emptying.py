"""Who empties the tables between tests, and sees what files of tests leave behind besides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from tests.standing import Standing, changed, standing

KEPT = {"django_content_type", "auth_permission"}
"""What Django itself fills after a migration; it says the same for every test."""

WRITTEN_MEANWHILE = ("accounts_keyusage",)
"""What a server that goes on between tests may write while they are emptied: last, after the rows that it refers to."""


class Emptying:
    """Empties tables as the server's superuser, who alone may put triggers and foreign keys aside for his session.

    To switch them off in each table would have PostgreSQL plan all that the next test asks anew.
    """

    def __init__(self, keys: Path) -> None:
        """``keys``: the folder of the server's passwords."""
        self._keys = keys
        self._session: psycopg.Connection[Any] | None = None
        self._stood: Standing = {}
        self._committed = False

    def filled(self, database: str, tables: Sequence[str]) -> list[str]:
        """Which of these hold a row. Planned once and kept: to plan it takes many times what asking takes."""
        self._committed = True
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in tables)
        return [name for (name,) in self.session(database).execute(asked, prepare=True).fetchall()]

    def __call__(self, database: str, statements: Sequence[str]) -> None:
        """Run these together."""
        session = self.session(database)
        with session.transaction():
            session.execute("; ".join(statements))

    def note_standing(self, database: str) -> None:
        """What stands there now is what every file of tests is to find, and to leave."""
        self._stood = standing(self.session(database))

    def left_behind(self, database: str) -> list[str]:
        """What tests that committed left otherwise than they found it, since this was asked last."""
        if not self._committed:
            return []
        self._committed = False
        before, self._stood = self._stood, standing(self.session(database))
        return changed(before, self._stood)

    def session(self, database: str) -> psycopg.Connection[Any]:
        """His session in this database."""
        session = self._session
        if session is None or session.closed or session.info.dbname != database:
            self.close()
            session = self._session = self._connect(database)
        return session

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def end_others(self, database: str) -> None:
        """End all sessions of a database, those that threads of earlier tests still hold: it can be copied then."""
        with self._connect("postgres") as server:
            server.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database]
            )

    def roles(self) -> set[str]:
        """All of the server."""
        with self._connect("postgres") as server:
            return {name for (name,) in server.execute("SELECT rolname FROM pg_roles").fetchall()}

    def drop_role(self, name: str) -> None:
        """One that owns nothing and may nothing any more."""
        with self._connect("postgres") as server:
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        from django.db import connections

        from orbweaver.platform.runtime.access import passfile
        from orbweaver.platform.runtime.cluster import SUPERUSER

        given = connections.settings["default"]
        session = psycopg.connect(
            host=given["HOST"],
            port=given["PORT"],
            dbname=database,
            user=SUPERUSER,
            passfile=str(passfile(self._keys, SUPERUSER)),
            autocommit=True,
        )
        session.execute("SET session_replication_role = replica")
        return session
