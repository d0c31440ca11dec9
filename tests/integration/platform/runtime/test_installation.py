"""A whole installation with a stand-in for the parts' commands: one at a time, in order, recovered after kill -9."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from orbweaver.errors import AlreadyRunning, ConfigurationError, Unavailable
from orbweaver.platform.runtime.database import is_held, running_server
from orbweaver.platform.runtime.installation import PARTS, Installation, free_port
from orbweaver.platform.settings import PlatformSettings

PART = """
import http.server, os, psycopg, signal, sys, time
from orbweaver.platform.settings import PlatformSettings
from orbweaver.platform.runtime.database import database
name, *options = sys.argv[1:]
def stop(*_):
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
with database(PlatformSettings.current()) as url:
    connection = psycopg.connect(url)
    print("connected", flush=True)
    try:
        if name in ("web", "api"):
            port = int(options[options.index("--port") + 1])
            http.server.HTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler).serve_forever()
        time.sleep(600)
    finally:
        connection.execute("SELECT 1")
        print("the database was there to the end", flush=True)
"""

UP = """
import sys
from pathlib import Path
from orbweaver.doors.cli.output import emit
from orbweaver.platform.settings import PlatformSettings
from orbweaver.platform.runtime.installation import Installation
from orbweaver.platform.runtime.up import run_until_stopped
run_until_stopped(
    Installation(
        PlatformSettings.current(), port=int(sys.argv[2]), on_event=emit, command=(sys.executable, sys.argv[1])
    ),
    emit,
)
"""


@pytest.fixture
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="orbweaver-up-") as folder:
        (Path(folder) / "part.py").write_text(PART)
        (Path(folder) / "up.py").write_text(UP)
        yield Path(folder)


@pytest.fixture
def port() -> int:
    return free_port("127.0.0.1", 0)


class Up:
    """``up`` as a process of its own, its events read line by line."""

    def __init__(self, room: Path, port: int) -> None:
        env = {**os.environ, "ORBWEAVER_DATA_DIR": str(room / "data")}
        argv = [sys.executable, str(room / "up.py"), str(room / "part.py"), str(port)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env)
        self.events: list[dict[str, Any]] = []

    def until(self, kind: str, **wanted: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            self.events.append(event)
            if event["event"] == kind and wanted.items() <= event.items():
                return event
        raise AssertionError(f"ended without {kind} {wanted}; events: {self.events}")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def start_up(room: Path, port: int, lay_cluster: Callable[[Path], None]) -> Iterator[Callable[[], Up]]:
    lay_cluster(room / "data")
    started: list[Up] = []

    def start() -> Up:
        started.append(Up(room, port))
        return started[-1]

    yield start
    families = [process for up in started if up.process.poll() is None for process in up.family()]
    for up in started:
        up.end()
    # not when the server takes no connections any more, but when nobody writes any more: its files are removed next
    wait_for(lambda: gone(families) and not is_held(room / "data"), 20)


def wait_for(condition: Callable[[], object], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.05)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.mark.sweep
@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_parts_first_and_the_database_last(
    start_up: Callable[[], Up], room: Path, stop_signal: signal.Signals
) -> None:
    up = start_up()
    address = up.until("ready")["address"]
    assert urllib.request.urlopen(address).status == 200
    logs = [room / "data" / "logs" / f"{part}.log" for part in PARTS]
    wait_for(lambda: all("connected" in log.read_text() for log in logs), 30)
    family = up.family()
    up.process.send_signal(stop_signal)
    up.until("stopped")
    assert up.process.wait(10) == 0
    ends = [event["part"] for event in up.events if event["event"] == "state" and event["state"] == "stopped"]
    assert set(ends[:-1]) == set(PARTS)
    assert ends[-1:] == ["database"]
    for log in logs:
        assert log.read_text().endswith("the database was there to the end\n")
    assert gone(family)
    assert running_server(room / "data") is None
    assert not (room / "data" / "up.json").exists()


@pytest.mark.sweep
def test_a_second_one_says_so_and_where_the_first_is(start_up: Callable[[], Up], room: Path, port: int) -> None:
    up = start_up()
    up.until("ready")
    second = Installation(PlatformSettings(data_dir=room / "data"), port=port)
    with pytest.raises(AlreadyRunning, match=rf"http://127.0.0.1:{port} \(process {up.process.pid}, since "):
        second.__enter__()


@pytest.mark.sweep
def test_twenty_seconds_after_the_parent_is_killed_nothing_of_it_runs(start_up: Callable[[], Up], room: Path) -> None:
    up = start_up()
    up.until("ready")
    family = up.family()
    assert len(family) >= 6  # four parts, the warden, the keeper and its server
    up.end()
    wait_for(lambda: gone(family) and running_server(room / "data") is None, 20)


@pytest.mark.sweep
def test_after_the_parent_is_killed_an_immediate_start_recovers_on_the_same_port(start_up: Callable[[], Up]) -> None:
    first = start_up()
    first.until("ready")
    first.end()
    second = start_up()
    assert second.until("ready")["address"]


@pytest.mark.sweep
def test_a_part_that_is_killed_comes_back(start_up: Callable[[], Up]) -> None:
    up = start_up()
    up.until("ready")
    worker = next(event["pid"] for event in up.events if event.get("part") == "worker" and "pid" in event)
    os.kill(worker, signal.SIGKILL)
    assert up.until("state", part="worker", state="restarting")["exit_code"] == -signal.SIGKILL
    assert up.until("state", part="worker", state="running")["pid"] != worker


@pytest.mark.sweep
def test_a_keeper_that_is_killed_is_replaced_and_parts_find_the_database_again(
    start_up: Callable[[], Up], room: Path
) -> None:
    up = start_up()
    up.until("ready")
    before = running_server(room / "data")
    keeper = json.loads((room / "data" / "server.json").read_text())["keeper"]
    os.kill(keeper, signal.SIGKILL)
    up.until("state", part="database", state="restarting")
    up.until("state", part="database", state="running")
    assert running_server(room / "data") == before


def test_a_database_that_does_not_start_again_is_tried_until_it_does(start_up: Callable[[], Up], room: Path) -> None:
    """The disk was full when it had to start anew. Whoever makes room need not know that there is an `up` to start."""
    up = start_up()
    up.until("ready")
    cluster = room / "data" / "postgres"
    described = json.loads((room / "data" / "server.json").read_text())
    (cluster / "pg_wal").rename(room / "pg_wal")  # nothing that it needs can be written
    for name in ("keeper", "pid"):
        os.kill(described[name], signal.SIGKILL)
    up.until("state", part="database", state="failed")
    assert up.process.poll() is None
    (room / "pg_wal").rename(cluster / "pg_wal")
    up.until("state", part="database", state="running")
    assert running_server(room / "data")


def test_a_busy_port_is_named_before_anything_is_started(room: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"Port {port} on 127.0.0.1 .*Nothing was started"):
            Installation(PlatformSettings(data_dir=room / "data"), port=port).__enter__()
    assert not (room / "data" / "postgres").exists()


def test_a_host_that_is_not_ours_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ConfigurationError, match="elsewhere is not an address of this machine"):
        free_port("elsewhere", 80)
