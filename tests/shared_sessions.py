"""Sessions of the database that the tests of one process hand on: a new one has to learn tables and triggers again.

A thread that is done with its session, such as one of a crawl or of a server, gives it up; the next one that asks for
one with the same address and options takes it, put back to its beginning. `own_sessions` is for tests of just that.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg.pq import TransactionStatus

AS_NEW = "RESET ALL; RESET ROLE; SELECT pg_advisory_unlock_all(); UNLISTEN *; DISCARD TEMP"
"""What may be left behind in a session: settings, locks, channels, temporary tables."""
MOST_IDLE = 8

Session = psycopg.Connection[Any]


class Sessions:
    """Those that nobody uses now, by what they were asked for with."""

    def __init__(self) -> None:
        self._process = os.getpid()  # what is forked from it has none of its sessions
        self._idle: defaultdict[str, list[Session]] = defaultdict(list)
        self._lock = threading.Lock()

    def take(self, asked: Mapping[str, Any]) -> Session | None:
        """One that is as a new one, if there is one still."""
        while os.getpid() == self._process:
            with self._lock:
                idle = self._idle[_key(asked)]
                if not idle:
                    return None
                session = idle.pop()
            try:
                session.execute(AS_NEW)
            except psycopg.Error:  # it was ended meanwhile
                session.close()
            else:
                return session
        return None

    def give(self, session: Session, asked: Mapping[str, Any]) -> bool:
        """Keep it for the next one. False where it is to be closed: it is broken, at work, or heard by somebody."""
        if session.closed or os.getpid() != self._process:
            return False
        if session.info.transaction_status != TransactionStatus.IDLE:
            return False
        if session._notify_handlers or session._notice_handlers:
            return False
        session.autocommit = True
        session.isolation_level = session.read_only = session.deferrable = None
        with self._lock:
            idle = self._idle[_key(asked)]
            if len(idle) >= MOST_IDLE:
                return False
            idle.append(session)
        return True

    def end(self) -> None:
        """Close all."""
        for idle in self._idle.values():
            for session in idle:
                session.close()
        self._idle.clear()


def _key(asked: Mapping[str, Any]) -> str:
    return repr(sorted((name, str(value)) for name, value in asked.items() if name != "context"))


@contextmanager
def shared_sessions() -> Iterator[Sessions]:
    """Meanwhile Django's connections of all threads take and give up sessions here."""
    sessions = Sessions()
    wrapper: Any = DatabaseWrapper
    connect, close = wrapper.get_new_connection, wrapper._close

    def taken(self: Any, conn_params: dict[str, Any]) -> Session:
        self.asked_with = conn_params
        session: Session = sessions.take(conn_params) or connect(self, conn_params)
        return session

    def given(self: Any) -> None:
        asked = getattr(self, "asked_with", None)  # none where it was opened before
        if self.connection is None or asked is None or not sessions.give(self.connection, asked):
            close(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseWrapper, "get_new_connection", taken)
        patch.setattr(DatabaseWrapper, "_close", given)
        yield sessions
        sessions.end()
