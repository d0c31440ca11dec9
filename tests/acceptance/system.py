"""An installation as its operator has it: processes of the program, a data folder, settings, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

PROGRAM = Path(os.environ.get("ACCEPTANCE_PROGRAM") or Path(sys.executable).parent / "orbweaver")
"""The program under test; another checkout's where the environment names one."""
STRANGERS_UID = 61_234
"""An account without a name, for an installation that does not run as root."""
PATIENCE_S = 120.0

Result = TypeVar("Result")


def wait_for(look: Callable[[], Result], *, seconds: float = PATIENCE_S, pause: float = 0.2, what: str = "") -> Result:
    """Ask again until the answer is true, and give it back; fail when it never is."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what or look}; last seen: {seen!r}")
        time.sleep(pause)


def holds_for(look: Callable[[], bool], *, seconds: float, pause: float = 0.3) -> bool:
    """Whether something stays true the whole time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not look():
            return False
        time.sleep(pause)
    return look()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children_of(pid: int) -> list[int]:
    """The process and all that it started, itself first."""
    found = [pid]
    for known in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{known}/task").iterdir():
                found += [int(one) for one in (task / "children").read_text().split() if int(one) not in found]
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


class System:
    """One installation. ``start`` runs `orbweaver up`; ``run`` any command, as from another terminal."""

    def __init__(self, room: Path, *, unprivileged: bool = False, **settings: object) -> None:
        self.room = room
        self.data = room / "data"
        self.keys = room / "keys"
        self.scratch = room / "tmp"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.setup_link = ""
        self.events: list[dict[str, Any]] = []
        self.said = ""
        self.up: subprocess.Popen[str] | None = None
        self.uid = STRANGERS_UID if unprivileged and os.geteuid() == 0 else None
        self.settings: dict[str, object] = {
            "data_dir": self.data,
            "keys_dir": self.keys,
            "base_url": self.address,
            "network_allow": ",".join(f"127.0.0.{last}:*" for last in range(1, 100)),
            "crawl_host_delay_s": 0.05,
            "discover_contacts": False,
            "review_undo_seconds": 0,
            "hotline_name": "Helpline of the Tests",
            "hotline_domain": "helpline.test",
            "hotline_contact": "desk@helpline.test",
            **settings,
        }
        room.mkdir(parents=True, exist_ok=True)
        room.chmod(0o711)
        self.scratch.mkdir(exist_ok=True)
        if self.uid is not None:
            os.chown(room, self.uid, self.uid)
            os.chown(self.scratch, self.uid, self.uid)

    def environment(self, changes: Mapping[str, object] | None = None) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ORBWEAVER_", "PG", "DJANGO_", "PYTEST", "COVERAGE"))
        }
        given = {**self.settings, **(changes or {})}
        ours = {f"ORBWEAVER_{name.upper()}": str(value) for name, value in given.items() if value is not None}
        return {**kept, "HOME": str(self.room), "TMPDIR": str(self.scratch), **ours}

    def start(
        self, *arguments: str, ready: bool = True, environment: Mapping[str, str] | None = None, **changes: object
    ) -> System:
        """Run `orbweaver up` until it says that it is ready."""
        self.up = subprocess.Popen(
            [str(PROGRAM), "up", "--port", str(self.port), "--api-port", "0", "--json", *arguments],
            env={**self.environment(changes), **(environment or {})},
            cwd=self.room,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=self.uid,
            group=self.uid,
            extra_groups=[] if self.uid is not None else None,
            start_new_session=True,
        )
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, args=(self.up, lines), daemon=True).start()
        end = time.monotonic() + 2 * PATIENCE_S
        while ready:
            line = lines.get(timeout=max(0.1, end - time.monotonic()))
            if line is None:
                raise AssertionError(f"`up` ended with {self.up.wait()}: {self.said}\n{self.logs()}")
            if '"ready"' in line:
                break
        return self

    def _listen(self, process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
        assert process.stdout is not None
        with process.stdout as said:
            for line in said:
                self.said += line
                with contextlib.suppress(ValueError):
                    event = json.loads(line)
                    self.events.append(event)
                    if event.get("event") == "setup_link":
                        self.setup_link = event["url"]
                lines.put(line)
        lines.put(None)

    def logs(self) -> str:
        return "\n".join(
            f"== {file.name}\n{file.read_text(errors='replace')[-3000:]}" for file in (self.data / "logs").glob("*.log")
        )

    def pids(self, *words: str) -> list[int]:
        """The processes under `up` whose command line has all these words."""
        assert self.up is not None
        return [pid for pid in children_of(self.up.pid) if all(word in command_line(pid) for word in words)]

    def stop(self) -> int:
        """SIGTERM, as systemd sends it."""
        if self.up is None or self.up.poll() is not None:
            return -1 if self.up is None else int(self.up.returncode)
        for pid in children_of(self.up.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.up.terminate()
        try:
            return self.up.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.up.kill()
            return self.up.wait()

    def wait_for_database_to_rest(self) -> None:
        """The embedded server lives for a moment after its last user."""
        wait_for(
            lambda: not (self.data / "postgres" / "postmaster.pid").exists(), what="the embedded server to have stopped"
        )

    def command(
        self, *arguments: str | Path, changes: Mapping[str, object] | None = None, timeout: float = 400, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever its exit code."""
        return subprocess.run(
            [str(PROGRAM), *map(str, arguments)],
            env=self.environment(changes),
            cwd=self.room,
            capture_output=True,
            text=True,
            timeout=timeout,
            user=self.uid,
            group=self.uid,
            extra_groups=[] if self.uid is not None else None,
            check=False,
            **options,
        )

    def run(self, *arguments: str | Path, codes: Sequence[int] = (0,), timeout: float = 400) -> str:
        """Run a command that must go well; its standard output."""
        done = self.command(*arguments, timeout=timeout)
        assert done.returncode in codes, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str | Path, codes: Sequence[int] = (0,), timeout: float = 400) -> Any:
        """What a command says with --json: the one value, or the list of its lines."""
        said = self.run(*arguments, "--json", codes=codes, timeout=timeout)
        try:
            return json.loads(said)
        except ValueError:
            return [json.loads(line) for line in said.splitlines() if line.strip()]

    def doctor(self, **changes: object) -> tuple[int, dict[str, Any]]:
        done = self.command("doctor", "--json", changes=changes)
        assert done.stdout, f"doctor says nothing ({done.returncode}): {done.stderr[-2000:]}"
        return done.returncode, json.loads(done.stdout)

    def evidence(self) -> list[Path]:
        """All files of the archive as they lie on disk."""
        return sorted(file for file in (self.data / "evidence").rglob("*") if file.is_file())

    def give(self, name: str, content: str | bytes) -> Path:
        """Put a file where the installation's account can read it."""
        file = self.room / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def throw_away(self) -> None:
        self.stop()
        with contextlib.suppress(AssertionError):
            self.wait_for_database_to_rest()
        shutil.rmtree(self.room, ignore_errors=True)


@contextlib.contextmanager
def installed(room: Path, **settings: Any) -> Iterator[System]:
    """An installation that is thrown away at the end."""
    system = System(room, **settings)
    try:
        yield system
    finally:
        system.throw_away()


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
