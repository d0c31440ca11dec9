"""How long a connection may hold up the others: limits that the server keeps, for each kind of process.

A process that freezes inside a transaction keeps its locks until the server ends its session; without limits, for ever.
The crawler's limit is shorter than its leases last (``crawl_lease_s``), so that others who wait for its locks are not
given up meanwhile. Migrations run before the limits hold, and ``pg_dump`` and ``pg_restore`` have none.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds; 0 is no limit."""

    idle_in_transaction: float
    """Silence inside a transaction, after which the server ends the session and with it the transaction."""
    statement: float = 0
    lock: float = 0
    """Waiting for one lock."""
    transaction: float = 0
    """A whole transaction; kept by PostgreSQL 17 and newer."""


WEB: Final = Limits(idle_in_transaction=10, statement=30, lock=10, transaction=120)
CRAWLER: Final = Limits(idle_in_transaction=10, statement=300, lock=60)
WORKER: Final = Limits(idle_in_transaction=15, statement=900, lock=60)
COMMAND: Final = Limits(idle_in_transaction=60, lock=600)
"""What a person types: imports take their time."""
UNLIMITED: Final = Limits(idle_in_transaction=0)
"""Migrations."""

CLIENT: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "4",
    "tcp_user_timeout": "30000",
}
"""On our side, as options of libpq: a server that is gone is noticed within some 40 seconds, not hours."""

OF_SEVERAL: Final = {"target_session_attrs": "read-write"}
"""Where the address names several servers: of these the one that takes what is written."""

SERVER: Final = {
    "tcp_keepalives_idle": "30s",
    "tcp_keepalives_interval": "10s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15s",
}
"""On the server's side: the session of a machine that is gone ends within a minute, and one that the server is sending
an answer to, holding its locks, within a quarter of that: no other limit ends it."""

READ_ONLY: Final = "25006"
"""What a server says that became a standby, or is not the primary yet: another one takes what is written."""
PASSING: Final = ("25P03", "25P04", READ_ONLY)
"""With what PostgreSQL says when it ended a session that was silent, or a transaction that lasted too long."""


def will_pass(error: BaseException) -> bool:
    """Whether it may go well on another connection: a limit, a failover or a server that only reads brought it.

    To the driver some of these are errors of operation and some internal ones."""
    from django.db import InterfaceError, OperationalError

    if isinstance(error, OperationalError | InterfaceError):
        return True
    return getattr(error.__cause__, "sqlstate", None) in PASSING


def is_out_of_order(error: BaseException) -> bool:
    """Whether what failed is the database or a disk, full or away, and nothing that was asked for."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
    return full or will_pass(error)


def _leaves_standby(execute: Any, statement: Any, values: Any, many: bool, context: Mapping[str, Any]) -> Any:
    """Let no connection be used again on which a server said that it only reads: it would say so for ever."""
    try:
        return execute(statement, values, many, context)
    except Exception as error:
        if getattr(error.__cause__, "sqlstate", None) == READ_ONLY:
            context["connection"].close_at = 0.0  # Django closes it before it is used for something else
        raise


@contextmanager
def held_to(limits: Limits) -> Iterator[None]:
    """Every connection that Django makes within the block has these limits, in all threads and forked processes."""
    from django.db import connections
    from django.db.backends.signals import connection_created

    def limit(connection: Any, **_: object) -> None:
        if _leaves_standby not in connection.execute_wrappers:
            connection.execute_wrappers.append(_leaves_standby)
        settings = _settings(limits, connection.pg_version)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS new (name, value)",
                [list(settings), list(settings.values())],
            )

    connections.close_all()
    connection_created.connect(limit, weak=False)
    try:
        yield
    finally:
        connection_created.disconnect(limit)
        connections.close_all()


def _settings(limits: Limits, version: int) -> dict[str, str]:
    settings = {
        "idle_in_transaction_session_timeout": limits.idle_in_transaction,
        "statement_timeout": limits.statement,
        "lock_timeout": limits.lock,
    }
    if version >= 170_000:
        settings["transaction_timeout"] = limits.transaction
    return {name: f"{round(seconds * 1000)}ms" for name, seconds in settings.items()} | SERVER
