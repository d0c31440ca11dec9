"""The database is brought up to date by whoever finds it behind, but never under an installation that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from tests.integration.conftest import SetConfig

from orbweaver.doors.cli.session import bring_up_to_date
from orbweaver.errors import Unavailable
from orbweaver.platform.runtime import indexing, migrate
from orbweaver.platform.runtime.installation import lock_of


@pytest.mark.django_db
def test_nothing_is_migrated_under_a_running_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "pending_migrations", lambda: 1)
    monkeypatch.setattr(indexing, "migrate_all", lambda: pytest.fail("it was migrated"))
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
    monkeypatch.setattr(indexing, "migrate_all", lambda: applied.append("migrate"))
    assert migrate.migrate_if_needed(lock_of(tmp_path)) == 3
    assert applied == ["migrate"]


@pytest.mark.django_db
def test_what_is_missing_is_told_by_names_as_django_tells_it() -> None:
    assert migrate.migrations_on_disk() == set(MigrationLoader(None).disk_migrations or ())
    assert migrate.pending_migrations() == 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0001_initial' AND app IN ('crawl', 'hashlists')")
    assert migrate.pending_migrations() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("unasked", [True, False])
def test_on_a_server_that_others_may_use_nothing_is_migrated_that_nobody_asked_for(
    monkeypatch: pytest.MonkeyPatch, set_config: SetConfig, database_url: str, unasked: bool
) -> None:
    applied: list[str] = []
    monkeypatch.setattr(migrate, "pending_migrations", lambda: 1 - len(applied))
    monkeypatch.setattr(indexing, "migrate_all", lambda: applied.append("migrate"))
    set_config(database_url=database_url)
    if unasked:
        with pytest.raises(Unavailable, match="run `orbweaver migrate` once"):
            bring_up_to_date(unasked=True)
    else:
        assert bring_up_to_date() == 1
    assert applied == ([] if unasked else ["migrate"])
