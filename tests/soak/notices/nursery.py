"""Workers as processes of their own, forked from one that has loaded everything: a start takes no seconds of imports.

``Nursery(environment).start()`` gives a running ``orbweaver worker``, a session of its own. One at a time.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping

FORK = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "orbweaver.platform.django_settings"
import django
django.setup()
import orbweaver.doors.workers.due
from orbweaver.doors.cli import build
command = build()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        command(["worker"])
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Worker:
    """A running worker, as far as a test needs it."""

    def __init__(self, pid: int, nursery: Nursery) -> None:
        self.pid = pid
        self._nursery = nursery
        self._status: int | None = None

    def terminate(self) -> None:
        """Ask it to stop in order."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it and all that it started, if it still runs."""
        if self._status is None:
            os.killpg(self.pid, signal.SIGKILL)

    def wait(self, timeout: float = 20) -> int:
        """Its exit status, negative for a signal. Raises TimeoutError."""
        if self._status is None:
            self._status = self._nursery.answer(timeout)
        return self._status


class Nursery:
    """The process that forks workers, all in the same environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", FORK],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._said = b""

    def start(self) -> Worker:
        """Another worker; the one before has ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return Worker(self.answer(60), self)

    def answer(self, timeout: float) -> int:
        """The next number that the process says. Raises TimeoutError."""
        assert self._process.stdout is not None
        while b"\n" not in self._said:
            if not select.select([self._process.stdout], [], [], timeout)[0]:
                raise TimeoutError
            more = os.read(self._process.stdout.fileno(), 100)
            assert more, "the process that forks workers has ended"
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return int(line)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
