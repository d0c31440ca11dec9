"""Bringing the database up to date: forward only, one process at a time."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.locks import FileLock

MIGRATE_LOCK = 0x6F72_6D69
"""Advisory lock under which migrations run ("ormi")."""


def pending_migrations() -> int:
    """How many migrations are not applied yet."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate_if_needed(running: FileLock | None = None) -> int:
    """Apply what is missing, under an advisory lock; returns how many were applied.

    A second process waits, then finds none. When a migration fails the connection is closed, which lets go of the
    lock and of whatever transaction the failure left open. ``running`` is the lock of an installation that must not
    find its tables changed under it: Unavailable is raised while somebody holds it and something is missing.
    """
    if not pending_migrations():
        return 0
    if running is not None and running.is_held():
        raise Unavailable(
            "The installation that runs here has an older form of the database than this version of Orbweaver. "
            "Nothing was changed. Stop it, then start it again with this version; it brings the database up to date."
        )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATE_LOCK])
            count = pending_migrations()
            if count:
                call_command("migrate", verbosity=0, interactive=False)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATE_LOCK])
    except BaseException:
        connection.close()
        raise
    return count
