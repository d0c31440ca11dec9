"""Work in a forked child of a long-lived process, whose memory goes with it: models and migrations take twice that of
a process that only watches others, and ``multiprocessing`` 2 MB of its own."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.launch import die_with_parent
from orbweaver.platform.runtime.messages import CHILD_DIED

Result = TypeVar("Result")
Say = Callable[[dict[str, Any]], None]
_EVENT, _DONE, _FAILED = range(3)


def aside(work: Callable[[Say], Result], say: Say) -> Result:
    """What ``work`` returns or raises; its events are passed to ``say`` as they come. All of it has to be picklable.

    Raises Unavailable where the child dies without an answer. The child ends with this call, and with this process.
    """
    sys.stdout.flush()  # else the child would write once more what waits there
    sys.stderr.flush()
    ours, theirs = os.pipe()
    parent, child = os.getpid(), os.fork()
    if child == 0:
        try:
            os.close(ours)
            with os.fdopen(theirs, "wb") as pipe:
                _work(work, pipe, parent)
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answers:
        try:
            result: Result = _answer(answers, say)
            return result
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _answer(answers: BinaryIO, say: Say) -> Any:
    while True:
        try:
            kind, what = pickle.load(answers)  # noqa: S301 - from our own child
        except (EOFError, pickle.UnpicklingError):  # nothing, or a part of it
            raise Unavailable(CHILD_DIED) from None
        if kind == _DONE:
            return what
        if kind == _FAILED:
            raise what
        say(what)


def _work(work: Callable[[Say], Any], pipe: BinaryIO, parent: int) -> None:
    die_with_parent(parent)

    def tell(kind: int, what: Any) -> None:
        pickle.dump((kind, what), pipe)
        pipe.flush()

    try:
        tell(_DONE, work(lambda event: tell(_EVENT, event)))
    except Exception as error:
        tell(_FAILED, error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
