"""The embedded PostgreSQL server, a child of the process that starts it: the keeper (``keeper.py``), and tests."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlencode

from orbweaver.errors import AlreadyRunning, ConfigurationError, Unavailable
from orbweaver.platform.runtime.access import passfile, secure_cluster
from orbweaver.platform.runtime.binaries import find_binaries
from orbweaver.platform.runtime.cluster import (
    PORT,
    SUPERUSER,
    clear_leftovers,
    cluster_major,
    create_cluster,
    remove_socket_folder,
    says_ready,
    server_environment,
    socket_folder,
)
from orbweaver.platform.runtime.identity import choose_identity
from orbweaver.platform.runtime.launch import launch_argv
from orbweaver.platform.runtime.locks import FileLock
from orbweaver.platform.runtime.logfiles import log_path, open_log
from orbweaver.platform.runtime.messages import (
    DATA_FOLDER_NOT_MADE,
    DATA_FOLDER_READ_ONLY,
    POSTGRES_ENDED,
    POSTGRES_NOT_READY,
    POSTGRES_RUNS,
)

NAME = "orbweaver"
START_TIMEOUT_S = 600.0
"""Longest start: replaying the log after a crash of a busy server takes minutes, and must not be broken off."""


MEMORY_SHARE = 16
LEAST_BUFFERS_MB, MOST_BUFFERS_MB = 128, 1024
"""PostgreSQL's own memory: a sixteenth of the machine's, within these bounds; it is taken once it is used."""
LOG_BETWEEN_CHECKPOINTS = "4GB"


def large_tables() -> dict[str, str]:
    """Settings for lists of millions, whose indexes of hashes take rows at random places.

    Where these do not fit into PostgreSQL's own memory, their pages are read and written again and again, and after
    each checkpoint each of them goes into the log whole: an import of 8.5 million rows wrote 34 GB of log for 4.4 GB of
    tables, with 66 checkpoints.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    buffers_mb = min(max(memory // MEMORY_SHARE // 2**20, LEAST_BUFFERS_MB), MOST_BUFFERS_MB)
    return {"shared_buffers": f"{buffers_mb}MB", "max_wal_size": LOG_BETWEEN_CHECKPOINTS}


class EmbeddedPostgres:
    """A PostgreSQL server on ``<data_dir>/postgres`` that is a child of this process and dies with it.

    Start it from the main thread: its life hangs on the thread that starts it. ``fast`` gives up what survives a crash
    of the machine (``fsync``) for speed and lets the role create databases: for tests and the demo alone. Passwords
    are kept in ``keys_dir``, else in ``keys`` beside the data. A new cluster is made with
    binaries of ``major`` where it is given. ``apart`` calls what loads more than the server needs: where that is not
    to stay, in another process.
    """

    def __init__(
        self,
        data_dir: Path,
        keys_dir: Path | None = None,
        *,
        fast: bool = False,
        major: int | None = None,
        apart: Callable[[Callable[[], None]], None] = lambda work: work(),
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.keys_dir = (keys_dir or data_dir / "keys").absolute()
        self.fast, self.major, self._apart = fast, major, apart
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None
        self._lock = FileLock(self.data_dir / "server.lock")

    @property
    def url(self) -> str:
        """The address for psycopg and Django, as the role ``orbweaver``, which owns the database of that name.

        It holds no secret: it says in which file the role's password is.
        """
        return self._url(NAME, NAME)

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._running().pid

    def start(self) -> None:
        """Start the server, making the cluster first where there is none, and return when it takes connections.

        Raises:
            AlreadyRunning: another process holds the server of this data folder.
            ConfigurationError: no binaries, or no identity to run them as.
            Unavailable: the server ended while starting; its log says why.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("EmbeddedPostgres.start() belongs in the main thread: the server dies with its thread")
        make_data_dir(self.data_dir)
        if not self._lock.acquire():
            raise AlreadyRunning(POSTGRES_RUNS)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        cluster = self.data_dir / "postgres"
        clear_leftovers(cluster)
        binaries = find_binaries(cluster_major(cluster) or self.major)
        if cluster_major(cluster) is None:
            create_cluster(cluster, binaries, fast=self.fast)
        identity = choose_identity(binaries, cluster)
        self._apart(lambda: secure_cluster(cluster, self.keys_dir, binaries, identity))
        self._socket = socket_folder(self.data_dir, identity)
        program = [binaries.program("postgres"), "-D", str(cluster), *self._options()]
        with open_log(log_path(self.data_dir, "postgres")) as log:
            self._process = subprocess.Popen(
                # immediate shutdown: always quick, and the log brings everything committed back at the next start
                launch_argv(program, death_signal=signal.SIGQUIT, identity=identity, folder=cluster),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=server_environment(),
                start_new_session=True,
            )
        self._wait_until_ready()
        self._apart(self._create_database)

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self._socket),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            # a page at any place costs about as much as the next one, on flash and in memory; by itself four times as
            # much, and then whole tables are read for a few thousand of their rows
            "random_page_cost": "1.1",
            "wal_buffers": "4MB",  # by itself 16 MB, all of which is in use once somebody has written much
            "max_logical_replication_workers": "0",  # nobody subscribes: one process less
            # after a crash one call for the file system instead of one for each of a thousand files
            "recovery_init_sync_method": "syncfs",
            # URLs and hashes are secrets: neither statements, nor their parameters, nor "Key (…)=(…)" may be logged
            "log_statement": "none",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_parameter_max_length_on_error": "0",
        }
        if self.fast:
            # a crash of the machine may lose data, a crash of processes may not: so synchronous_commit stays on
            settings |= {"fsync": "off", "full_page_writes": "off"}
        else:
            settings |= large_tables()
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._running().poll() is not None:
                raise Unavailable(POSTGRES_ENDED.of(log=str(log_path(self.data_dir, "postgres"))))
            if says_ready(self.data_dir / "postgres", self.pid):  # asking by connecting would fill its log
                return
            time.sleep(0.02)
        raise Unavailable(POSTGRES_NOT_READY)

    def _create_database(self) -> None:
        from orbweaver.platform.runtime.first_session import create_database

        create_database(self._url(SUPERUSER, "postgres"), self.keys_dir, NAME, creates_more=self.fast)

    def _url(self, role: str, database: str) -> str:
        if self._socket is None:
            raise RuntimeError("the embedded PostgreSQL has not been started")
        options = {"host": str(self._socket), "port": str(PORT), "passfile": str(passfile(self.keys_dir, role))}
        return f"postgresql://{role}@/{database}?{urlencode(options, quote_via=quote)}"

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the embedded PostgreSQL has not been started")
        return self._process

    def _takes_connections(self) -> bool:
        from orbweaver.platform.runtime.first_session import takes_connections

        return takes_connections(self._url(SUPERUSER, "postgres"))

    def is_alive(self) -> bool:
        """Whether the postmaster runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server: fast shutdown (sessions are ended, a checkpoint is written), then immediate, then kill."""
        try:
            if self._process is not None:
                _end(self._process, orderly=self._takes_connections())
                self._process = None
            if self._socket is not None:
                remove_socket_folder(self._socket)
                self._socket = None
        finally:
            self._lock.release()

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _end(process: subprocess.Popen[bytes], *, orderly: bool) -> None:
    # A server that is replaying its log does not heed a fast shutdown (18.4 hangs), and has nothing to write either.
    fast = [(signal.SIGINT, 30)] if orderly else []
    for stop_signal, patience in [*fast, (signal.SIGQUIT, 10), (signal.SIGKILL, 10)]:
        process.send_signal(stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def make_data_dir(data_dir: Path) -> None:
    """Make the data folder where it is missing: others may pass through it when root's, for PostgreSQL's account.

    Raises:
        ConfigurationError: it cannot be made or written.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(mode=mode, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(DATA_FOLDER_NOT_MADE.of(path=str(data_dir), reason=str(error.strerror))) from None
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise ConfigurationError(DATA_FOLDER_READ_ONLY.of(path=str(data_dir)))


def write_private(path: Path, text: str) -> None:
    """Replace a small file at once, readable by its owner alone: a reader sees the old or the new text, never half.

    Each call has a draft of its own: two threads, or processes of one number in two containers, may write at once.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
