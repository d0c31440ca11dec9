"""Limits that the server keeps for each kind of process, read back from it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import astuple

import pytest
from django.db import connection

from orbweaver.platform.runtime.limits import COMMAND, CRAWLER, UNLIMITED, WEB, WORKER, Limits, held_to

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
    look = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])"
    url = "postgresql://u@db.example/n?connect_timeout=3&sslmode=require"
    said = subprocess.run(
        [sys.executable, "-c", look],
        env=os.environ | {"ORBWEAVER_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "'connect_timeout': '3'" in said
    assert "'sslmode': 'require'" in said
    assert "'tcp_user_timeout': '30000'" in said
