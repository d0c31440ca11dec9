"""Migrations whose models are drawn before the first of their locks, not between two of them.

Django draws the models anew after each operation of a migration, those that point to them as well: half a second for
one that is much pointed to. Within a migration of several operations the table of the first is held meanwhile.
"""

from __future__ import annotations

from types import MethodType

from django.db import transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


def draw_first(migration: Migration) -> None:
    """Let this migration draw all its models before its first operation touches the database."""
    migration.apply = MethodType(_apply, migration)  # type: ignore[method-assign]


def _apply(migration: Migration, state: ProjectState, editor: BaseDatabaseSchemaEditor) -> ProjectState:
    """``Migration.apply`` in two rounds: the states that the operations lead to, then the operations."""
    _ = state.apps  # once: those that follow change it
    states = [state]
    for operation in migration.operations:
        after = states[-1].clone()
        operation.state_forwards(migration.app_label, after)
        states.append(after)
    for operation, before, after in zip(migration.operations, states, states[1:], strict=False):
        _play(migration, operation, editor, before, after)
    return states[-1]


def _play(
    migration: Migration,
    operation: Operation,
    editor: BaseDatabaseSchemaEditor,
    before: ProjectState,
    after: ProjectState,
) -> None:
    if not editor.atomic_migration and (operation.atomic or (migration.atomic and operation.atomic is not False)):
        with transaction.atomic(editor.connection.alias):
            operation.database_forwards(migration.app_label, editor, before, after)
    else:
        operation.database_forwards(migration.app_label, editor, before, after)
