"""The decoder process: reads bodies from its standard input, answers with fingerprints, and may die at any time.

Started by ``pool`` as ``python -m orbweaver.fingerprints.worker <settings as JSON>``. It holds no secret, no socket
and no file of its parent.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from orbweaver.fingerprints import sandbox, wire
from orbweaver.fingerprints.limits import Limits
from orbweaver.fingerprints.result import Fingerprints, Frames, Rate, Sized, Still, StillPosition, Views, Wanted
from orbweaver.fingerprints.track import Track
from orbweaver.fingerprints.wire import Result

FLUSH_AFTER_S = 0.05
"""Results wait no longer than this for the rest of their batch."""
LONG_BODY = 256 * 1024
"""Bytes above which a body is taken to be slow: a video, an animation, a large PNG."""
OPEN_FILES = 24
"""Handles that decoders may have open at once: the pipes, and a few of the libraries'."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the pool tells the process it starts."""

    parent: int
    progress_fd: int
    memory_mb: int
    timeout_s: float
    limits: Limits

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read what ``to_json`` wrote."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "limits": Limits(**values["limits"])})


def main(arguments: list[str]) -> None:
    """Protect, load, announce, serve until standard input ends."""
    settings = Settings.from_json(arguments[0])
    enforced = {"parent_death": sandbox.die_with_parent(settings.parent), "network": sandbox.leave_network()}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    answers = _take_standard_output()
    shared = mmap.mmap(settings.progress_fd, wire.SHARED_BYTES)
    os.close(settings.progress_fd)

    # Everything is loaded and compiled before the limits: loading needs files and memory, decoding does not.
    from orbweaver.fingerprints import decode, film_track, pictures, progress, stills, views, warmup

    warmup.run()
    pictures.allow_pixels(settings.limits)
    enforced |= _restrict(settings)
    # What is loaded stays: the garbage collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    enforced |= sandbox.confine()
    _write_all(answers, _framed(json.dumps(enforced).encode()))
    with os.fdopen(0, "rb", buffering=1 << 20) as requests:
        makers = Makers(decode.fingerprint, stills.still, film_track.track, views.views)
        progress.listen(lambda share: wire.SHARE.pack_into(shared, wire.PROGRESS.size, share))
        Service(settings, answers, shared, makers).serve(requests)


def _take_standard_output() -> int:
    """A private copy of the answers' pipe; what a library prints goes nowhere."""
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return answers


def _restrict(settings: Settings) -> dict[str, bool]:
    memory = sandbox.address_space() + settings.memory_mb * 2**20
    enforced = {
        "not_root": sandbox.drop_root(),
        "no_new_privileges": sandbox.gain_nothing(),
        "memory": sandbox.limit(resource.RLIMIT_AS, memory),
        "open_files": sandbox.limit(resource.RLIMIT_NOFILE, OPEN_FILES),
        "no_core": sandbox.limit(resource.RLIMIT_CORE, 0),
        "no_writing": sandbox.limit(resource.RLIMIT_FSIZE, 0),
    }
    # Changing the user clears the kernel's order to die with the parent, so it is given again.
    enforced["parent_death"] = sandbox.die_with_parent(settings.parent)
    return enforced


class Makers(NamedTuple):
    """What makes each kind of answer. Handed over, as decoders are loaded late."""

    prints: Callable[[bytes, Limits], Fingerprints]
    still: Callable[[bytes, StillPosition, Limits], Still]
    track: Callable[[bytes, float, Limits], Track]
    views: Callable[[bytes, Sized | Frames, Limits], Views]

    def answer(self, body: bytes, wanted: Wanted, limits: Limits) -> Result:
        """What is wanted of a body."""
        match wanted:
            case None:
                return self.prints(body, limits)
            case StillPosition():
                return self.still(body, wanted, limits)
            case Rate():
                return self.track(body, wanted.fps, limits)
            case _:
                return self.views(body, wanted, limits)


@dataclass(slots=True)
class Service:
    """Answers batch after batch."""

    settings: Settings
    answers: int
    progress: mmap.mmap
    makers: Makers
    batch: int = 0

    def serve(self, requests: BinaryIO) -> None:
        """Until the requests end."""
        while len(head := requests.read(wire.COUNT.size)) == wire.COUNT.size:
            (count,) = wire.COUNT.unpack(head)
            asked = [wire.unpack_ask(requests.read(wire.ASKED_BYTES)) for _ in range(count)]
            bodies = [requests.read(each.length) for each in asked]
            sandbox.limit_cpu(self.settings.timeout_s * count)
            self.batch += 1
            self._answer(bodies, [each.wanted for each in asked])

    def _answer(self, bodies: list[bytes], asked: list[Wanted]) -> None:
        waiting: list[bytes] = []
        flushed_at = time.monotonic()
        for index, (body, wanted) in enumerate(zip(bodies, asked, strict=True)):
            # A long body may take long: what is done must not wait for it. Nor may long answers gather.
            late = time.monotonic() - flushed_at > FLUSH_AFTER_S
            if waiting and (late or max(len(body), len(waiting[-1])) > LONG_BODY):
                self._flush(waiting)
                flushed_at = time.monotonic()
            wire.SHARE.pack_into(self.progress, wire.PROGRESS.size, 0.0)
            wire.PROGRESS.pack_into(self.progress, 0, self.batch, index, time.monotonic_ns())
            waiting.append(wire.pack(self.makers.answer(body, wanted, self.settings.limits)))
            bodies[index] = b""  # the next picture may need the memory
        self._flush(waiting)

    def _flush(self, waiting: list[bytes]) -> None:
        _write_all(self.answers, _framed(b"".join(waiting)))
        waiting.clear()


def _framed(payload: bytes) -> bytes:
    return wire.COUNT.pack(len(payload)) + payload


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


if __name__ == "__main__":
    main(sys.argv[1:])
