"""What a PostgreSQL server writes of statements and values into its log: nothing, or it is not used.

By itself it writes each statement that fails, and the row that it refused. Addresses and hashes stand in both, in a
file that other people read, keep and send elsewhere. Only its superuser may change that; for one database is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg import sql

QUIET: Final = {
    "log_statement": ("none", "ddl"),
    "log_min_error_statement": ("panic",),
    "log_error_verbosity": ("terse",),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
    "log_parameter_max_length_on_error": ("0",),
    "debug_print_parse": ("off",),
    "debug_print_rewritten": ("off",),
    "debug_print_plan": ("off",),
    "auto_explain.log_min_duration": ("-1",),
    "pgaudit.log": ("none",),
}
"""Setting → values with which the log holds nothing of what is asked; the first is the one to set. The last two are of
extensions, and there where these are loaded."""


def loud_settings(session: psycopg.Connection[Any]) -> list[str]:
    """Settings of this session with which the server writes down what is asked of it."""
    found = session.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(QUIET)])
    return sorted(name for name, value in found if value not in QUIET[name])


def quietening(database: str, loud: Sequence[str]) -> list[sql.Composed]:
    """What a superuser does so that sessions of this database, from the next one on, are not written down."""
    statement = sql.SQL("ALTER DATABASE {} SET {} = {}")
    return [
        statement.format(sql.Identifier(database), sql.Identifier(*name.split(".")), sql.Literal(QUIET[name][0]))
        for name in loud
    ]
