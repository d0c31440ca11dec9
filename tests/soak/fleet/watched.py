"""Two servers under Patroni, which asks three etcds whose turn it is: nobody promotes anything by hand."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from tests.acceptance.system import children_of, free_port

from orbweaver.platform.runtime.binaries import find_binaries

PATRONI, ETCD = shutil.which("patroni"), shutil.which("etcd")
OWNER = "postgres" if os.geteuid() == 0 else None
TTL_S, EVERY_S, TRIES_S = 20, 5, 3
"""How long a leader may be silent, how often each looks, and how long one of them waits for etcd."""
STARTS_WITHIN_S = 120.0


def settings_of(name: str, folder: Path, port: int, rest_port: int, etcd: Sequence[str]) -> dict[str, Any]:
    """A node as its operator writes it down. No word of a password: the machine is the hotline's own."""
    sign_in = {"superuser": {"username": "postgres"}, "replication": {"username": "postgres"}}
    return {
        "scope": "orbweaver",
        "name": name,
        "restapi": {"listen": f"127.0.0.1:{rest_port}", "connect_address": f"127.0.0.1:{rest_port}"},
        "etcd3": {"hosts": list(etcd)},
        "bootstrap": {
            "dcs": {
                "ttl": TTL_S,
                "loop_wait": EVERY_S,
                "retry_timeout": TRIES_S,
                "maximum_lag_on_failover": 0,
                "synchronous_mode": True,
                "postgresql": {"use_pg_rewind": False, "parameters": {"max_connections": 120, "wal_level": "replica"}},
            },
            "initdb": [{"encoding": "UTF8"}, {"auth-local": "trust"}, {"auth-host": "trust"}, "no-sync"],
        },
        "postgresql": {
            "listen": f"127.0.0.1:{port}",
            "connect_address": f"127.0.0.1:{port}",
            "data_dir": str(folder / "data"),
            "bin_dir": str(Path(find_binaries().program("postgres")).parent),
            "authentication": sign_in,
            "pgpass": str(folder / "pgpass"),
            "basebackup": [{"checkpoint": "fast"}, "no-sync"],
            "pg_hba": ["local all all trust", "host all,replication all 127.0.0.1/32 trust"],
            "parameters": {
                "unix_socket_directories": str(folder),
                "fsync": "off",
                "log_min_error_statement": "panic",
                "log_error_verbosity": "terse",
            },
        },
    }


class Node:
    """A server and the Patroni that runs it."""

    def __init__(self, name: str, room: Path, etcd: Sequence[str]) -> None:
        self.name, self.folder, self.port, self.rest_port = name, room / name, free_port(), free_port()
        self.folder.mkdir(mode=0o700)
        self._file = self.folder / "patroni.json"
        self._file.write_text(json.dumps(settings_of(name, self.folder, self.port, self.rest_port, etcd)))
        own(self.folder, self._file)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it; whether it leads is for the two of them to settle."""
        assert PATRONI is not None
        self._process = started([PATRONI, str(self._file)], self.folder.with_suffix(".log"))

    def role(self) -> str:
        """What it says that it is; nothing where it does not answer."""
        with contextlib.suppress(OSError, ValueError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest_port}/patroni", timeout=2) as answer:
                said = json.load(answer)
            if said["state"] in ("running", "streaming"):
                return "sync" if said.get("sync_standby") else str(said["role"])
        return ""

    def kill(self) -> None:
        """Patroni, the server and all its processes at once, as the machine below them dies."""
        if self._process is not None:
            for pid in reversed(self._pids()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(20)

    def _pids(self) -> list[int]:
        """Patroni starts the server apart from itself, and so its parent says nothing."""
        assert self._process is not None
        found = children_of(self._process.pid)
        with contextlib.suppress(OSError, ValueError, IndexError):
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
            found += children_of(int(lines[0]))
        return found

    def ask(self, question: str, database: str = "orbweaver") -> list[tuple[Any, ...]]:
        """Rows of the database, as its administrator."""
        where = f"host=127.0.0.1 port={self.port} user=postgres dbname={database} connect_timeout=5"
        with psycopg.connect(where, autocommit=True) as session:
            cursor = session.execute(question)
            return cursor.fetchall() if cursor.description else []


class Member:
    """One etcd of several."""

    def __init__(self, name: str, room: Path) -> None:
        self.name, self._folder = name, room / f"etcd-{name}"
        self.place, self._peer = f"127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
        self._folder.mkdir(mode=0o700)
        own(self._folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def known_as(self) -> str:
        """Its name and where the others reach it."""
        return f"{self.name}={self._peer}"

    def start(self, others: str) -> None:
        """Run it as one of these."""
        assert ETCD is not None
        here = f"http://{self.place}"
        command = [
            ETCD, "--data-dir", str(self._folder), "--name", self.name, "--unsafe-no-fsync", "--log-level", "warn",
            "--listen-client-urls", here, "--advertise-client-urls", here,
            "--listen-peer-urls", self._peer, "--initial-advertise-peer-urls", self._peer, "--initial-cluster", others,
        ]  # fmt: skip
        self._process = started(command, self._folder.with_suffix(".log"))

    def kill(self) -> None:
        """As the machine below it dies."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Watched:
    """Three etcds, and two nodes of which one leads."""

    def __init__(self, room: Path) -> None:
        self.members = [Member(name, room) for name in ("one", "two", "three")]
        places = [each.place for each in self.members]
        self.nodes = [Node(name, room, places) for name in ("node-a", "node-b")]

    def start(self) -> None:
        """Until one leads, the other follows in step, and there is an empty database."""
        known = ",".join(each.known_as for each in self.members)
        for member in self.members:
            member.start(known)
        for each in self.nodes:
            each.start()
        leader = self.leader()
        leader.ask("CREATE ROLE orbweaver LOGIN", "postgres")
        leader.ask("CREATE DATABASE orbweaver OWNER orbweaver", "postgres")
        self.wait_for_standby()

    def leader(self, but: Node | None = None) -> Node:
        """The node that leads, once one other than ``but`` does."""
        end = time.monotonic() + STARTS_WITHIN_S
        while True:
            for each in self.nodes:
                if each is not but and each.role() in ("primary", "master"):
                    return each
            assert time.monotonic() < end, "no node leads"
            time.sleep(0.2)

    def wait_for_standby(self) -> None:
        """Until nothing is committed that the other node does not have."""
        end = time.monotonic() + STARTS_WITHIN_S
        while "sync" not in [each.role() for each in self.nodes]:
            assert time.monotonic() < end, "no node follows in step"
            time.sleep(0.2)

    def url(self, role: str, *_: int) -> str:
        """Both."""
        places = ",".join(f"127.0.0.1:{each.port}" for each in self.nodes)
        return f"postgresql://{role}@{places}/orbweaver?sslmode=disable"

    def stop(self) -> None:
        """End all."""
        for node in self.nodes:
            node.kill()
        for member in self.members:
            member.kill()


def own(*paths: Path) -> None:
    """Give these to the account that servers run as."""
    for each in paths:
        if OWNER:
            shutil.chown(each, OWNER, OWNER)


def started(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """A process of that account, with its words in a file."""
    groups: list[int] | None = [] if OWNER else None
    with log.open("ab") as file:
        return subprocess.Popen(
            command, stdout=file, stderr=file, cwd="/", user=OWNER, group=OWNER, extra_groups=groups
        )
