"""pgBackRest behind a server: all that was committed is kept, and the server comes back as it was at a moment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.soak.fleet.servers import START_S, Server

from orbweaver.platform.runtime.binaries import find_binaries

PROGRAM = shutil.which("pgbackrest")
OWNER = "postgres" if os.geteuid() == 0 else None
"""The account of the server, and of what copies its files."""
LINES = """
[global]
repo1-path={folder}/repository
repo1-retention-full=2
log-level-console=warn
log-level-file=off
lock-path={folder}/lock
spool-path={folder}/spool
start-fast=y
archive-timeout=60
[main]
pg1-path={data}
pg1-port={port}
pg1-socket-path={folder}
"""


class Remembered:
    """A server whose history is kept."""

    def __init__(self, room: Path) -> None:
        self.folder = room / "history"
        self.folder.mkdir()
        shutil.chown(self.folder, OWNER) if OWNER else None
        self.server = Server(room / "server", find_binaries())
        self.file = self.folder / "pgbackrest.conf"
        self.file.write_text(LINES.format(folder=self.folder, data=self.server.folder, port=self.server.port))
        self.server.settings |= {
            "unix_socket_directories": str(self.folder),
            "archive_mode": "on",
            "archive_command": "pgbackrest --stanza=main archive-push %p",
        }
        self.server.environment = {"PGBACKREST_CONFIG": str(self.file)}
        self.server.create()

    def type_in(self, block: str, **words: str) -> None:
        """Lines of a shell, as the server's account."""
        environment = {**os.environ, "PGBACKREST_CONFIG": str(self.file), **words}
        done = subprocess.run(
            ["sh", "-eu", "-c", block], env=environment, user=OWNER, group=OWNER,
            extra_groups=[] if OWNER else None, cwd="/", capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def moment(self) -> str:
        """Now, by the server's clock, with time before and after it."""
        time.sleep(1)
        [(at,)] = self.server.ask("SELECT now()")
        time.sleep(1)
        return str(at)

    def archive(self) -> None:
        """Have all that was committed kept."""
        with self.server.session() as session:
            [[segment]] = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchall()
            deadline = time.monotonic() + START_S
            while not session.execute(
                "SELECT FROM pg_stat_archiver WHERE last_archived_wal >= %s", [segment]
            ).fetchall():
                assert time.monotonic() < deadline, "it is not archived"
                time.sleep(0.2)

    def stop(self) -> None:
        """As its administrator stops it."""
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGINT)
        assert self.server.process.wait(START_S) == 0

    def start(self) -> None:
        """Run the server, and wait until it has come to its moment and takes what is written."""
        self.server.start()
        deadline = time.monotonic() + START_S
        while self.server.ask("SELECT pg_is_in_recovery()") == [(True,)]:
            assert time.monotonic() < deadline, "it does not come to its moment"
            time.sleep(0.2)
