"""Parts as forks of one process that has loaded the whole program: what they have in common is in memory once.

Each part alone loads some 60 to 90 MB of code. The *template* loads it, has one thread, opens no connection and reads
no table; it forks a part whenever the supervisor asks. A part leaves the template at once: it is a session of its own
and a child of the supervisor's process, which takes it over as the orphan of a process in between. So the template's
end is no part's end, and the supervisor watches a part as it watches any other child (ADR 37).

Where there is no template, or it dies, parts are started by their command lines; they do the same and take more memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from orbweaver.platform.runtime.launch import die_with_parent, launch_argv

PR_SET_CHILD_SUBREAPER: Final = 36  # <linux/prctl.h>
READY: Final = b"ready"
LARGEST: Final = 2**17
"""Bytes of one request: arguments and environment. One that is larger is refused, and the part started by itself."""
ANSWER_WITHIN_S: Final = 30.0
"""Longest wait for a fork, which takes milliseconds: a template that is slower than that is as good as dead."""

ROOM: Final = 256
"""Letters that a part has to show its own command line in, which may be longer than the template's."""


Part = TypeVar("Part")
"""What a part begins with."""


class TemplateGone(Exception):
    """It does not fork any more."""


class Forked:
    """A part that was forked: what the supervisor needs of ``subprocess.Popen``, for a child that it did not start."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def send_signal(self, which: int) -> None:
        """Nothing once it has been waited for. Raises ProcessLookupError as ``os.kill`` does."""
        if self._code is None:
            os.kill(self.pid, which)

    def wait(self) -> int:
        """Its exit code, negative for a signal; waits for its end."""
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code


class Template:
    """The supervisor's end. Used by one thread; ``argv`` is given the number of a socket as one more word."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], log: int) -> None:
        """Start it; returns at once. ``log`` is a descriptor for what it writes itself."""
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                launch_argv([*argv, str(theirs.fileno()), " " * ROOM], death_signal=signal.SIGKILL),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(env),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.is_ready = False

    @property
    def pid(self) -> int:
        """The number of its process and of its session."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether its process has not ended."""
        return self._process.poll() is None

    def is_loading(self) -> bool:
        """Whether it may be ready soon. Notes when it is."""
        if not self.is_ready and self._says_something(0.0):
            with contextlib.suppress(OSError):
                self.is_ready = self._channel.recv(LARGEST) == READY
        return self.is_alive() and not self.is_ready

    def fork(self, arguments: Sequence[str], env: Mapping[str, str], log: int) -> Forked:
        """A new part with these arguments, this environment and this log; it gets SIGTERM when this process ends.

        Raises TemplateGone; then no part was started, or it ends before it has done anything: it waits for leave to
        begin, which it gets once its number is known here.
        """
        asked = json.dumps({"arguments": list(arguments), "env": dict(env), "parent": os.getpid()}).encode()
        if len(asked) > LARGEST:
            raise TemplateGone
        leave, gives_leave = os.pipe()
        try:
            with _taking_orphans():
                socket.send_fds(self._channel, [asked], [log, leave])
                answer = self._channel.recv(LARGEST) if self._says_something(ANSWER_WITHIN_S) else b""
            if answer:
                os.write(gives_leave, READY)
        except OSError:
            raise TemplateGone from None
        finally:
            os.close(leave)
            os.close(gives_leave)
        if not answer:
            self.close()
            raise TemplateGone
        return Forked(int(answer))

    def close(self) -> None:
        """End it. Parts go on. May be called again."""
        self.is_ready = False
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _says_something(self, within_s: float) -> bool:
        return self._channel.fileno() >= 0 and bool(select.select([self._channel], [], [], within_s)[0])


@contextlib.contextmanager
def _taking_orphans() -> Iterator[None]:
    """Within it, an orphan among this process's descendants becomes its child: that of the part that is being made.

    No longer than that: nobody here would wait for other orphans.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def serve(channel: socket.socket, made_ready: Callable[[list[str]], Part]) -> Part:
    """The template's end: fork whenever the supervisor asks, and end with it. Returns in each part, with what
    ``made_ready`` made of its arguments: in the template, as a fork has each page for itself that it works on.

    The caller has loaded everything and has one thread.
    """
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise RuntimeError("a template has one thread: locks that others hold would be held for ever in its forks")
    channel.send(READY)
    while True:
        asked, descriptors, _, _ = socket.recv_fds(channel, LARGEST, 2)
        if not asked:
            os._exit(0)
        log, leave = descriptors
        wanted = json.loads(asked)
        part = made_ready([str(word) for word in wanted["arguments"]])
        gc.freeze()
        if _fork(log, channel):
            _begin(wanted, leave)
            return part
        os.close(log)
        os.close(leave)


def _fork(log: int, channel: socket.socket) -> bool:
    """Whether this is the new part. Else it is the template, which has answered."""
    told, tells = os.pipe()
    between = os.fork()
    if between == 0:
        if os.fork():
            os._exit(0)
        os.setsid()
        os.dup2(log, 1)
        os.dup2(log, 2)
        channel.close()
        os.write(tells, str(os.getpid()).encode())
        for descriptor in (told, tells, log):
            os.close(descriptor)
        return True
    os.close(tells)
    os.waitpid(between, 0)
    channel.send(os.read(told, 32))
    os.close(told)
    return False


def _begin(asked: dict[str, Any], leave: int) -> None:
    """Make this fork what a process of its own would be that was started with this environment and these arguments.

    Only with the supervisor's leave: where the template ended before it could say which process this is, another one is
    started in its place. By then the process in between has ended, and the supervisor is the parent.
    """
    if not os.read(leave, len(READY)):
        os._exit(0)
    os.close(leave)
    die_with_parent(asked["parent"], signal.SIGTERM)
    os.environ.clear()
    os.environ.update(asked["env"])
    _show([*sys.orig_argv[:3], "orbweaver", *map(str, asked["arguments"])])


def _show(words: Sequence[str]) -> None:
    """Let ``ps`` and ``/proc`` show these words as the command line, as far as there is room for them."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])  # proc(5): arg_start, arg_end
    text = b"\0".join(word.encode() for word in words)[: end - start - 1]
    ctypes.memset(start, 0, end - start)
    ctypes.memmove(start, text, len(text))
