"""An empty database is made from a file that says what the migrations execute.

To execute them takes half a minute of a processor, so `make soak` does; `make test` reads by the file's seal whether
they have changed since.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.db import connection

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime import indexing, migrate

TOOL = Path(__file__).parents[4] / "tools" / "structure.py"

READ = f"""
import importlib.util, json
spec = importlib.util.spec_from_file_location("structure", {str(TOOL)!r})
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)
with tool.empty_database():
    print(json.dumps(tool.structure()))
"""


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("structure", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_was_written_from_the_migrations_as_they_are_now_and_not_changed_since() -> None:
    written = migrate.STRUCTURE.read_text(encoding="utf-8")
    first, _, statements = written.partition("\n\n")
    head = tool().HEAD.format(seal=tool().seal_of(f"\n{statements}"))
    assert f"{first}\n" == head, "Run: make structure"


def test_a_changed_migration_and_a_changed_statement_break_the_seal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = tool()
    migration = tmp_path / "app" / "migrations" / "0001_initial.py"
    migration.parent.mkdir(parents=True)
    migration.write_text("as it was")
    monkeypatch.setattr(one, "SOURCE", tmp_path)
    before = one.seal_of("CREATE TABLE one ();")
    assert one.seal_of("CREATE TABLE two ();") != before == one.seal_of("CREATE TABLE one ();")
    migration.write_text("as it is")
    assert one.seal_of("CREATE TABLE one ();") != before


def test_no_migration_changes_that_a_database_may_have_applied_and_all_are_noted() -> None:
    assert tool().changed() == [], "Put it back, and write a new migration; see tools/structure.py"
    assert set(tool().kept()) == set(tool().digests()), "Run: make structure"


def test_a_kept_migration_that_changes_stops_the_tool_and_a_new_one_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = tool()
    monkeypatch.setattr(one, "SOURCE", tmp_path)
    monkeypatch.setattr(one, "KEPT", tmp_path / "kept")
    first = tmp_path / "app" / "migrations" / "0001_initial.py"
    first.parent.mkdir(parents=True)
    first.write_text("as it was")
    one.KEPT.write_text("")
    one.keep()
    first.with_name("0002_more.sql").write_text("more")
    one.keep()
    assert set(one.kept()) == {"app/migrations/0001_initial.py", "app/migrations/0002_more.sql"}
    first.write_text("as it is")
    with pytest.raises(SystemExit, match=r"0001_initial\.py"):
        one.keep()
    assert one.changed() == ["app/migrations/0001_initial.py"]


@pytest.mark.soak
def test_the_file_holds_what_the_migrations_execute_now() -> None:
    done = subprocess.run([sys.executable, "-c", READ], env=os.environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == migrate.STRUCTURE.read_text(encoding="utf-8"), "Run: make structure"


@pytest.mark.django_db
def test_a_database_made_from_it_has_every_migration_applied_and_djangos_own_rows() -> None:
    assert migrate.pending_migrations() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM django_content_type), (SELECT count(*) FROM auth_permission)")
        types, permissions = cursor.fetchone()
    assert permissions == 4 * types > 0


@pytest.mark.django_db
def test_a_database_of_before_the_first_release_is_refused_in_words() -> None:
    with connection.cursor() as cursor:
        app, name = migrate.BEFORE_THE_FIRST_RELEASE
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", [app, name])
    with pytest.raises(Unavailable, match="before the first release, and cannot be brought up to date"):
        migrate.migrate_if_needed()


@pytest.mark.django_db
def test_a_database_whose_migrations_were_others_under_the_same_names_is_refused_before_anything_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(indexing, "migrate_all", lambda: pytest.fail("it was migrated"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts' AND name >= '0006'")
        cursor.execute("ALTER TABLE accounts_apikey DROP COLUMN networks")
        cursor.execute("DROP TABLE accounts_agreement")
        cursor.execute(
            "ALTER TABLE accounts_organisation"
            " ADD agreement varchar(200) NOT NULL DEFAULT '', ADD agreement_ends_on date NULL"
        )
        assert migrate._has_what_its_migrations_made()
        cursor.execute("ALTER TABLE hashlists_uploadedlist RENAME TO hashlists_as_it_was")
    with pytest.raises(Unavailable, match="before the first release, and cannot be brought up to date"):
        migrate.migrate_if_needed()
