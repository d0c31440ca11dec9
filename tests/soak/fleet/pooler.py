"""PgBouncer before a server: Debian's, as an operator sets it up."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from tests.acceptance.system import free_port
from tests.soak.fleet.servers import Server

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
OWNER = "postgres" if os.geteuid() == 0 else None
"""It does not run as root."""
LINES = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
admin_users = postgres
pool_mode = {mode}
default_pool_size = {sessions}
max_client_conn = 200
"""


class Pooler:
    """One before this server."""

    def __init__(self, folder: Path, server: Server, mode: str, *, sessions: int = 60) -> None:
        self.port = free_port()
        folder.mkdir(mode=0o755)
        self._file = folder / "pgbouncer.ini"
        self._file.write_text(
            LINES.format(server=server.port, port=self.port, folder=folder, mode=mode, sessions=sessions)
        )
        (folder / "users").write_text('"orbweaver" ""\n"postgres" ""\n')
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The database behind it."""
        return f"postgresql://orbweaver@127.0.0.1:{self.port}/orbweaver?sslmode=disable"

    def start(self) -> None:
        """Run it, and wait until it answers."""
        assert PROGRAM is not None
        with self._file.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, str(self._file)], stdout=log, stderr=log, user=OWNER, group=OWNER, extra_groups=[]
            )
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
                return
            assert time.monotonic() < end, self._file.with_suffix(".log").read_text()[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """At once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def counts(self) -> dict[str, int]:
        """Clients that have a session, clients that wait for one, and sessions, of the database."""
        where = f"host=127.0.0.1 port={self.port} user=postgres dbname=pgbouncer sslmode=disable"
        with psycopg.connect(where, autocommit=True) as session, psycopg.ClientCursor(session) as cursor:
            rows: list[tuple[Any, ...]] = cursor.execute("SHOW POOLS").fetchall()
            assert cursor.description is not None
            names = [each.name for each in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in rows]
        [pool] = [each for each in found if (each["database"], each["user"]) == ("orbweaver", "orbweaver")]
        return {
            "with": pool["cl_active"],
            "waiting": pool["cl_waiting"],
            "sessions": pool["sv_active"] + pool["sv_idle"],
        }


@contextlib.contextmanager
def pooler(folder: Path, server: Server, mode: str) -> Iterator[Pooler]:
    """One that runs meanwhile."""
    made = Pooler(folder, server, mode)
    try:
        made.start()
        yield made
    finally:
        made.kill()
