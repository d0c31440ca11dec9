"""Whoever uses a table that a migration changes is not kept waiting while Django draws its models anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, StateApps
from django.db.models import IntegerField

from orbweaver.platform.runtime import indexing, migrate

pytestmark = pytest.mark.django_db(transaction=True)
WIDENS = ("recheck", "0004_versions_of_tables")
TABLE = "recheck_observation"


@pytest.fixture
def _of_three_columns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A migration that adds three columns to a table, not applied."""
    migration = MigrationLoader(connection).get_migration(*WIDENS).__class__
    more = [AddField("observation", name, IntegerField(null=True)) for name in ("second", "third")]
    monkeypatch.setattr(migration, "operations", [*migration.operations, *more])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DROP COLUMN rules_version")
        cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", WIDENS)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DROP COLUMN second, DROP COLUMN third")
    assert migrate.pending_migrations() == 0


@pytest.mark.usefixtures("_of_three_columns")
def test_models_are_drawn_before_the_first_table_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    draw, editor = StateApps.render_multiple, connection.SchemaEditorClass
    execute = editor.execute

    def drawing(self: StateApps, models: list[ModelState]) -> None:
        done.append("drawn")
        draw(self, models)

    def executing(self: object, sql: object, params: object = ()) -> object:
        done.append(str(sql).split(" ADD ", maxsplit=1)[0])
        return execute(self, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(StateApps, "render_multiple", drawing)
    monkeypatch.setattr(editor, "execute", executing)
    indexing.migrate_all()
    change = f'ALTER TABLE "{TABLE}"'
    first = done.index(change)
    assert done[:first].count("drawn") >= 3
    assert done[first : first + 3] == [change] * 3
