"""A PostgreSQL server that somebody else runs (``ORBWEAVER_DATABASE_URL``): tried before anything is done with it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from orbweaver.errors import ConfigurationError, NotAllowed, Unavailable
from orbweaver.platform.runtime.access import administrator_url
from orbweaver.platform.runtime.binaries import OLDEST_MAJOR
from orbweaver.platform.runtime.limits import OF_SEVERAL
from orbweaver.platform.runtime.messages import (
    DATABASE_URL_FORM,
    POOLS_TRANSACTIONS,
    SERVER_TOO_OLD,
    SERVER_UNUSABLE,
    SHUT_OUT,
    WRITES_STATEMENTS,
)
from orbweaver.platform.runtime.quiet_log import loud_settings, quietening
from orbweaver.platform.runtime.signing_in import is_sign_in_refused
from orbweaver.platform.settings import PlatformSettings

CONNECT_TIMEOUT_S = 10
TRIES = 5
"""How often it is looked whether a pooler shares sessions."""
STATEMENT_POOLING = "transaction blocks not allowed"
"""What PgBouncer says where it shares sessions between two statements of one transaction."""


def check_server(url: str) -> None:
    """Connect once and ask for the version and what the server logs. No message shows the address: it may hold a
    password.

    Raises:
        ConfigurationError: this is no address of a PostgreSQL server, the server is too old, a pooler before it gives
            each transaction another session, or it would write statements to its log and we cannot set that right.
        NotAllowed: it lets this machine of a fleet sign in no more.
        Unavailable: it takes no connection.
    """
    try:
        with _session(url) as connection:
            major = connection.info.server_version // 10_000
            if _stands_behind_pooler(connection) and _shares_its_session(connection, url):
                raise ConfigurationError(POOLS_TRANSACTIONS)
            if major < OLDEST_MAJOR:
                raise ConfigurationError(SERVER_TOO_OLD.of(major=major, oldest=OLDEST_MAJOR))
            if loud := loud_settings(connection):
                _set_right(url, connection.info.dbname, loud)
    except psycopg.OperationalError as error:
        if STATEMENT_POOLING in str(error):
            raise ConfigurationError(POOLS_TRANSACTIONS) from None
        if PlatformSettings.current().machine_part is not None and is_sign_in_refused(error):
            raise NotAllowed(SHUT_OUT) from None
        raise Unavailable(SERVER_UNUSABLE.of(reason=_first_line(error))) from None


def _set_right(url: str, database: str, loud: list[str]) -> None:
    """Have this database's sessions not written down, where we know its superuser."""
    statements = quietening(database, loud)
    config = PlatformSettings.current()
    administrator = administrator_url(config, url) if config.database_url else None
    if administrator is not None:
        with suppress(psycopg.Error), psycopg.connect(administrator, autocommit=True) as session:
            for statement in statements:
                session.execute(statement)
        with _session(url) as session:  # also where another process was quicker, or it is no superuser
            loud = loud_settings(session)
    if loud:
        words = "; ".join(statement.as_string(None) for statement in statements)
        raise ConfigurationError(WRITES_STATEMENTS.of(settings=", ".join(loud), statements=words))


def _session(url: str) -> psycopg.Connection[TupleRow]:
    return psycopg.connect(_with_name(url), connect_timeout=CONNECT_TIMEOUT_S, autocommit=True, prepare_threshold=None)


def _stands_behind_pooler(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether something answers for the server: a pooler gives the client a number of its own to cancel by."""
    return _process(connection) != connection.info.backend_pid


def _shares_its_session(first: psycopg.Connection[TupleRow], url: str) -> bool:
    """Whether the pooler gives the server's session to others between two statements (PgBouncer's transaction mode).

    A second client takes a session for a transaction, as a rule the one used last; where each client keeps its own it
    never gets the first one's. With many others at work it may get another one: hence several tries.
    """
    for _ in range(TRIES):
        before = _process(first)
        with _session(url) as second, second.transaction():
            if _process(second) == before or _process(first) != before:
                return True
    return False


def _process(connection: psycopg.Connection[TupleRow]) -> int:
    """The number of the server's process that answers."""
    [process] = connection.execute("SELECT pg_backend_pid()").fetchall()[0]
    return int(process)


def _with_name(url: str) -> str:
    """The address with the name of the database, ``orbweaver`` where it gives none, as in Django's settings.

    Raises ConfigurationError for what is no address.
    """
    try:
        if url.startswith(("postgresql://", "postgres://")):
            parts: dict[str, Any] = dict(conninfo_to_dict(url))
            ports = [port for port in str(parts.get("port", "")).split(",") if port]
            several = OF_SEVERAL if "," in str(parts.get("host", "")) else {}
            if all(0 < int(port) < 2**16 for port in ports):
                return make_conninfo(**{"dbname": "orbweaver", **several, **parts})
    except (ValueError, psycopg.ProgrammingError):
        pass  # said below, without the address
    raise ConfigurationError(DATABASE_URL_FORM)


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
