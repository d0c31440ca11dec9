"""Where a process that seems to hang stands: ``kill -USR1 PID`` makes it write its threads and its tasks to its log.

Files, lines and names alone are written, never a value: those are URLs and hashes.
"""

from __future__ import annotations

import asyncio
import faulthandler
import signal
import sys
from types import FrameType
from typing import TextIO

OUTERMOST = 6
"""Steps of a task that are written, from the innermost on; further out it is the program's own loop."""


def write_stacks_on_signal(file: TextIO | None = None) -> None:
    """From now on SIGUSR1 writes every thread, at once and whatever it does, then every task of asyncio.

    The threads come from C and so also where Python itself stands still; the tasks as soon as it goes on.
    """
    # The process's own, not what may stand in its place: C writes to a descriptor, which a captured stream has none of.
    out = file or sys.__stderr__
    if out is None:
        return

    def write_tasks(_number: int, _frame: FrameType | None) -> None:
        out.write(_tasks())
        out.flush()

    signal.signal(signal.SIGUSR1, write_tasks)
    faulthandler.register(signal.SIGUSR1, file=out, all_threads=True, chain=True)


def _tasks() -> str:
    """A task after the other with the calls that it waits in, innermost first; empty outside of asyncio."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return ""
    lines = [f"{len(tasks)} tasks, each with what it waits in, innermost first:"]
    for task in sorted(tasks, key=lambda each: each.get_name()):
        lines.append(f"  {task.get_name()}")
        lines += [f"    {frame}" for frame in _waits_in(task.get_coro())]
    return "\n".join(lines) + "\n"


def _waits_in(awaited: object) -> list[str]:
    """Where each coroutine stands that another waits for. A task's own stack names the outermost alone."""
    frames = []
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None)
        if frame is not None:
            frames.append(f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}")
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)
    return frames[::-1][:OUTERMOST]
