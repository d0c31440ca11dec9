"""The database is brought up to date by whoever finds it behind, but never under an installation that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime import migrate
from orbweaver.platform.runtime.installation import lock_of


@pytest.mark.django_db
def test_nothing_is_migrated_under_a_running_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "pending_migrations", lambda: 1)
    monkeypatch.setattr(migrate, "call_command", lambda *_, **__: pytest.fail("it was migrated"))
    lock = lock_of(tmp_path)
    assert lock.acquire()
    with pytest.raises(Unavailable, match="Stop it, then start it again"):
        migrate.migrate_if_needed(lock_of(tmp_path))
    lock.release()


@pytest.mark.django_db
def test_where_nothing_is_missing_a_running_installation_is_in_nobodys_way(tmp_path: Path) -> None:
    lock = lock_of(tmp_path)
    assert lock.acquire()
    assert migrate.migrate_if_needed(lock_of(tmp_path)) == 0
    lock.release()


@pytest.mark.django_db
def test_what_is_missing_is_applied_where_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    applied: list[str] = []
    monkeypatch.setattr(migrate, "pending_migrations", lambda: 3 - 3 * len(applied))
    monkeypatch.setattr(migrate, "call_command", lambda name, **_: applied.append(name))
    assert migrate.migrate_if_needed(lock_of(tmp_path)) == 3
    assert applied == ["migrate"]


@pytest.mark.django_db
def test_what_is_missing_is_told_by_names_as_django_tells_it() -> None:
    assert migrate.migrations_on_disk() == set(MigrationLoader(None).disk_migrations or ())
    assert migrate.pending_migrations() == 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0001_initial' AND app IN ('crawl', 'hashlists')")
    assert migrate.pending_migrations() == 2
