"""Migrations that keep nobody waiting: their indexes are built beforehand, while others read and write.

``AddIndex`` in a migration keeps all writers out for as long as it builds: seconds where a table has millions of rows.
So whoever migrates builds the index first, with ``CONCURRENTLY``, which a migration itself may not, being one
transaction; the migration then finds it there. Its models are drawn before it, too (``drawn``). Migrations are never
changed, and need not be.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.core.management import call_command
from django.core.management.commands.migrate import Command
from django.db import OperationalError, connection
from django.db.migrations import AddIndex, Migration
from django.db.migrations.loader import MigrationLoader
from django.db.models import Index, Model

from orbweaver.platform.runtime.drawn import draw_first

LOCK_WAIT_S: Final = 1.0
"""A migration waits no longer for one lock: whoever comes after it waits behind it."""
TRIES: Final = 60
PAUSE_S: Final = 2.0
"""Seconds until a migration is tried again that did not get a lock in time."""
LOCK_NOT_AVAILABLE: Final = "55P03"


def migrate_all() -> None:
    """Apply what is missing. What others hold locks of is tried again for some minutes, then the error is raised.

    Each migration is one transaction: those that were applied stay so.
    """
    with indexes_taken_over() as ahead, _short_waits():
        for tries_left in reversed(range(TRIES)):
            try:
                call_command(_Migrate(ahead), verbosity=0, interactive=False)
                return
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE or not tries_left:
                    raise
            time.sleep(PAUSE_S)


class _Migrate(Command):
    """Django's own, which makes each migration ready before that begins."""

    def __init__(self, ahead: set[str]) -> None:
        super().__init__()
        self._ahead = ahead

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        """Called by Django, outside the migration's transaction."""
        if action == "apply_start" and migration is not None:
            self._ahead |= made_ready(migration)


def made_ready(migration: Migration) -> set[str]:
    """Do before a migration what it would do while it keeps others waiting; the names of the indexes it will find."""
    draw_first(migration)
    return build_ahead(migration)


def build_ahead(migration: Migration) -> set[str]:
    """Build the indexes that a migration adds to tables that are there; the names of those it will find.

    Those of tables or columns that the migration makes itself are left to it.
    """
    adds = [operation for operation in migration.operations if isinstance(operation, AddIndex)]
    if not adds:
        return set()
    before = MigrationLoader(connection).project_state((migration.app_label, migration.name), at_end=False)
    tables = connection.introspection.table_names()
    found = set()
    for operation in adds:
        name = operation.model_name.lower()
        if (migration.app_label, name) in before.models:
            model = before.apps.get_model(migration.app_label, name)
            if model._meta.db_table in tables and _is_there(model, operation.index):
                found.add(operation.index.name)
    return found


def _is_there(model: type[Model], index: Index) -> bool:
    """Whether the index is there now; built, if need be. Not where the migration adds a column of it."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [index.name])
        state = cursor.fetchone()
        if state == (True,):
            return True
        try:
            with connection.schema_editor(collect_sql=True) as editor:
                statement = str(index.create_sql(model, editor, concurrently=True))
        except (FieldDoesNotExist, FieldError):
            return False
        cursor.execute("SET lock_timeout = 0")  # it waits for those that began before it, and nobody for it
        if state is not None:  # whoever was building it was ended
            cursor.execute(f"DROP INDEX CONCURRENTLY {connection.ops.quote_name(index.name)}")
        cursor.execute(statement)
        cursor.execute(_SHORT)
    return True


_STATE: Final = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident(%s))"
_SHORT: Final = f"SET lock_timeout = '{LOCK_WAIT_S}s'"


@contextmanager
def _short_waits() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute(_SHORT)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])


@contextmanager
def indexes_taken_over() -> Iterator[set[str]]:
    """Within it, migrations take over those indexes of theirs that are in the set, which were built before them."""
    ahead: set[str] = set()
    editor = connection.SchemaEditorClass

    class TakingOver(editor):  # type: ignore[misc, valid-type]
        """Neither adds them once more nor takes them for those of a field that has none any more.

        Nor makes the constraint of a foreign key anew of which something else is altered.
        """

        _points_alike = False

        def add_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:
            with connection.cursor() as cursor:
                cursor.execute(_STATE, [index.name])
                is_there = cursor.fetchone() == (True,)
            if index.name not in ahead or not is_there:  # a migration may have removed an older one of that name
                super().add_index(model, index, concurrently)

        def _alter_field(self, model: type[Model], old_field: Any, new_field: Any, *given: Any, **named: Any) -> None:
            self._points_alike = _point_alike(old_field, new_field)
            super()._alter_field(model, old_field, new_field, *given, **named)
            self._points_alike = False

        def _constraint_names(self, *given: Any, exclude: Any = None, **named: Any) -> Any:
            if self._points_alike and named.get("foreign_key"):
                return []  # it stays: made anew it would read the whole table, and lock that which it points to
            return super()._constraint_names(*given, exclude={*(exclude or ()), *ahead}, **named)

    own: Any = connection
    own.SchemaEditorClass = TakingOver
    try:
        yield ahead
    finally:
        del own.SchemaEditorClass


def _point_alike(old: Any, new: Any) -> bool:
    """Whether two forms of a field have one constraint of a foreign key."""

    def points(field: Any) -> tuple[object, ...] | None:
        if not (field.remote_field and field.db_constraint):
            return None
        target = field.target_field
        return field.column, field.db_type(connection), target.model._meta.db_table, target.column

    return points(old) is not None and points(old) == points(new)
