"""The machines of a fleet and their roles in the database, which an administrator's address gives and takes.

A machine signs in as a role of its own with the rights of its part (``database_roles``). Its token holds a password
that counts for an hour; joining replaces it, so that the token counts once. The worker then lifts the hour, and takes
away the roles of those that are gone or never came.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from orbweaver.detect.evidence.keys import RECIPIENT, master_recipient
from orbweaver.detect.held.keys import RECIPIENT_FILE, sealed
from orbweaver.doors.database_roles import PARTS, grant_rights, role_of, say
from orbweaver.doors.messages import NO_ADMINISTRATOR, NO_TLS, ONLY_HERE, UNKNOWN_MACHINE_PART
from orbweaver.errors import ConfigurationError, InvalidInput
from orbweaver.people.machines import services
from orbweaver.people.machines.models import Machine
from orbweaver.people.machines.token import Token
from orbweaver.platform.runtime.access import administrator_url, verifier_of
from orbweaver.platform.runtime.database import RESOLVED_DATABASE_URL
from orbweaver.platform.settings import PlatformSettings, is_loopback

_MAKE: Final = sql.SQL(
    "CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    " PASSWORD {password} VALID UNTIL {until} IN ROLE {part}"
)
_KEEP: Final = sql.SQL("ALTER ROLE {role} VALID UNTIL 'infinity'")
_TAKE: Final = (
    sql.SQL("ALTER ROLE {role} NOLOGIN"),
    sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {name}"),
    sql.SQL("DROP ROLE {role}"),
)


def invite(part: str, now: dt.datetime, *, label: str) -> tuple[Machine, str]:
    """A new machine and its token.

    Raises:
        InvalidInput: there is no such part.
        ConfigurationError: the database is not reached over TLS that is verified, or no administrator is known.
        Unavailable: the role could not be made.
    """
    if part not in PARTS:
        raise InvalidInput(UNKNOWN_MACHINE_PART.of(part=part, parts=", ".join(PARTS)))
    place, administrator = _place(), _administrator()
    grant_rights(administrator)
    machine, password = services.invite(part, now, label=label), secrets.token_urlsafe(32)
    make = _MAKE.format(
        role=sql.Identifier(machine.role),
        password=sql.Literal(verifier_of(password)),
        until=sql.Literal(machine.expires_at.isoformat()),
        part=sql.Identifier(role_of(part)),
    )
    say(administrator, make)
    token = Token(
        part=part,
        role=machine.role,
        password=password,
        expires_at=machine.expires_at.isoformat(),
        recipients=_recipients(),
        **place,
    )
    return machine, token.written()


def _place() -> dict[str, str]:
    """Where the database is, for machines elsewhere, and whom they trust to be it."""
    url = PlatformSettings.current().database_url
    said = {name: str(value) for name, value in conninfo_to_dict(url).items()} if url else {}
    if not said.get("host") or said["host"].startswith("/"):
        raise ConfigurationError(ONLY_HERE)
    ca, tls = said.get("sslrootcert", ""), said.get("sslmode", "prefer")
    if not is_loopback(said["host"]) and (tls != "verify-full" or not ca):
        raise ConfigurationError(NO_TLS)
    return {
        "tls": tls,
        "host": said["host"],
        "port": said.get("port", ""),
        "database": said.get("dbname", "orbweaver"),
        "ca": "" if ca in ("", "system") else Path(ca).read_text(encoding="utf-8"),
    }


def _known_administrator() -> str | None:
    url = os.environ.get(RESOLVED_DATABASE_URL)
    return administrator_url(PlatformSettings.current(), url) if url else None


def _administrator() -> str:
    found = _known_administrator()
    if found is None:
        raise ConfigurationError(NO_ADMINISTRATOR)
    return found


def _recipients() -> dict[str, str]:
    """The public halves to which a machine encrypts, made here where they are not there yet."""
    sealed(b"")
    keys = PlatformSettings.current().keys_path
    master_recipient(keys)
    return {name: (keys / name).read_text(encoding="utf-8").strip() for name in (RECIPIENT, RECIPIENT_FILE)}


def revoke(public_id: str, now: dt.datetime, *, label: str) -> Machine:
    """Take a machine's role at once: its sessions end. Raises InvalidInput, Conflict, ConfigurationError,
    Unavailable."""
    administrator = _administrator()
    machine = services.let_go(public_id, Machine.Gone.REVOKED, now, label=label)
    _take(administrator, machine)
    return machine


def _take(administrator: str, machine: Machine) -> None:
    names = {"role": sql.Identifier(machine.role), "name": sql.Literal(machine.role)}
    say(administrator, *(text.format(**names) for text in _TAKE))


def keep_machines(now: dt.datetime) -> int:
    """Lift the hour of those that joined; let those lapse that did not; take the roles of those that are gone.

    A duty of the worker; how many machines that were. Without an administrator's address nothing is done.
    """
    done = 0
    waiting = Machine.objects.filter(gone_at=None, kept_at=None)
    if not waiting.exists() and not _left_over():
        return 0
    administrator = _known_administrator()
    if administrator is None:  # `machines invite` had one; whoever has it runs the worker, or doctor says so
        return 0
    for machine in waiting.order_by("pk"):
        if machine.joined_at is not None:
            say(administrator, _KEEP.format(role=sql.Identifier(machine.role)))
            Machine.objects.filter(pk=machine.pk).update(kept_at=now)
            done += 1
        elif machine.expires_at < now:
            services.let_go(machine.public_id, Machine.Gone.LAPSED, now, label="system")
            done += 1
    for machine in _left_over():
        _take(administrator, machine)
        done += 1
    return done


def _left_over() -> Sequence[Machine]:
    """Machines that are gone and whose role is still there."""
    gone = {machine.role: machine for machine in Machine.objects.exclude(gone_at=None)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(gone)])
        return [gone[role] for (role,) in cursor.fetchall()]
