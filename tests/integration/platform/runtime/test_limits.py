"""Limits that the server keeps for each kind of process, read back from it."""

from __future__ import annotations

import threading
from dataclasses import astuple

import pytest
from django.db import InternalError, connection

from orbweaver.detect.crawl.models import CrawlSwitch
from orbweaver.platform.clock import now
from orbweaver.platform.django_settings import database_of
from orbweaver.platform.runtime.limits import (
    CLIENT,
    COMMAND,
    CRAWLER,
    UNLIMITED,
    WEB,
    WORKER,
    Limits,
    held_to,
    will_pass,
)

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("idle_in_transaction_session_timeout", "statement_timeout", "lock_timeout", "transaction_timeout")


def in_force() -> list[float]:
    """The four limits of a connection made now, in seconds; those that this server does not have are 0."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting::float / 1000 FROM pg_settings WHERE name = ANY(%s)", [list(NAMES)])
        found = dict(cursor.fetchall())
    return [found.get(name, 0) for name in NAMES]


@pytest.mark.parametrize("limits", [WEB, CRAWLER, WORKER, COMMAND, UNLIMITED])
def test_every_connection_of_a_process_has_its_limits_and_none_afterwards(limits: Limits) -> None:
    of_threads: list[list[float]] = []

    def look() -> None:
        of_threads.append(in_force())
        connection.close()

    with held_to(limits):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        of_threads.append(in_force())
    expected = list(astuple(limits))
    if server_version() < 170_000:
        expected[3] = 0
    assert of_threads == [expected, expected]
    assert in_force() == [0, 0, 0, 0]


def server_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        (version,) = cursor.fetchone()
    return int(version)


def test_what_the_address_says_of_the_connection_goes_before_our_own() -> None:
    options = database_of("postgresql://u@db.example/n?connect_timeout=3&sslmode=require")["OPTIONS"]
    assert options == CLIENT | {"connect_timeout": "3", "sslmode": "require"}


def test_of_several_servers_the_one_that_takes_what_is_written_is_used() -> None:
    made = database_of("postgresql://u:p%40w@one.example:5432,two.example:5433/n?sslmode=verify-full")
    assert (made["HOST"], made["PORT"]) == ("one.example,two.example", "5432,5433")
    assert (made["USER"], made["PASSWORD"], made["NAME"]) == ("u", "p@w", "n")
    assert made["OPTIONS"] == CLIENT | {"sslmode": "verify-full", "target_session_attrs": "read-write"}


def test_a_connection_to_a_server_that_only_reads_is_not_used_again() -> None:
    with held_to(WORKER):
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
        with pytest.raises(InternalError) as caught:
            CrawlSwitch.objects.create(off=True, changed_at=now())
        assert will_pass(caught.value)
        connection.close_if_unusable_or_obsolete()
        CrawlSwitch.objects.create(off=True, changed_at=now())
