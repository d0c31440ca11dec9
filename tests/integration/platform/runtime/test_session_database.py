"""The database that the tests themselves stand on."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection


@pytest.mark.django_db
def test_django_reaches_the_sessions_own_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user, current_setting('server_version_num')::int")
        name, user, version = cursor.fetchone()
    assert (name, user) == ("orbweaver", "orbweaver")
    assert version >= 160000


@pytest.mark.django_db(transaction=True)
def test_another_process_can_be_given_the_migrated_database(database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        row = other.execute("SELECT count(*) FROM django_migrations").fetchone()
    assert row is not None
    assert row[0] > 0
