"""``orbweaver worker``: notices, rechecks and upkeep."""

from __future__ import annotations

import contextlib
import logging
import signal
from collections.abc import Callable, Iterator
from typing import Annotated, Final

import typer

from orbweaver.doors.cli.output import JsonOption, console, emit, say
from orbweaver.doors.cli.run import StatusPortOption
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.runtime.ending import ended_in_time
from orbweaver.platform.runtime.limits import WORKER
from orbweaver.platform.runtime.stacks import write_stacks_on_signal

END_WITHIN_S: Final = 12.0
"""Seconds from a signal to the end, at the latest: more than lanes get to finish what they have in hand, less than the
supervisor waits before it kills."""


def register(app: typer.Typer) -> None:
    """Add ``worker``."""
    app.command("worker")(worker)


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end.")] = False,
    status_port: StatusPortOption = None,
    json_mode: JsonOption = False,
) -> None:
    """Send notices and reminders, check notified addresses again, keep things in order; until stopped.

    Any number may run at once, on several machines too.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    write_stacks_on_signal()
    with open_session(limits=WORKER):
        from orbweaver.doors.workers.due import Worker
        from orbweaver.platform.runtime.status import status_served

        work = Worker()
        with status_served(None if once else status_port), stopped_by_signals(work.stop):
            if not once:
                say("The worker is running. Ctrl-C lets it finish what it has in hand.")
                work.run()
                return
            done = dict(work.run_once())
    if json_mode:
        emit(done)
    else:
        console.print(
            ", ".join(f"{name}: {count}" for name, count in sorted(done.items()) if count) or "Nothing was due."
        )


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Within it, SIGTERM and SIGINT ask for an orderly stop, which ends also where the database does not answer."""
    with ended_in_time(END_WITHIN_S) as asked:

        def handle(*_: object) -> None:
            stop()
            asked()

        before = {kind: signal.signal(kind, handle) for kind in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)
