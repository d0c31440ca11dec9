"""What ``orbweaver doctor`` looks at: settings and where they come from, folders, database, codecs, mail, clock.

Each check says what was found and, when something is wrong, what to do next. Nothing is changed, except that an
embedded database that does not run is started for the check.
"""

from __future__ import annotations

import difflib
import io
import os
import shutil
import smtplib
import ssl
import stat
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from orbweaver.errors import OrbweaverError
from orbweaver.platform.clock import real_now
from orbweaver.platform.config import Config
from orbweaver.platform.runtime.binaries import OLDEST_MAJOR, find_binaries
from orbweaver.platform.runtime.cluster import cluster_major
from orbweaver.platform.runtime.postgres import CLIENTS_LOCK, RESOLVED_DATABASE_URL

SECRET = ("password", "secret", "token")
"""A setting whose name holds one of these is never shown."""
LOW_DISK_GB, NO_DISK_GB = 10.0, 1.0
NETWORK_LANDLOCK = 4
"""Version of Landlock from which TCP can be kept to one port."""
CLOCK_SKEW_S = 2.0
"""Leases compare one machine's clock with another's writing: they last minutes, so seconds are the limit."""


class Level(StrEnum):
    """How bad it is: nothing to do, something to know, something that must be put right."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. ``advice`` is empty when there is nothing to do."""

    name: str
    level: Level
    found: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        """The check as JSON values."""
        return {name: str(value) for name, value in asdict(self).items()}


def settings(config: Config) -> list[dict[str, str]]:
    """Every setting: environment name, value, source (environment, file, default) and description."""
    path = os.environ.get("ORBWEAVER_CONFIG")
    in_file = set(tomllib.loads(Path(path).read_text())) if path else set()
    listed = []
    for field, info in Config.model_fields.items():
        name = f"ORBWEAVER_{field.upper()}"
        source = "environment" if name in os.environ else "file" if field in in_file else "default"
        value = _shown(field, getattr(config, field))
        listed.append({"name": name, "value": value, "source": source, "description": info.description or ""})
    return listed


INTERNAL = frozenset({"ORBWEAVER_CONFIG", RESOLVED_DATABASE_URL, CLIENTS_LOCK})
"""Names that are read elsewhere than in the settings."""


def unknown_settings_check() -> Check:
    """Whether the environment holds names that nothing reads: a slip of the pen would go unnoticed."""
    known = {f"ORBWEAVER_{field.upper()}" for field in Config.model_fields} | INTERNAL
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
    if field == "database_url" or ("@" in str(value) and field.endswith("_proxy")):
        return "(set; hidden, it may hold a password)"
    return str(value)


def machine_checks(config: Config) -> list[Check]:
    """Everything that needs no database."""
    looks: tuple[tuple[str, Callable[[], Iterable[Check]]], ...] = (
        ("settings", lambda: [unknown_settings_check()]),
        ("data folder", lambda: _data_checks(config.data_dir.absolute())),
        ("keys folder", lambda: [_keys_check(config.keys_path.absolute(), apart=config.keys_dir is not None)]),
        ("PostgreSQL binaries", lambda: _binary_checks(config)),
        ("picture formats", codec_checks),
        ("decoders", lambda: [protections_check()]),
        ("browser", lambda: _browser_check(config)),
        ("mail server", lambda: [_mail_check(config)]),
        ("mailbox", lambda: _mailbox_check(config)),
    )
    return [check for name, look in looks for check in _carried_out(name, look)] + gap_checks(config)


def _carried_out(name: str, look: Callable[[], Iterable[Check]]) -> list[Check]:
    """The checks, or that the machine did not let us look: of all commands this one may not end in a traceback."""
    try:
        return list(look())
    except OSError as error:
        return [not_looked_at(name, error)]


def not_looked_at(name: str, error: OSError) -> Check:
    """The failed check of what could not be looked at."""
    reason = error.strerror or type(error).__name__
    if error.filename is None:
        return Check(name, Level.FAIL, f"could not be looked at ({reason})", "Put that right, then run doctor again.")
    advice = f"Let the account that Orbweaver runs as (uid {os.geteuid()}) open it and the folders above it."
    return Check(name, Level.FAIL, f"{error.filename} could not be looked at ({reason})", advice)


def gap_checks(config: Config) -> list[Check]:
    """What was begun and not finished in the settings, so that less happens than people think: ``up`` says it, too."""
    return [_identity_check(config), *_archive_checks(config)]


