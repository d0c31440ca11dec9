"""The parent's end of one decoder process: start it, send a batch, receive results, notice its death or its hanging."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from orbweaver.fingerprints import wire
from orbweaver.fingerprints.limits import Limits
from orbweaver.fingerprints.result import Fingerprints, Frames, Rate, Sized, Still, StillPosition, Views, Wanted
from orbweaver.fingerprints.track import Track

START_TIMEOUT_S = 180.0
"""A start takes about a second; the very first one on a machine compiles the kernels (12 s of processor time)."""
START_PROCESSOR_S = 60.0
"""Processor time that a start may use. While it uses less, and uses some, it is waited for: on a machine that is busy
12 s may take minutes, and who is stopped before the end begins anew and never gets there."""
TICK_S = 0.25
"""How often a silent decoder's progress is looked at."""
PIPE_BYTES = 1 << 20
"""Asked for each pipe; the kernel's default of 64 kB costs a switch of processes per 64 kB."""

_KEPT_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "PYTHONPATH",
    "PYTHONHOME",
    "LD_LIBRARY_PATH",
    "XDG_CACHE_HOME",
    "NUMBA_CACHE_DIR",
)
"""Nothing else is handed on: a decoder must not know the database's password."""


class DecoderDied(Exception):
    """The process ended, was stopped for taking too long, or sent nonsense. ``code`` is the reason for the culprit."""

    def __init__(self, code: str, culprit: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.culprit = culprit
        """Position in the batch of the body that it was working on; None when it had not begun."""


class DecoderNotStarted(Exception):
    """The process did not come up."""


_ANSWERS: dict[type, type[wire.Result]] = {StillPosition: Still, Rate: Track, Sized: Views, Frames: Views}


def _answer_to(wanted: Wanted) -> type[wire.Result]:
    return _ANSWERS.get(type(wanted), Fingerprints)


class Patience:
    """How long a start is waited for: ``START_TIMEOUT_S`` since it last used the processor."""

    def __init__(self, began: float) -> None:
        self._moved_at = began
        self._used = 0.0

    def is_over(self, at: float, used: float) -> bool:
        """Whether nothing more is to be expected at this moment of a start that has used so much processor time."""
        if self._used < used <= START_PROCESSOR_S:
            self._moved_at, self._used = at, used
        return at - self._moved_at > START_TIMEOUT_S


def _processor_s(pid: int) -> float:
    """Processor time that a process has used; 0.0 of one that is no more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


class Decoder:
    """One process. Used by one thread, the one that made it: the process dies with that thread."""

    def __init__(self, memory_mb: int, timeout_s: float, limits: Limits, stopping: threading.Event) -> None:
        self._timeout_s = timeout_s
        self._stopping = stopping
        self._batch = 0
        self._sent_ns = 0
        memory = os.memfd_create("orbweaver-progress", os.MFD_CLOEXEC)
        try:
            os.ftruncate(memory, wire.SHARED_BYTES)
            self._progress = mmap.mmap(memory, wire.SHARED_BYTES)
            self._process = self._start(memory, memory_mb, timeout_s, limits)
        finally:
            os.close(memory)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._out = self._process.stdin.fileno()
        self._in = self._process.stdout.fileno()
        for handle in (self._out, self._in):
            os.set_blocking(handle, False)
            with suppress(OSError):
                fcntl.fcntl(handle, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.protections = self._greet()

    @staticmethod
    def _start(memory: int, memory_mb: int, timeout_s: float, limits: Limits) -> subprocess.Popen[bytes]:
        settings = {
            "parent": os.getpid(),
            "progress_fd": memory,
            "memory_mb": memory_mb,
            "timeout_s": timeout_s,
            "limits": asdict(limits),
        }
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "orbweaver.fingerprints.worker", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=(memory,),
            env=environment | threads,
            cwd="/",
            start_new_session=True,
        )

    def _greet(self) -> dict[str, bool]:
        """Wait for the process to be ready: which protections hold. Raises DecoderNotStarted."""
        patience = Patience(time.monotonic())
        try:
            greeting = json.loads(
                self._receive(lambda: patience.is_over(time.monotonic(), _processor_s(self._process.pid)))
            )
            return {str(name): bool(held) for name, held in dict(greeting).items()}
        except (DecoderDied, wire.WireError, ValueError, TypeError):
            self.close()
            raise DecoderNotStarted from None
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process number, for tests and diagnosis."""
        return self._process.pid

    @property
    def share(self) -> float:
        """How much of the body in hand is decoded, 0.0 to 1.0; 0.0 of a process that has ended."""
        try:
            (share,) = wire.SHARE.unpack_from(self._progress, wire.PROGRESS.size)
        except ValueError:  # it was closed meanwhile, by its own thread
            return 0.0
        return min(max(float(share), 0.0), 1.0)

    def work(
        self,
        bodies: Sequence[bytes],
        wanted: Sequence[Wanted],
        done: Callable[[int, wire.Result], None],
    ) -> None:
        """Decode the bodies in order and call ``done(index, result)`` for each as it comes.

        ``wanted``: for each body the picture of which a still is wanted, the rate of its track, which pixels, or None
        for its fingerprints.

        Raises DecoderDied; the decoder is then closed, and ``done`` was called for some positions before the culprit.
        """
        self._batch += 1
        index = 0
        try:
            self._send([self._head(bodies, wanted), *bodies])
            while index < len(bodies):
                for result in wire.Reader(self._receive(self._hangs)).results():
                    if index == len(bodies):
                        raise wire.WireError("more results than bodies")
                    if not isinstance(result, _answer_to(wanted[index])):
                        raise wire.WireError("not what was asked")
                    done(index, result)
                    index += 1
        except (DecoderDied, wire.WireError, OSError) as error:
            died = error if isinstance(error, DecoderDied) else DecoderDied(self._reason())
            working_on = self._working_on()
            died.culprit = None if working_on is None else max(index, working_on)
            self.close()
            raise died from None

    @staticmethod
    def _head(bodies: Sequence[bytes], wanted: Sequence[Wanted]) -> bytes:
        return wire.request_head([wire.Ask(len(body), each) for body, each in zip(bodies, wanted, strict=True)])

    def _working_on(self) -> int | None:
        batch, index, _ = wire.PROGRESS.unpack_from(self._progress)
        return int(index) if batch == self._batch else None

    def _hangs(self) -> bool:
        batch, _, began = wire.PROGRESS.unpack_from(self._progress)
        # A process that has not even begun is measured from when the batch was sent.
        since = began if batch == self._batch else self._sent_ns
        return bool((time.monotonic_ns() - since) / 1e9 > self._timeout_s)

    def _send(self, buffers: list[bytes]) -> None:
        views = [memoryview(buffer) for buffer in buffers if buffer]
        while views:
            self._sent_ns = time.monotonic_ns()
            self._wait(self._out, select.POLLOUT, self._hangs)
            written = os.writev(self._out, views)
            while views and written >= len(views[0]):
                written -= len(views.pop(0))
            if written:
                views[0] = views[0][written:]
        self._sent_ns = time.monotonic_ns()

    def _receive(self, expired: Callable[[], bool]) -> bytes:
        (length,) = wire.COUNT.unpack(self._read(wire.COUNT.size, expired))
        if length > wire.MAX_ANSWER:
            raise wire.WireError("answer too long")
        return self._read(length, expired)

    def _read(self, length: int, expired: Callable[[], bool]) -> bytes:
        parts: list[bytes] = []
        while length:
            self._wait(self._in, select.POLLIN, expired)
            part = os.read(self._in, length)
            if not part:
                raise DecoderDied(self._reason())
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _wait(self, handle: int, event: int, expired: Callable[[], bool]) -> None:
        poll = select.poll()
        poll.register(handle, event)
        while not poll.poll(TICK_S * 1000):
            if self._stopping.is_set():
                raise DecoderDied("pool_closed")
            if expired():
                raise DecoderDied("decoder_timeout")

    def _reason(self) -> str:
        """Why the process ended, from its exit status."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "decoder_crashed"
        return {-signal.SIGXCPU: "decoder_timeout", -signal.SIGKILL: "out_of_memory"}.get(status, "decoder_crashed")

    def close(self) -> None:
        """End the process and give all handles back. May be called again."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._progress.close()
