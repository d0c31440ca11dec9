"""The hotline's own processes, and machines that joined it, each over lines of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.soak.fleet.servers import Servers
from tests.soak.fleet.wires import Wire

from orbweaver.index import IndexStore
from orbweaver.platform.runtime.installation import free_port

ROOT = Path(__file__).parents[3]
STARTS_WITHIN_S = 20.0
OWN_CLOCK = """
import datetime as dt, time
from pathlib import Path
from orbweaver.platform import clock
right, right_time, given = clock.real_now, time.time, Path({given!r})
clock.real_now = lambda: right() + dt.timedelta(seconds=float(given.read_text()))
time.time = lambda: right_time() + float(given.read_text())
from orbweaver.doors.cli import main
main()
"""
"""The program on a machine whose clock is wrong by as many seconds as a file says at each moment."""


def environment(settings: Mapping[str, object], source: Path | None = None) -> dict[str, str]:
    """Of a process with these settings and no others; ``source``, where it runs other code than this."""
    kept = {name: each for name, each in os.environ.items() if not name.startswith(("ORBWEAVER_", "PG", "DJANGO_"))}
    kept["PYTHONPATH"] = os.pathsep.join([*([str(source)] if source else []), str(ROOT), kept.get("PYTHONPATH", "")])
    return kept | {f"ORBWEAVER_{name.upper()}": str(each) for name, each in settings.items()}


class Hotline:
    """Commands, a worker and the desk, on the machine where the servers are."""

    def __init__(
        self, room: Path, servers: Servers, settings: Mapping[str, object], source: Path | None = None
    ) -> None:
        self.room, self.servers, self.source = room, servers, source
        self.settings = {
            "data_dir": room / "hotline" / "data",
            "keys_dir": room / "hotline" / "keys",
            "database_url": servers.url("orbweaver"),
            "database_admin_url": servers.url("postgres"),
            **settings,
        }
        (room / "hotline").mkdir()
        self._desk: subprocess.Popen[str] | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    def run(self, *words: str, **changes: object) -> str:
        """A command to its end; what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "orbweaver", *words],
            env=environment({**self.settings, **changes}, self.source),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def start(self) -> None:
        """Have a worker and the desk."""
        self.start_worker()
        own = environment(self.settings, self.source)
        with (self.room / "desk.log").open("ab") as log:
            self._desk = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("desk.py"))],
                env=own,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                bufsize=1,
            )

    def start_worker(self) -> None:
        """Have a worker, where none runs."""
        if self.lives():
            return
        own = environment(self.settings, self.source)
        with (self.room / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "orbweaver", "worker"]
            self._worker = subprocess.Popen(command, env=own, stdout=log, stderr=log, start_new_session=True)

    def kill_worker(self) -> None:
        """kill -9 of the worker and all that it started."""
        if self._worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._worker.pid, signal.SIGKILL)
            self._worker.wait(20)

    def tell(self, do: str, **words: object) -> Any:
        """Have the desk do something; its answer."""
        assert self._desk is not None
        assert self._desk.stdin is not None
        assert self._desk.stdout is not None
        print(json.dumps({"do": do, **words}), file=self._desk.stdin, flush=True)
        answer = self._desk.stdout.readline()
        assert answer, "the desk has ended"
        return json.loads(answer)

    def lives(self) -> bool:
        """Whether its worker runs."""
        return self._worker is not None and self._worker.poll() is None

    def stop(self) -> None:
        """End both."""
        if self._desk is not None:
            self._desk.kill()
            with contextlib.suppress(BrokenPipeError):
                self._desk.communicate()
        if self._worker is not None:
            self._worker.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._worker.wait(20)
            self._worker.kill()
            self._worker.wait()


class Machine:
    """A crawler's machine: it joins, works, and has things done to it."""

    def __init__(self, number: int, room: Path, hotline: Hotline, settings: Mapping[str, object]) -> None:
        self.name, self.room = f"machine-{number}", room / f"machine-{number}"
        self.room.mkdir()
        self.wires = [Wire(server.port) for server in hotline.servers.all]
        self.source = hotline.source
        self.clock = self.room / "clock"
        self.set_clock(0)
        self.settings = {**settings, "user_agent": self.name, "data_dir": self.room / "data"}
        self.status_port = free_port("127.0.0.1", 0)
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._index: IndexStore | None = None
        url = hotline.servers.url("orbweaver", *(wire.port for wire in self.wires))
        invited = json.loads(hotline.run("machines", "invite", "--part", "crawl", "--json", database_url=url))
        joining = environment({**self.settings, "keys_dir": self.room / "keys"}, self.source)
        command = [sys.executable, "-m", "orbweaver", "join", invited["token"], "--json"]
        done = subprocess.run(command, env=joining, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        lines = dict(line.split(" = ") for line in (self.room / "data" / "machine.toml").read_text().splitlines())
        self.role = json.loads(lines["database_url"]).partition("//")[2].partition("@")[0]

    def start(self) -> None:
        """Run the crawler."""
        own = environment({**self.settings, "config": self.room / "data" / "machine.toml"}, self.source)
        command = [sys.executable, "-c", OWN_CLOCK.format(given=str(self.clock)), "crawl-worker"]
        with (self.room / "crawler.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--status-port", str(self.status_port)],
                env=own,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def lives(self) -> bool:
        """Whether its crawler runs."""
        return self._process is not None and self._process.poll() is None

    def keep_up(self) -> None:
        """Start the crawler again where it has ended, as systemd would."""
        if not self.lives():
            self.restarts += 1
            self.start()

    def signal(self, which: signal.Signals) -> None:
        """To the crawler and all that it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, which)

    def kill(self) -> None:
        """All of it at once."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(20)

    def set_clock(self, wrong_s: float) -> None:
        """How many seconds its clock is wrong from now on. At once: the process reads the file at every moment, and of
        one that is just being written it would read nothing."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(wrong_s))
        new.replace(self.clock)

    def stop(self) -> int:
        """As systemd stops it; the exit code. What does not end within a minute is killed."""
        self.signal(signal.SIGCONT)
        assert self._process is not None
        self._wait_until_up()
        self._process.terminate()
        try:
            return self._process.wait(60)
        except subprocess.TimeoutExpired:
            return -9
        finally:
            self.kill()

    def _wait_until_up(self) -> None:
        """One that was only just started again hears of no signal yet, and would end without a word."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while self.lives() and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.status_port), 1):
                return
            time.sleep(0.1)

    def index_position(self) -> int:
        """The change of the lists up to which its match index has come, read from its files."""
        if self._index is None:
            found = list((self.room / "data" / "index").glob("*/pdq"))
            if not found:
                return 0
            self._index = IndexStore(found[0])
        return self._index.position

    def close_index(self) -> None:
        """Its files are read no more."""
        if self._index is not None:
            self._index.close()
            self._index = None

    def errors(self) -> list[str]:
        """The last lines of its log that tell of a fault."""
        log = (self.room / "crawler.log").read_text(errors="replace").splitlines()
        return [line for line in log if "rror" in line or "failed" in line][-20:]

    def evidence(self) -> Path:
        """Where it archives."""
        folder = self.room / "data" / "evidence"
        folder.mkdir(exist_ok=True)
        return folder
