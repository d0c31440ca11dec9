"""The end of everything when the supervisor is killed: ``python -I -S warden.py LOCK``, standard library only.

The supervisor's children get SIGTERM from the kernel when it dies, but a child may hang, and grandchildren (decoders,
web workers) hear nothing. The warden reads lines ``+SESSION`` and ``-SESSION`` from the supervisor; at end of file,
which is the supervisor's end however it came, it gives the sessions that are left a moment, then kills all of their
processes. While it works it holds ``LOCK``, for which the next start waits.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

GRACE_S = 5.0
"""Seconds from the supervisor's end to the kill: well below the 20 s in which nothing may be left."""


def members(sessions: set[int]) -> list[int]:
    """The living processes of these sessions. A session's number is not given again while it has a member."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # the name in field 2 may hold spaces and brackets: count from the last bracket
                state, *fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) in sessions and state not in "ZX":
                    found.append(int(entry.name))
    return found


def kill_members(sessions: set[int]) -> None:
    """Kill every process of these sessions, until none is left or a second has passed."""
    deadline = time.monotonic() + 1.0
    while (left := members(sessions)) and time.monotonic() < deadline:
        for process in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.02)


def _main(lock: str) -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # shared: several supervisors may have one each
    print("watching", flush=True)
    sessions: set[int] = set()
    for line in sys.stdin:
        change = sessions.add if line[0] == "+" else sessions.discard
        change(int(line[1:]))
    deadline = time.monotonic() + GRACE_S
    while sessions and members(sessions) and time.monotonic() < deadline:
        time.sleep(0.05)
    kill_members(sessions)


if __name__ == "__main__":
    _main(sys.argv[1])
