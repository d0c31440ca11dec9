"""The server that `orbweaver web` starts, as a process, before the migrated test database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from orbweaver.platform.config import forget
from orbweaver.platform.runtime.installation import answers, free_port

COMMAND = (sys.executable, "-P", "-m", "orbweaver", "web")
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, its first process, and the folder it may write temporary files to."""

    port: int
    process: subprocess.Popen[bytes]
    temporary: Path

    def processes(self) -> list[psutil.Process]:
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def memory(self) -> int:
        """Bytes that its processes hold for themselves."""
        return sum(each.memory_full_info().uss for each in self.processes())

    def written(self) -> int:
        """Bytes that its processes have handed to the disk's files since they were started."""
        return sum(each.io_counters().write_bytes for each in self.processes())


StartServer = Callable[..., Server]


@contextmanager
def served(database_url: str, settings: Mapping[str, object], options: tuple[str, ...]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="orbweaver-web-") as folder:
        port, temporary = free_port("127.0.0.1", 0), Path(folder) / "temporary"
        temporary.mkdir()
        env = os.environ | {
            "ORBWEAVER_DATABASE_URL": database_url,
            "ORBWEAVER_DATA_DIR": f"{folder}/data",
            "TMPDIR": str(temporary),
            "PGAPPNAME": folder,
            **{f"ORBWEAVER_{name.upper()}": str(value) for name, value in settings.items()},
        }
        process = subprocess.Popen((*COMMAND, "--port", str(port), *options), env=env)
        try:
            end = time.monotonic() + PATIENCE_S
            while not answers("127.0.0.1", port):
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < end, "the server does not answer"
                time.sleep(0.1)
            yield Server(port, process, temporary)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _wait_for_sessions_of(folder, database_url)


def _wait_for_sessions_of(name: str, database_url: str) -> None:
    """Until PostgreSQL has noticed that the server's processes are gone: the test database is dropped after it."""
    with psycopg.connect(database_url, autocommit=True) as watching:
        question = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
        while watching.execute(question, [name]).fetchone() != (0,):
            time.sleep(0.05)


@pytest.fixture(autouse=True, scope="module")
def _same_keys() -> None:
    """In a worker of pytest-xdist the settings were read before ``tests/conftest.py`` set the folder of the keys."""
    forget()


@pytest.fixture(scope="module")
def server(database_url: str) -> Iterator[Server]:
    """The server with its own settings, two processes of eight threads."""
    with served(database_url, {}, ()) as started:
        yield started


@pytest.fixture
def start_server(database_url: str) -> Iterator[StartServer]:
    """``start_server("--threads", "2", web_idle_timeout_s=1)``: one of this test's own."""
    with ExitStack() as stack:
        yield lambda *options, **settings: stack.enter_context(served(database_url, settings, options))