def _identity_check(config: Config) -> Check:
    gaps = config.letter_gaps
    if not gaps:
        return Check("who the hotline is", Level.OK, config.hotline_name)
    advice = f"Set {', '.join(gaps)}. Nothing is sent until then; what waits goes out by itself."
    return Check("who the hotline is", Level.FAIL, "a placeholder stands for the hotline", advice)


def _archive_checks(config: Config) -> Iterator[Check]:
    """Whether what matches is archived, where the hotline is authorised to."""
    if not config.authorised_hotline:
        return
    if config.archive_gaps:
        advice = f"Set {', '.join(config.archive_gaps)}. What is missed is noted and fetched again by itself then."
        yield Check("archive", Level.FAIL, "authorised, but nothing is archived: no legal authority is named", advice)
    elif "retention_days" not in config.model_fields_set:
        found = f"evidence is kept for {config.retention_days} days, which nobody has said"
        yield Check("archive", Level.WARN, found, "Set ORBWEAVER_RETENTION_DAYS to what your legal authority says.")
    else:
        yield Check("archive", Level.OK, f"evidence is kept for {config.retention_days} days")


def _data_checks(data: Path) -> Iterator[Check]:
    yield _writable("data folder", data)
    free = shutil.disk_usage(_existing(data)).free / 1e9
    level = Level.FAIL if free < NO_DISK_GB else Level.WARN if free < LOW_DISK_GB else Level.OK
    yield Check("free disk", level, f"{free:.1f} GB", "" if level == Level.OK else f"Make room on the disk of {data}.")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _writable(name: str, path: Path) -> Check:
    if os.access(_existing(path), os.W_OK | os.X_OK):
        return Check(name, Level.OK, str(path) if path.exists() else f"{path} (made at the first start)")
    return Check(name, Level.FAIL, f"{path} cannot be written", "Set ORBWEAVER_DATA_DIR to a folder of this user.")


def _keys_check(keys: Path, *, apart: bool) -> Check:
    there = _mode(keys)
    if there is not None and there & 0o077:
        return Check("keys folder", Level.FAIL, f"others can open {keys}", f"Run: chmod 700 {keys}")
    if not apart:
        advice = "Set ORBWEAVER_KEYS_DIR to a folder outside the data, so that no backup holds both."
        return Check("keys folder", Level.WARN, f"{keys} lies within the data folder", advice)
    return Check("keys folder", Level.OK, str(keys) if there is not None else f"{keys} (made at the first start)")


def _binary_checks(config: Config) -> Iterator[Check]:
    if config.database_url:
        return
    try:
        binaries = find_binaries(cluster_major(config.data_dir.absolute() / "postgres"))
    except OrbweaverError as error:
        yield Check("PostgreSQL binaries", Level.FAIL, "none that fit", str(error))
        return
    yield Check("PostgreSQL binaries", Level.OK, f"version {binaries.major} in {binaries.folder}")


def codec_checks() -> Iterator[Check]:
    """Whether each kind of picture is really decoded: one is made and given to the fingerprinter."""
    from PIL import Image

    from orbweaver.fingerprints import fingerprint

    picture = Image.linear_gradient("L").convert("RGB")
    missing = []
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF"):
        try:
            encoded = io.BytesIO()
            picture.save(encoded, kind)
        except (OSError, KeyError, ValueError):
            continue  # cannot be made here, which says nothing about reading it
        if fingerprint(encoded.getvalue()).pdq is None:
            missing.append(kind)
    if missing:
        advice = "Install Orbweaver's locked requirements again: the image libraries lack these formats."
        yield Check("picture formats", Level.FAIL, f"not decoded: {', '.join(missing)}", advice)
    else:
        yield Check("picture formats", Level.OK, "all decoded")


def protections_check() -> Check:
    """Which walls hold around the processes that decode foreign files: one is started and asked."""
    from orbweaver.fingerprints.pool import DecoderPool

    with DecoderPool(workers=1) as pool:
        try:
            pool.fingerprint_many([b""])
        except OrbweaverError as error:
            return Check("decoders", Level.FAIL, "do not start", str(error))
        held = pool.protections
    missing = sorted(name for name, holds in held.items() if not holds)
    if not missing:
        return Check("decoders", Level.OK, f"kept to decoding: {', '.join(sorted(held))}")
    found = f"not held: {', '.join(missing)}"
    if "system_calls" in missing:
        advice = (
            "Crawl on Linux on x86-64 or ARM64 with seccomp: here a hostile file that takes a decoder over is free."
        )
        return Check("decoders", Level.FAIL, found, advice)
    advice = "The others hold. Landlock (files) needs Linux 5.13; an empty network needs user namespaces or root."
    return Check("decoders", Level.WARN, found, advice)


