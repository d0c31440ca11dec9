"""Databases that tests make on the server of all, and take away again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.emptying import Emptying

_OUR_SESSIONS_END = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND usename = current_user
"""


def drop_database(server: psycopg.Connection[Any], name: str) -> None:
    """Drop it, with our sessions on it. The server ends its own vacuuming by itself; FORCE would need its power."""
    server.execute(_OUR_SESSIONS_END, [name])
    server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def name_in(url: str) -> str:
    """The name of the database that an address says."""
    return str(conninfo_to_dict(url)["dbname"])


def copy_database(url: str, name: str, superuser: Emptying) -> str:
    """Another database on its server, as this one is now; its address."""
    original = name_in(url)
    connections.close_all()
    superuser.close()
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
        for _ in range(5):  # a thread of an earlier test may open a session once more in between
            superuser.end_others(original)
            with contextlib.suppress(psycopg.errors.ObjectInUse):
                copied = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
                server.execute(copied.format(sql.Identifier(name), sql.Identifier(original)))
                break
        else:
            raise AssertionError(f"somebody opens sessions of {original} again and again")
    return url.replace(f"/{original}?", f"/{name}?")


@contextlib.contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Django uses this database of the tests' server within the block."""
    connections.close_all()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name_in(url) if url else before
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before


@contextlib.contextmanager
def own_database(url: str, superuser: Emptying) -> Iterator[str]:
    """A copy that Django uses meanwhile: who owns what and who may what can be changed there. It goes afterwards, and
    so do roles that were made, which the server's databases share."""
    roles = superuser.roles()
    copy = copy_database(url, "of_one_file", superuser)
    with connected_to(copy):
        yield copy
    superuser.close()
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
        drop_database(server, name_in(copy))
    for role in superuser.roles() - roles:
        superuser.drop_role(role)
