"""``orbweaver join``: a new machine takes its place in a fleet. Nothing is kept here unless every check is passed.

What it gets: where the database is and whom to trust to be it, a role of its own there, and the public halves to which
it encrypts. No key is made here, and the password of the token is replaced before anything is said to be done.
"""

from __future__ import annotations

import datetime as dt
import json
import platform
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from orbweaver.doors.messages import CHECKS_FAILED, JOINED_ALREADY, NOT_REACHED
from orbweaver.errors import Conflict, InvalidInput, Unavailable
from orbweaver.people.machines.messages import TOKEN_LAPSED, TOKEN_USED
from orbweaver.people.machines.token import Token
from orbweaver.platform.runtime.access import verifier_of
from orbweaver.platform.runtime.checks import Check, Level
from orbweaver.platform.runtime.postgres import write_private
from orbweaver.platform.runtime.secrets import ensure_keys_dir
from orbweaver.platform.settings import is_loopback

CLOCK_SKEW_S: Final = 2.0
LEAST_DISK_GB: Final = 1.0
NAMES: Final = ("a.root-servers.net", "b.root-servers.net")
"""Names that every resolver knows."""
_END_OTHERS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
)
"""Whoever else signed in with the token before its password was replaced."""
Resolve = Callable[[str], Any]


@dataclass(frozen=True)
class Joined:
    """What was looked at, and the file of settings that the machine's commands read from now on."""

    checks: list[Check]
    settings: Path


def join(
    token: Token, data_dir: Path, keys_dir: Path, now: dt.datetime, resolve: Resolve = socket.gethostbyname
) -> Joined:
    """Check everything, then take the place that the token gives.

    Raises:
        InvalidInput: the token's hour is over.
        Conflict: this machine has joined already, or another has joined with this token.
        Unavailable: the database cannot be reached as the token says, or a check failed; nothing was kept.
    """
    settings = data_dir / "machine.toml"
    if settings.exists():
        raise Conflict(JOINED_ALREADY.of(path=str(settings)))
    if token.ends_at < now:
        raise InvalidInput(TOKEN_LAPSED)
    ensure_keys_dir(keys_dir)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca = keys_dir / "database-ca.pem"
    if token.ca:
        write_private(ca, token.ca)
    options = {"sslmode": token.tls}
    if token.tls == "verify-full":
        options["sslrootcert"] = str(ca) if token.ca else "system"
    try:
        with psycopg.connect(_place(token, options), password=token.password, connect_timeout=10) as session:
            checks = [*_database_checks(session, token), *_own_checks(data_dir, resolve)]
            if any(check.level is Level.FAIL for check in checks):
                raise Unavailable(CHECKS_FAILED.of(checks="\n".join(f"  {each.name}: {each.found}" for each in checks)))
            _keep(session, token, data_dir, keys_dir, options)
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Unavailable(NOT_REACHED.of(reason=reason)) from None
    finally:
        if token.ca and not settings.exists():
            ca.unlink(missing_ok=True)
    return Joined(checks, settings)


def _place(token: Token, options: dict[str, str]) -> str:
    several = {"target_session_attrs": "read-write"} if "," in token.host else {}
    return make_conninfo(
        host=token.host, port=token.port or None, dbname=token.database, user=token.role,
        options="-c lock_timeout=10s",  # whoever signed in with the token before may hold the row
        **options, **several,
    )  # fmt: skip


def _database_checks(session: psycopg.Connection, token: Token) -> Iterator[Check]:
    row = session.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    assert row is not None
    off = abs(float(row[0]) - dt.datetime.now(dt.UTC).timestamp())
    yield Check("clock", Level.OK if off <= CLOCK_SKEW_S else Level.FAIL, f"{off:.1f} s from the database's")
    verified = bool(session.pgconn.ssl_in_use) and token.tls == "verify-full"
    level = Level.OK if verified or all(map(is_loopback, token.host.split(","))) else Level.FAIL
    yield Check("TLS", level, "verified" if verified else "none" if level is Level.OK else "others may listen")
    yield _version_check(session)
    part = session.execute("SELECT part FROM machines_machine WHERE gone_at IS NULL").fetchall()
    known = part == [(token.part,)]
    found = token.part if known else "the hotline knows no such machine"
    yield Check("place", Level.OK if known else Level.FAIL, found)


def _version_check(session: psycopg.Connection) -> Check:
    """Whether this program fits the hotline's tables."""
    import django

    django.setup()
    from django.db.migrations.loader import MigrationLoader

    applied = set(session.execute("SELECT app, name FROM django_migrations").fetchall())
    own = set(MigrationLoader(None).graph.nodes)
    if newer := own - applied:
        return Check("version", Level.FAIL, f"{len(newer)} changes of tables newer than the hotline's")
    return Check("version", Level.OK, version("orbweaver"))


def _own_checks(data_dir: Path, resolve: Resolve) -> Iterator[Check]:
    free = shutil.disk_usage(data_dir).free / 1e9
    yield Check("storage", Level.OK if free >= LEAST_DISK_GB else Level.FAIL, f"{free:.1f} GB free")
    reached = False
    for name in NAMES:
        try:
            resolve(name)
        except OSError:
            continue
        reached = True
    found = "reached" if reached else "no name server answers: nothing could be fetched from here"
    yield Check("name servers", Level.OK if reached else Level.WARN, found)


def _keep(session: psycopg.Connection, token: Token, data_dir: Path, keys_dir: Path, options: dict[str, str]) -> None:
    """The new password lies here before the database knows it: a crash in between leaves the token good."""
    taken = session.execute(
        "UPDATE machines_machine SET name = %s, version = %s, joined_at = clock_timestamp() WHERE joined_at IS NULL",
        [platform.node()[:100], version("orbweaver")[:40]],
    )
    if not taken.rowcount:  # two at once: the second waited for the first
        raise Conflict(TOKEN_USED)
    password = secrets.token_urlsafe(32)
    passfile = keys_dir / f"database-{token.role}"
    write_private(passfile, f"*:*:*:{token.role}:{password}\n")
    for name, text in token.recipients.items():
        write_private(keys_dir / Path(name).name, text + "\n")
    session.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(token.role), sql.Literal(verifier_of(password)))
    )
    session.commit()
    session.execute(_END_OTHERS)
    session.commit()
    hosts = ",".join(
        f"{host}:{port}" if port else host for host, port in zip(token.host.split(","), _ports(token), strict=True)
    )
    url = (
        f"postgresql://{token.role}@{hosts}/{quote(token.database)}?{urlencode(options | {'passfile': str(passfile)})}"
    )
    lines = {"machine_part": token.part, "database_url": url, "data_dir": str(data_dir), "keys_dir": str(keys_dir)}
    write_private(
        data_dir / "machine.toml",
        "".join(f"{name} = {json.dumps(each, ensure_ascii=False)}\n" for name, each in lines.items()),
    )


def _ports(token: Token) -> list[str]:
    hosts, ports = token.host.split(","), token.port.split(",")
    return ports if len(ports) == len(hosts) else ports[:1] * len(hosts)
