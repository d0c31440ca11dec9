"""Who may connect to the embedded PostgreSQL: each role by a password that lies in the keys folder alone.

A process of another account is kept from the socket by its folder. One of the same account, such as a parser that a
hostile file has taken over, is not: a name must not be enough for it. Passwords are random, a file for each role in
the form that libpq reads by itself (``passfile``), so that no password is in an address, an argument or a variable.

The administrator (a superuser) makes and mends the other roles and does nothing else. Its own password is set while
no server runs, by whoever owns the cluster's files: so a cluster of an earlier version, one whose keys were lost and
one that came from elsewhere start without anybody being trusted in between.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.binaries import Binaries
from orbweaver.platform.runtime.cluster import SUPERUSER, server_environment
from orbweaver.platform.runtime.launch import Identity, launch_argv
from orbweaver.platform.runtime.messages import NO_ADMINISTRATOR
from orbweaver.platform.runtime.secrets import ensure_keys_dir, read_or_create

if TYPE_CHECKING:
    from orbweaver.platform.settings import PlatformSettings

ROUNDS = 4096
"""PostgreSQL's own number. More would slow each connection down, and a random password cannot be guessed anyway."""


def passfile(keys_dir: Path, role: str) -> Path:
    """Where the password of a role lies; made when it is missing."""
    path = ensure_keys_dir(keys_dir) / f"database-{role}"
    read_or_create(path, f"*:*:*:{role}:{secrets.token_urlsafe(32)}")
    return path


def administrator_url(config: PlatformSettings, url: str) -> str | None:
    """The database ``url`` as an administrator: of the embedded server by its passfile, of another one by the setting
    ``database_admin_url``; None where there is none. Of several servers it is the one that takes what is written."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo  # not for those that hold the server alone

    from orbweaver.platform.runtime.limits import OF_SEVERAL

    if config.database_url:
        known = config.database_admin_url
        parts: dict[str, Any] = dict(conninfo_to_dict(known or ""))
        return make_conninfo(**{**OF_SEVERAL, **parts}) if "," in str(parts.get("host", "")) else known
    keys_dir = config.keys_path.absolute()
    if Path(str(conninfo_to_dict(url).get("passfile", ""))).parent != keys_dir:
        return None  # a server that another installation holds
    return make_conninfo(url, user=SUPERUSER, passfile=str(passfile(keys_dir, SUPERUSER)))


def verifier(keys_dir: Path, role: str) -> str:
    """What the server keeps of the password that lies in the keys folder for a role."""
    return verifier_of(passfile(keys_dir, role).read_text(encoding="utf-8").strip().rpartition(":")[2])


def verifier_of(password: str) -> str:
    """What the server keeps of a password (RFC 5803): enough to check it, not to use it."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    stored = hashlib.sha256(_keyed(salted, b"Client Key")).digest()
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, _keyed(salted, b"Server Key"))]
    return f"SCRAM-SHA-256${ROUNDS}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def _keyed(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def secure_cluster(cluster: Path, keys_dir: Path, binaries: Binaries, identity: Identity) -> None:
    """Have the cluster, on which no server runs, ask every role for its password, the administrator's being set.

    Quick when that is so already: the rules on disk name the password they go with, by a digest.
    """
    path = cluster / "pg_hba.conf"
    wanted = _rules(passfile(keys_dir, SUPERUSER).read_bytes())
    if path.is_file() and path.read_text(encoding="utf-8") == wanted:
        return
    _set_administrator_password(cluster, keys_dir, binaries, identity)
    draft = path.with_name("pg_hba.conf.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(wanted)
        os.fchown(descriptor, *identity.owner())
    draft.replace(path)


def _rules(administrator: bytes) -> str:
    return (
        "# Written by Orbweaver at each start; what is changed here is lost. Every role needs its password.\n"
        f"# It goes with the administrator's password whose digest is {hashlib.sha256(administrator).hexdigest()}.\n"
        "local all all scram-sha-256\n"
    )


def _set_administrator_password(cluster: Path, keys_dir: Path, binaries: Binaries, identity: Identity) -> None:
    program = [binaries.program("postgres"), "--single", "-D", str(cluster)]
    for setting in ("recovery_init_sync_method=syncfs", "log_min_error_statement=panic", "log_statement=none"):
        program += ["-c", setting]
    answer = subprocess.run(
        launch_argv([*program, "postgres"], death_signal=signal.SIGKILL, identity=identity, folder=cluster),
        input=f"ALTER ROLE {SUPERUSER} PASSWORD '{verifier(keys_dir, SUPERUSER)}'\n",
        capture_output=True,
        text=True,
        env=server_environment(),
        check=False,
    )
    if answer.returncode != 0 or "ERROR:" in answer.stderr:
        reason = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(NO_ADMINISTRATOR.of(reason=reason))
