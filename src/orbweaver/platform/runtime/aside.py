"""Work in a forked child of a long-lived process, so that what it loads does not stay: models and migrations take twice
the memory of a process that only watches others."""

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
_SAID, _DONE, _FAILED = range(3)


def aside(work: Callable[[Say], Result], say: Say) -> Result:
    """What ``work`` returns, or raises; what it says is passed on as it is said. All of it has to be picklable.

    Raises Unavailable where the child dies without a word. It never outlives this process, nor its wait for it.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_work, args=(work, theirs, os.getpid()), daemon=True)
    child.start()
    theirs.close()
    try:
        while True:
            kind, what = ours.recv()
            if kind == _SAID:
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
        pipe.send((_DONE, work(lambda event: pipe.send((_SAID, event)))))
    except Exception as error:
        pipe.send((_FAILED, error))
