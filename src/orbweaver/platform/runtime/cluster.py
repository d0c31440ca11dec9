"""The folder of the embedded PostgreSQL: made once, found again, freed of what a killed predecessor left."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from orbweaver.errors import ConfigurationError, Unavailable
from orbweaver.platform.runtime.binaries import Binaries
from orbweaver.platform.runtime.identity import choose_identity
from orbweaver.platform.runtime.launch import Identity, launch_argv
from orbweaver.platform.runtime.messages import CLUSTER_IN_USE, CLUSTER_NOT_MADE, SOCKET_PATH_TOO_LONG

SUPERUSER = "postgres"
PORT = 5432
"""Only a name here: it is part of the socket's file name, no TCP port is opened."""
SOCKET_PATH_LIMIT = 107
"""Bytes of a path in ``sockaddr_un`` on Linux, without the closing NUL."""
ORPHAN_PATIENCE_S = 8.0
"""How long a killed predecessor's server may take to end by itself; the postmaster allows its own children 5 s."""


def server_environment() -> dict[str, str]:
    """The environment of the server's programs: ours without what PostgreSQL or the locale would read from it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "ORBWEAVER_"))}
    return {**kept, "LC_ALL": "C", "LANG": "C"}


def cluster_major(cluster: Path) -> int | None:
    """The major version that wrote the cluster, or None when there is none yet."""
    try:
        return int((cluster / "PG_VERSION").read_text().strip())
    except FileNotFoundError:
        return None


def create_cluster(cluster: Path, binaries: Binaries, *, fast: bool) -> None:
    """``initdb`` beside the final place, then one rename: a run that is broken off leaves no half cluster.

    UTF-8 with the builtin C.UTF-8 order where the version has it (17): the same on every system, never changed under
    an index by an upgrade of the C library. Nobody can connect to it before ``access.secure_cluster`` has said how.
    """
    draft = cluster.with_name(cluster.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    identity = choose_identity(binaries, draft)
    options = ["--encoding=UTF8", "--locale=C", "--data-checksums", "--auth-local=reject", "--auth-host=reject"]
    if binaries.major >= 17:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--sync-method=syncfs"]
    if fast:
        options.append("--no-sync")
    program = [binaries.program("initdb"), *options, f"--username={SUPERUSER}", f"--pgdata={draft}"]
    answer = subprocess.run(
        launch_argv(program, death_signal=signal.SIGKILL, identity=identity),
        capture_output=True,
        text=True,
        env=server_environment(),
        check=False,
    )
    if answer.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        reason = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(CLUSTER_NOT_MADE.of(reason=reason))
    draft.rename(cluster)


def socket_folder(data_dir: Path, identity: Identity) -> Path:
    """A 0700 folder of the server's account for its socket: in the data folder, or a short one when that is too long.

    The short one's name follows from the data folder's, so that the address stays the same when the server restarts.

    Raises:
        ConfigurationError: no folder is short enough.
    """
    folder = data_dir / "socket"
    if _fits(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
    else:
        folder = _short_folder(data_dir, identity)
    folder.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(folder, *identity.owner())
    return folder


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder)) + len(f"/.s.PGSQL.{PORT}") <= SOCKET_PATH_LIMIT


def _short_folder(data_dir: Path, identity: Identity) -> Path:
    name = f"orbweaver-{os.geteuid()}-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"
    for parent in ("/tmp", tempfile.gettempdir()):  # noqa: S108 - one that somebody else made first is not taken
        folder = Path(parent) / name
        with contextlib.suppress(OSError):
            if _fits(folder) and _is_ours(folder, identity):
                return folder
    raise ConfigurationError(SOCKET_PATH_TOO_LONG)


def _is_ours(folder: Path, identity: Identity) -> bool:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (os.geteuid(), identity.owner()[0])


def remove_socket_folder(folder: Path) -> None:
    """Remove the folder of a socket, with what a server that was killed left in it."""
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def clear_leftovers(cluster: Path) -> None:
    """End what still runs on the cluster and drop a stale ``postmaster.pid``. The caller holds the server's lock.

    A killed predecessor's server ends by itself (its parent's death is its signal), so it is waited for first.

    Raises:
        Unavailable: a process on the cluster is not ours to end.
    """
    _wait_until_alone(cluster, ORPHAN_PATIENCE_S)
    for death_signal in (signal.SIGQUIT, signal.SIGKILL):
        for process in processes_on(cluster):
            _send(process, death_signal)
        _wait_until_alone(cluster, 5.0)
    if any(True for _ in processes_on(cluster)):
        raise Unavailable(CLUSTER_IN_USE)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def says_ready(cluster: Path, pid: int) -> bool:
    """Whether the server ``pid`` has written to its ``postmaster.pid`` (line 8, as pg_ctl reads it) that it is up."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _send(process: int, death_signal: signal.Signals) -> None:
    try:
        os.kill(process, death_signal)
    except ProcessLookupError:
        return
    except PermissionError:
        return  # reported by the caller, who sees that it still runs


def _wait_until_alone(cluster: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while any(True for _ in processes_on(cluster)) and time.monotonic() < deadline:
        time.sleep(0.05)


def processes_on(cluster: Path) -> Iterator[int]:
    """The processes whose working folder is the cluster: a server's own and its children's (each enters it)."""
    try:
        wanted = cluster.stat()
    except FileNotFoundError:
        return
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            found = (entry / "cwd").stat()
            program = (entry / "cmdline").read_bytes()
        except OSError:
            continue  # gone, a zombie, or another user's
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino) and b"postgres" in program:
            yield int(entry.name)
