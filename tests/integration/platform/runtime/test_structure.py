"""An empty database is made from a file that says what the migrations execute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime import migrate

TOOL = Path(__file__).parents[4] / "tools" / "structure.py"

READ = f"""
import importlib.util, json
spec = importlib.util.spec_from_file_location("structure", {str(TOOL)!r})
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)
with tool.empty_database():
    print(json.dumps(tool.structure()))
"""


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
