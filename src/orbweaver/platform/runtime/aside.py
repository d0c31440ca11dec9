"""Work in a forked child of a long-lived process, whose memory goes with it: models and migrations take twice that of
a process that only watches others."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

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
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_work, args=(work, theirs, os.getpid()), daemon=True)
    child.start()
    theirs.close()
    try:
        while True:
            kind, what = ours.recv()
            if kind == _EVENT:
                say(what)
            elif kind == _FAILED:
                raise what
            else:
                result: Result = what
                return result
    except EOFError:
        raise Unavailable(CHILD_DIED) from None
    finally:
        child.kill()
        child.join()
        ours.close()


def _work(work: Callable[[Say], Any], pipe: Connection, parent: int) -> None:
    die_with_parent(parent)
    try:
        pipe.send((_DONE, work(lambda event: pipe.send((_EVENT, event)))))
    except Exception as error:
        pipe.send((_FAILED, error))