def _browser_check(config: Config) -> Iterator[Check]:
    """Whether the browser that draws pages is kept to its own files and the proxy, and has its own sandbox."""
    from orbweaver.fingerprints import landlock

    if not config.crawl_browser:
        return
    missing = []
    if not config.crawl_browser_sandbox:
        missing.append("its own sandbox is off")
    if landlock.version() < NETWORK_LANDLOCK:
        missing.append("the kernel cannot keep it to its files and the proxy (Landlock 4, Linux 6.7)")
    if missing:
        advice = (
            "A page that takes it over has this user's rights: run the crawler as a user, or on a machine, of its own."
        )
        yield Check("browser", Level.WARN, "; ".join(missing), advice)
    else:
        yield Check("browser", Level.OK, "in its own sandbox, kept to its files and the proxy")


def _mailbox_check(config: Config) -> Iterator[Check]:
    """Whether mail that comes back is read, and a crash while sending can be settled by a copy."""
    if not config.smtp_host:
        return
    if not config.journal and config.bounce_address and config.mail_dir:
        advice = "Take ORBWEAVER_JOURNAL_ADDRESS=off away. Until then a notice in doubt waits for its reminder."
        yield Check("mailbox", Level.WARN, "bounces are read; copies of notices are off", advice)
    elif not config.journal:
        advice = (
            "Set ORBWEAVER_BOUNCE_ADDRESS and ORBWEAVER_MAIL_DIR. Until then people read what comes back, and a notice "
            "that a crash leaves in doubt is not sent again before its reminder."
        )
        yield Check("mailbox", Level.WARN, "bounces and copies of notices are not read", advice)
    else:
        yield _maildir_check(config.mail_dir)


def _maildir_check(folder: Path | None) -> Check:
    """Whether the worker can take messages out of it; raises OSError where it cannot even be looked at."""
    new = folder / "new" if folder else None
    if new is None or not stat.S_ISDIR(_mode(new) or 0):
        advice = "ORBWEAVER_MAIL_DIR must be a Maildir, with `new` in it, into which your mail server delivers."
        return Check("mailbox", Level.FAIL, "the folder is no Maildir", advice)
    if not os.access(new, os.R_OK | os.W_OK | os.X_OK):
        advice = f"Let the account that Orbweaver runs as (uid {os.geteuid()}) read, write and enter it."
        return Check("mailbox", Level.FAIL, f"messages cannot be taken out of {new}", advice)
    return Check("mailbox", Level.OK, "bounces and copies of notices are read")


def _mode(path: Path) -> int | None:
    """Of what is there; None where nothing is. Raises OSError where we may not look, as ``Path.exists`` does not in all
    versions of Python."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _mail_check(config: Config) -> Check:
    if not config.smtp_host:
        advice = "Set ORBWEAVER_SMTP_HOST. Until then notices wait in the outbox; none is lost."
        return Check("mail server", Level.WARN, "none is set", advice)
    connect: Callable[..., smtplib.SMTP] = smtplib.SMTP_SSL if config.smtp_tls == "tls" else smtplib.SMTP
    try:
        with connect(config.smtp_host, config.smtp_port, timeout=5) as server:
            if config.smtp_tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if config.smtp_user:
                server.login(config.smtp_user, config.smtp_password)
            refused = _mailbox_refused(server, config)
    except (OSError, smtplib.SMTPException) as error:
        advice = "Check ORBWEAVER_SMTP_HOST, _PORT, _TLS, _USER and _PASSWORD. Notices wait in the outbox meanwhile."
        return Check("mail server", Level.FAIL, f"does not accept us ({type(error).__name__})", advice)
    if refused:
        advice = (
            "No notice can leave: have it take mail for ORBWEAVER_BOUNCE_ADDRESS with any +tag, or see channels.md."
        )
        return Check("mail server", Level.FAIL, f"answers {refused} to mail for our own mailbox", advice)
    return Check("mail server", Level.OK, f"{config.smtp_host}:{config.smtp_port} answers")


def _mailbox_refused(server: smtplib.SMTP, config: Config) -> int:
    """The reply code when the server does not take a copy for our own mailbox, which goes with every notice; else 0."""
    if not config.journal:
        return 0
    local, _, domain = config.journal.rpartition("@")
    server.ehlo_or_helo_if_needed()
    server.mail(config.hotline_contact)
    code = server.rcpt(f"{local}+doctor@{domain}")[0]
    server.rset()
    return 0 if code in (250, 251) else code


def database_access(config: Config) -> dict[str, str]:
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
