"""The machines of a fleet and their roles in the database, which an administrator's address gives and takes.

A machine signs in as a role of its own with the rights of its part (``database_roles``). Its token holds a password
that counts for an hour; joining replaces it, so that the token counts once. The worker then lifts the hour, and takes
away the roles of those that are gone or never came.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from django.db import connection, transaction
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from orbweaver.detect.evidence.keys import RECIPIENT, master_recipient
from orbweaver.detect.held.keys import RECIPIENT_FILE, sealed
from orbweaver.doors.database_roles import PARTS, grant_rights, reason_of, rights_differ, role_of, say
from orbweaver.doors.messages import (
    NO_ADMINISTRATOR,
    NO_TLS,
    NOT_SHUT_OUT,
    ONLY_HERE,
    RIGHTS_NOT_GIVEN,
    ROLE_LEFT,
    UNKNOWN_MACHINE_PART,
)
from orbweaver.errors import ConfigurationError, Conflict, InvalidInput, Unavailable
from orbweaver.people.accounts.models import User
from orbweaver.people.machines import services
from orbweaver.people.machines.messages import GONE_ALREADY
from orbweaver.people.machines.models import Machine
from orbweaver.people.machines.token import Token
from orbweaver.platform.runtime.access import administrator_url, verifier_of
from orbweaver.platform.runtime.database import RESOLVED_DATABASE_URL
from orbweaver.platform.runtime.migrate import are_newer
from orbweaver.platform.settings import PlatformSettings, is_loopback

_MAKE: Final = sql.SQL(
    "CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    " PASSWORD {password} VALID UNTIL {until} IN ROLE {part}"
)
_KEEP: Final = sql.SQL("ALTER ROLE {role} VALID UNTIL 'infinity'")
_REACHED: Final = sql.SQL("GRANT {role} TO CURRENT_USER")
"""Without it, an administrator that is no superuser could not end the role's sessions or remove what it owns."""
_NO_RIGHTS: Final = sql.SQL("REVOKE {part} FROM {role}")
_NO_LOGIN: Final = sql.SQL("ALTER ROLE {role} NOLOGIN VALID UNTIL '-infinity'")
_END_SESSIONS: Final = sql.SQL(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = {name} AND pid <> pg_backend_pid()"
)
_OWNED_IN: Final = sql.SQL(
    "SELECT DISTINCT datname FROM pg_shdepend JOIN pg_database d ON d.oid = dbid"
    " WHERE refclassid = 'pg_authid'::regclass AND refobjid = to_regrole({quoted})"
)
_SHUT_OUT_TRIES: Final = 5


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
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()} if url else {}
    if not parts.get("host") or parts["host"].startswith("/"):
        raise ConfigurationError(ONLY_HERE)
    ca, tls = parts.get("sslrootcert", ""), parts.get("sslmode", "prefer")
    if not all(map(is_loopback, parts["host"].split(","))) and (tls != "verify-full" or not ca):
        raise ConfigurationError(NO_TLS)
    return {
        "tls": tls,
        "host": parts["host"],
        "port": parts.get("port", ""),
        "database": parts.get("dbname", "orbweaver"),
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


def revoke(public_id: str, now: dt.datetime, *, by: User | None = None, label: str = "system") -> Machine:
    """Shut a machine out, record it, then remove its role. Calling it again finishes what failed before.

    Raises InvalidInput, Conflict (it is gone, and its role with it), ConfigurationError, Unavailable.
    """
    administrator = _administrator()
    machine = services.known(public_id)
    if machine.gone_at is not None and not _has_role(machine):
        raise Conflict(GONE_ALREADY)
    _shut_out(administrator, machine)
    machine = services.let_go(public_id, Machine.Gone.REVOKED, now, by=by, label=label)
    _remove(administrator, machine)
    return machine


def _shut_out(administrator: str, machine: Machine) -> None:
    """End its rights, its sign-in and its sessions for good, whatever it owns or holds locked.

    The one lock asked for that it could hold is that on its own password, which ends with its sessions.
    """
    if not _has_role(machine):
        return
    try:
        _end_for_good(administrator, _names(machine))
    except psycopg.Error as error:
        raise Unavailable(NOT_SHUT_OUT.of(reason=reason_of(error))) from None


def _end_for_good(administrator: str, names: dict[str, sql.Composable]) -> None:
    with _administering(administrator) as session:
        session.execute(_REACHED.format(**names))
        for _ in range(_SHUT_OUT_TRIES):
            try:
                session.execute(_NO_LOGIN.format(**names))
                break
            except (psycopg.errors.LockNotAvailable, psycopg.errors.InternalError_):  # it is changing its password
                session.execute(_END_SESSIONS.format(**names))
        for step in (_END_SESSIONS, _NO_RIGHTS, _NO_LOGIN, _END_SESSIONS):  # raises where sign-in could not be ended
            session.execute(step.format(**names))


def _remove(administrator: str, machine: Machine) -> None:
    """Remove its role with all that it owns, in every database of the server."""
    names = _names(machine)
    try:
        with _administering(administrator) as session:
            for (database,) in session.execute(_OWNED_IN.format(**names)).fetchall():
                with _administering(make_conninfo(administrator, dbname=database)) as there:
                    there.execute(sql.SQL("DROP OWNED BY {role}").format(**names))
            session.execute(sql.SQL("DROP ROLE IF EXISTS {role}").format(**names))
    except psycopg.Error as error:
        raise Unavailable(ROLE_LEFT.of(reason=reason_of(error))) from None


def _names(machine: Machine) -> dict[str, sql.Composable]:
    return {
        "role": sql.Identifier(machine.role),
        "name": sql.Literal(machine.role),
        "quoted": sql.Literal(f'"{machine.role}"'),
        "part": sql.Identifier(role_of(machine.part)),
    }


@contextmanager
def _administering(administrator: str) -> Iterator[psycopg.Connection]:
    """A session without a transaction, which waits two seconds at most for a lock. Raises psycopg.Error."""
    with psycopg.connect(administrator, connect_timeout=10, autocommit=True) as session:
        session.execute("SET lock_timeout = '2s'")
        yield session


def give_new_rights() -> bool:
    """Let the machines that are here use tables as this version made them, whose rights they may lack. What they had
    they keep until the worker of this version runs: theirs may be the one before.

    Whether nothing is left to do: False where no administrator's address is known. Raises Unavailable.
    """
    if not rights_differ():
        return True
    administrator = _known_administrator()
    if administrator is None:
        return False
    grant_rights(administrator, taking=False)
    return True


def keep_machines(now: dt.datetime) -> int:
    """Lift the hour of those that joined; let those lapse that did not; take the roles of those that are gone. When
    this process begins, those that are here get the rights of its version, and lose others, unless the tables are of a
    newer one: this process is the last of a fleet to be brought up to date, then.

    A duty of the worker; how many machines that were. Without an administrator's address nothing is done.
    Raises Unavailable once all were tried: one that resists keeps none from its turn.
    """
    waiting = Machine.objects.filter(gone_at=None, kept_at=None)
    wrong = not are_newer() and _have_other_rights()
    if not wrong and not waiting.exists() and not _left_over():
        return 0
    administrator = _known_administrator()
    if administrator is None:  # `machines invite` had one; whoever has it runs the worker, or doctor says so
        return 0
    done, failed = 0, None
    if wrong:
        try:
            grant_rights(administrator)
            done += 1
        except Unavailable as error:
            failed = error
    for found, turn in ((lambda: waiting.order_by("pk"), _lift_or_lapse), (_left_over, _end)):
        for machine in found():
            try:
                done += turn(administrator, machine, now)
            except Unavailable as error:
                failed = error
    if failed is not None:
        raise failed
    return done


_of_this_version: set[str] = set()
"""Databases of which this process has seen that machines have the rights of its version there."""


def _have_other_rights() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name not in _of_this_version and not rights_differ():
        _of_this_version.add(name)
    return name not in _of_this_version


def _lift_or_lapse(administrator: str, machine: Machine, now: dt.datetime) -> int:
    if machine.joined_at is None:
        if machine.expires_at >= now:
            return 0
        _shut_out(administrator, machine)
        services.let_go(machine.public_id, Machine.Gone.LAPSED, now, label="system")
        return 1
    with transaction.atomic():  # the machine may hold its row: then it is left for the next time
        row = Machine.objects.select_for_update(skip_locked=True).filter(pk=machine.pk, gone_at=None).first()
        if row is None:
            return 0
        try:
            with _administering(administrator) as session:
                session.execute(_KEEP.format(**_names(row)))
        except psycopg.Error as error:
            raise Unavailable(RIGHTS_NOT_GIVEN.of(reason=reason_of(error))) from None
        row.kept_at = now
        row.save(update_fields=["kept_at"])
    return 1


def _end(administrator: str, machine: Machine, _now: dt.datetime) -> int:
    _shut_out(administrator, machine)
    _remove(administrator, machine)
    return 1


def _has_role(machine: Machine) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [machine.role])
        return bool(cursor.rowcount)


def _left_over() -> Sequence[Machine]:
    """Machines that are gone and whose role is still there."""
    gone = {machine.role: machine for machine in Machine.objects.exclude(gone_at=None)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(gone)])
        return [gone[role] for (role,) in cursor.fetchall()]
