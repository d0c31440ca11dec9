"""Bringing the database up to date: forward only, one process at a time.

An empty database is made from ``structure.sql``, which holds what all migrations execute (written by
tools/structure.py). Django would draw all models anew after each of some hundred operations: seconds of a processor.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.locks import FileLock
from orbweaver.platform.runtime.messages import DATABASE_TOO_OLD, RUNNING_IS_OLDER

MIGRATE_LOCK: Final = 0x6F72_6D69
"""Advisory lock under which migrations run ("ormi")."""

STRUCTURE: Final = Path(__file__).with_name("structure.sql")

BEFORE_THE_FIRST_RELEASE: Final = ("audit", "0002_append_only")
"""Recorded in every database that was made before the migrations began anew, and in none since."""


def pending_migrations() -> int:
    """How many migrations are not applied yet. Every command asks it, so they are told by their names alone: to load
    them all and to join them takes a tenth of a second.

    Raises Unavailable for a database of a version before the first release.
    """
    applied = MigrationRecorder(connection).applied_migrations().keys()
    if BEFORE_THE_FIRST_RELEASE in applied:
        raise Unavailable(DATABASE_TOO_OLD)
    return len(migrations_on_disk() - applied)


def is_behind() -> bool:
    """Whether there are tables, and migrations that they lack. Raises what ``pending_migrations`` raises."""
    return bool(pending_migrations() and connection.introspection.table_names())


def are_newer() -> bool:
    """Whether a version after this one has changed the tables."""
    return bool(MigrationRecorder(connection).applied_migrations().keys() - migrations_on_disk())


def migrations_on_disk() -> set[tuple[str, str]]:
    """The label of its app and the name of each migration that this version has."""
    folders = ((app.label, find_spec(f"{app.name}.migrations")) for app in apps.get_app_configs())
    return {
        (label, module.name)
        for label, folder in folders
        if folder is not None
        for module in iter_modules(folder.submodule_search_locations)
    }


def migrate_if_needed(
    running: FileLock | None = None, around: Callable[[], AbstractContextManager[object]] = nullcontext
) -> int:
    """Apply what is missing, under an advisory lock and within ``around``; returns how many were applied.

    A second process waits, then finds none. When a migration fails the connection is closed, which lets go of the
    lock and of whatever transaction the failure left open. ``running`` is the lock of an installation that must not
    find its tables changed under it: Unavailable is raised while somebody holds it and something is missing.
    """
    if not pending_migrations():
        return 0
    if running is not None and running.is_held():
        raise Unavailable(RUNNING_IS_OLDER)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATE_LOCK])
            count = pending_migrations()
            if count:
                with around():
                    _apply()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATE_LOCK])
    except BaseException:
        connection.close()
        raise
    return count


def _apply() -> None:
    from orbweaver.platform.runtime import indexing  # loads what draws models, which no command needs at other times

    if not connection.introspection.table_names():
        _create()
        return
    if not _has_what_its_migrations_made():
        raise Unavailable(DATABASE_TOO_OLD)
    indexing.migrate_all()


def _has_what_its_migrations_made() -> bool:
    """Whether each column is there that the migrations recorded in this database make today.

    Until 27 November 2026 migrations that had been applied were still changed: what comes after them fails half-way on
    such a database. Since then none is (``tools/migrations.sha256``).
    """
    loader = MigrationLoader(connection)
    applied = [node for node in loader.applied_migrations if node in loader.graph.nodes]
    models = loader.project_state(applied).apps.get_models()
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        there = set(cursor.fetchall())
    return all(
        (model._meta.db_table, field.column) in there
        for model in models
        for field in model._meta.local_concrete_fields
        if model._meta.managed and not model._meta.proxy
    )


def _create() -> None:
    """Make the tables of an empty database, as the migrations would."""
    recorder = MigrationRecorder(connection)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(STRUCTURE.read_text(encoding="utf-8"))
        recorder.ensure_schema()
        graph = MigrationLoader(connection).graph
        recorder.migration_qs.bulk_create(recorder.Migration(app=app, name=name) for app, name in graph.nodes)
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias, apps=apps, plan=[])
