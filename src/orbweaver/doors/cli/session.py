"""A command's way to the database: find or start it, set Django up, migrate when something is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.apps import apps

from orbweaver.doors.cli.messages import DATABASE_FAILED, NOT_ITS_PART, TABLES_OLDER, TABLES_TO_MIGRATE
from orbweaver.errors import NotAllowed, Unavailable
from orbweaver.platform.runtime.limits import COMMAND, Limits, held_to, will_pass
from orbweaver.platform.runtime.locks import FileLock
from orbweaver.platform.settings import PlatformSettings


@contextmanager
def open_session(
    *, migrate: bool = True, limits: Limits = COMMAND, restoring: bool = False, part: str = ""
) -> Iterator[None]:
    """Within it, models can be used. Starts the embedded database for its duration if none runs.

    ``limits`` hold for its connections once the database is up to date. ``restoring`` is said by the restore itself,
    ``part`` by what a machine of a fleet with that part may do.

    Raises NotAllowed on a machine of a fleet that has another part; Unavailable when the database stops answering
    meanwhile, when its disk is full, when it would have to be migrated under a running installation, or when a
    backup is being restored here.
    """
    from orbweaver.platform.runtime.database import database
    from orbweaver.platform.runtime.half_restored import refuse_half_restored

    own_part = PlatformSettings.current().machine_part
    if own_part is not None and part != own_part:
        raise NotAllowed(NOT_ITS_PART.of(part=own_part))
    if not restoring:
        refuse_half_restored(PlatformSettings.current().data_dir.absolute())

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    with database(PlatformSettings.current()):
        if not apps.ready:  # else it would only set up logs once more, which a fork pays for with 3 MB
            django.setup()
        from django.db import InternalError, OperationalError, connections

        from orbweaver.platform.runtime.installation import lock_of

        try:
            if own_part is not None:
                _same_tables()
            elif migrate:
                bring_up_to_date(lock_of(PlatformSettings.current().data_dir.absolute()), unasked=not restoring)
            _take_up_policy()
            with held_to(limits):
                yield
        except (OperationalError, InternalError) as error:
            if not will_pass(error):
                raise
            reason = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
            raise Unavailable(DATABASE_FAILED.of(reason=reason)) from error
        finally:
            connections.close_all()


def _take_up_policy() -> None:
    from orbweaver.people.policy.services import take_up
    from orbweaver.people.rule_tables.services import take_up as take_up_tables

    take_up()
    take_up_tables()


def _same_tables() -> None:
    """Raises Unavailable where the program is newer than the tables: they are changed where the hotline is."""
    from orbweaver.platform.runtime.migrate import pending_migrations

    if pending_migrations():
        raise Unavailable(TABLES_OLDER)


def bring_up_to_date(running: FileLock | None = None, *, unasked: bool = False) -> int:
    """Migrate what is missing, and give the audit log to a role of its own where an administrator's address is known.

    How many migrations were applied. Raises what ``migrate_if_needed`` and ``separate`` raise; where nobody asked for
    it also Unavailable, for tables on a server that others may use.
    """
    from orbweaver.people.audit.separation import is_separate, lent_back, separate
    from orbweaver.platform.runtime.migrate import is_behind, migrate_if_needed

    if unasked and PlatformSettings.current().database_url and is_behind():
        raise Unavailable(TABLES_TO_MIGRATE)
    administrator = administrator_address()
    applied = migrate_if_needed(running, lambda: lent_back(administrator))
    if administrator is not None and not is_separate():
        separate(administrator)
    return applied


def administrator_address() -> str | None:
    """The session's database as an administrator, where that is known."""
    from orbweaver.platform.runtime.access import administrator_url
    from orbweaver.platform.runtime.database import RESOLVED_DATABASE_URL

    url = os.environ.get(RESOLVED_DATABASE_URL)
    return administrator_url(PlatformSettings.current(), url) if url else None
