"""What is said to the embedded server as its administrator, once it takes connections.

A module of its own, loaded when it is needed: the client's library takes half the memory of the keeper, which lives as
long as the server and asks it nothing else.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql

from orbweaver.platform.runtime.access import verifier

CONNECT_TIMEOUT_S = 5


def create_database(administrator: str, keys_dir: Path, name: str, *, creates_more: bool) -> None:
    """The application's role, with no power over the server, and its database, which it owns and migrates; both of
    this name. ``administrator`` is the address, ``creates_more`` whether the role may create databases."""
    role, databases = sql.Identifier(name), sql.SQL("CREATEDB" if creates_more else "NOCREATEDB")
    powers = sql.SQL("LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS {} PASSWORD {}").format(
        databases, verifier(keys_dir, name)
    )
    with psycopg.connect(administrator, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        change = sql.SQL("ALTER ROLE {} {}" if found else "CREATE ROLE {} {}")
        connection.execute(change.format(role, powers))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))


def takes_connections(url: str) -> bool:
    """Whether a session can be begun at this address now."""
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S).close()
    except psycopg.OperationalError:
        return False
    return True
