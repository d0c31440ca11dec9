"""Databases that tests make on the server of all, and take away again."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

_OUR_SESSIONS_END = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND usename = current_user
"""


def drop_database(server: psycopg.Connection[Any], name: str) -> None:
    """Drop it, with our sessions on it. The server ends its own vacuuming by itself; FORCE would need its power."""
    server.execute(_OUR_SESSIONS_END, [name])
    server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
