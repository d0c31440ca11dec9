"""Two PostgreSQL servers, the standby synchronous: the primary is killed, the standby promoted, another one made."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
from tests.acceptance.system import free_port

from orbweaver.platform.runtime.binaries import Binaries, find_binaries
from orbweaver.platform.runtime.cluster import SUPERUSER, create_cluster, processes_on, server_environment
from orbweaver.platform.runtime.identity import choose_identity, give_to
from orbweaver.platform.runtime.launch import launch_argv

RULES = """
local all postgres trust
host all,replication postgres,orbweaver 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""
"""The hotline's own roles are on their own machine here; those of the fleet's machines need their passwords."""
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",  # what is killed are processes, not this machine
    "wal_level": "replica",
    "max_wal_senders": "6",
    "hot_standby": "on",
    "wal_keep_size": "256MB",
    "max_connections": "120",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
START_S = 60.0


class Server:
    """One server in a folder of its own, on a port that stays."""

    def __init__(self, folder: Path, binaries: Binaries) -> None:
        self.folder, self.binaries, self.port = folder, binaries, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.settings = SETTINGS | {"port": str(self.port), "unix_socket_directories": ""}
        self.environment: dict[str, str] = {}

    def create(self) -> None:
        """A cluster with an empty database ``orbweaver``, running."""
        create_cluster(self.folder, self.binaries, fast=True)
        (self.folder / "pg_hba.conf").write_text(RULES)
        self.start()
        with self.session("postgres") as session:
            session.execute("CREATE ROLE orbweaver LOGIN")
            session.execute("CREATE DATABASE orbweaver OWNER orbweaver")

    def follow(self, primary: Server) -> None:
        """Be made anew as the standby of this one, and run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        program = [self.binaries.program("pg_basebackup"), "-D", str(self.folder), "-R", "-X", "stream", "-c", "fast"]
        where = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", SUPERUSER, "--no-sync"]
        subprocess.run([*program, *where], check=True, capture_output=True, env=server_environment(), timeout=300)
        self.start()

    def start(self) -> None:
        """Run it, and wait until it answers."""
        identity = choose_identity(self.binaries, self.folder)
        give_to(self.folder, identity)
        program = [self.binaries.program("postgres"), "-D", str(self.folder)]
        program += [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with self.folder.with_name(self.folder.name + ".log").open("ab") as log:
            self.process = subprocess.Popen(
                launch_argv(program, death_signal=signal.SIGQUIT, identity=identity, folder=self.folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=server_environment() | self.environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while not self.answers():
            assert time.monotonic() < deadline, f"{self.folder.name} did not come up"
            assert self.process.poll() is None, f"{self.folder.name} has ended"
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it takes connections."""
        with contextlib.suppress(psycopg.Error), self.session("postgres"):
            return True
        return False

    def session(self, database: str = "orbweaver") -> psycopg.Connection[Any]:
        """A session as its administrator."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=5
        )

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with self.session() as session:
            return session.execute(question).fetchall()

    def kill(self) -> None:
        """As the machine below it dies: no word to anybody but by the kernel."""
        for pid in [*processes_on(self.folder), *([self.process.pid] if self.process else [])]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait(20)

    def promote(self) -> None:
        """Take what is written from now on, alone at first."""
        with self.session("postgres") as session:
            session.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            session.execute("SELECT pg_reload_conf()")
            session.execute("SELECT pg_promote(true, 60)")

    def wait_for_standby(self) -> None:
        """From now on nothing is committed that the standby does not have."""
        deadline = time.monotonic() + START_S
        with self.session("postgres") as session:
            while not session.execute("SELECT FROM pg_stat_replication WHERE state = 'streaming'").fetchall():
                assert time.monotonic() < deadline, "no standby follows"
                time.sleep(0.05)
            session.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            session.execute("SELECT pg_reload_conf()")


class Servers:
    """The two of them."""

    def __init__(self, room: Path, *, standby: bool) -> None:
        binaries = find_binaries()
        self.primary = Server(room / "server-a", binaries)
        self.standby = Server(room / "server-b", binaries)
        self.all = (self.primary, self.standby)
        self.primary.create()
        if standby:
            self.follow()

    def follow(self) -> None:
        """Have a standby made."""
        self.standby.follow(self.primary)
        self.primary.wait_for_standby()

    def fail_over(self, notice_s: float) -> None:
        """The primary dies; so many seconds later that is noticed, and the standby promoted."""
        self.primary.kill()
        time.sleep(notice_s)
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def url(self, role: str, *ports: int) -> str:
        """Both, or what stands at these ports of loopback."""
        places = ",".join(f"127.0.0.1:{port}" for port in ports or [each.port for each in self.all])
        return f"postgresql://{role}@{places}/orbweaver?sslmode=disable"

    def stop(self) -> None:
        """End both."""
        for each in self.all:
            each.kill()
