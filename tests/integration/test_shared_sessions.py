"""Sessions of the database that tests hand on are as new, and nobody but this process has them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from tests.shared_sessions import Sessions

LEFT_BEHIND = """
SET statement_timeout = '123s'; SELECT pg_advisory_lock(4711); CREATE TEMPORARY TABLE mine (a int); LISTEN something
"""
FOUND = """
SELECT current_setting('statement_timeout'), to_regclass('mine') IS NULL,
       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), (SELECT count(*) FROM pg_listening_channels())
"""


def of_a_thread(*statements: str) -> tuple[int, tuple[object, ...]]:
    """Which session a new thread has, and what the last of these statements answers there."""
    said: list[tuple[int, tuple[object, ...]]] = []

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (session,) = cursor.fetchone()
            for statement in statements:
                cursor.execute(statement)
            said.append((session, cursor.fetchone() if cursor.description else ()))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return said[0]


@pytest.fixture(autouse=True)
def _none_before(django_db_setup: Sessions, transactional_db: None) -> Iterator[None]:
    django_db_setup.end()
    yield
    django_db_setup.end()


def test_the_next_thread_has_the_session_of_the_one_before_and_finds_nothing_of_it() -> None:
    first, _ = of_a_thread(LEFT_BEHIND)
    second, found = of_a_thread(FOUND)
    assert (second, found) == (first, ("0", True, 0, 0))


def test_one_that_the_server_ended_meanwhile_is_not_handed_on() -> None:
    first, _ = of_a_thread()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert of_a_thread()[0] != first


def test_a_process_that_was_forked_takes_none(django_db_setup: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = of_a_thread()
    monkeypatch.setattr(django_db_setup, "_process", 1)
    assert of_a_thread()[0] != first


def test_who_asks_for_own_sessions_has_them_end(own_sessions: None) -> None:
    first, _ = of_a_thread()
    assert of_a_thread()[0] != first
