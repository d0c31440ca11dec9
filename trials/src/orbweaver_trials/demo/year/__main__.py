"""``python -m orbweaver_trials.demo.year``: play the year, compare, print; exit code 1 when anything does not agree."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from types import FrameType

from rich.progress import Progress

from orbweaver.doors.cli.output import ExitCode, console, emit, notes, report_error
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import InvalidInput, OrbweaverError
from orbweaver.platform.config import forget
from orbweaver.platform.runtime.postgres import EmbeddedPostgres
from orbweaver_trials.demo.surroundings import free_port, scrubbed
from orbweaver_trials.demo.year.campaign import EPOCH, QUIET, SHORTEST, Scale, Year, settings_for, web_server
from orbweaver_trials.demo.year.characters import forty, parties_of
from orbweaver_trials.demo.year.world import World

INTERRUPTED = 130
"""Exit code after Ctrl-C (the shell's convention: 128 and the signal's number)."""


def main(arguments: Sequence[str]) -> int:
    """Parse, play in a throw-away folder, show."""
    options = _parser().parse_args(arguments)
    if options.days < SHORTEST or not 0 < options.providers <= 1:
        report_error(InvalidInput(f"A year has {SHORTEST} days or more, and the share of the forty is above 0, to 1."))
        return ExitCode.USAGE
    environment = scrubbed(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    stop = _interrupted()
    room = Path(tempfile.mkdtemp(prefix="orbweaver-year-"))
    room.chmod(0o711)  # PostgreSQL's own account passes through when root runs this
    scale = Scale(options.days, options.providers, options.batches, options.batch, options.reminder_hours)
    try:
        return _play(room, scale, stop, json_mode=options.json)
    except OrbweaverError as error:
        report_error(error)
        return ExitCode.ERROR
    except KeyboardInterrupt:
        notes.print("Stopped. Nothing of the year is left running.")
        return INTERRUPTED
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _interrupted() -> threading.Event:
    """Ask for an end at the first signal; what is set then, for Python loses what is raised within a destructor."""
    stop = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():  # a second one must not break off the tidying up
            stop.set()
            raise KeyboardInterrupt

    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT, too: a shell's background jobs ignore it
        signal.signal(which, interrupt)
    return stop


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="orbweaver demo --year", description="A year of forty providers.")
    parser.add_argument("--json", action="store_true", help="print JSON only, for scripts")
    parser.add_argument("--days", type=int, default=365, help=f"at least {SHORTEST}")
    parser.add_argument(
        "--providers", type=float, default=1.0, help="share of the forty, one of each character at least"
    )
    parser.add_argument("--batches", type=int, default=3, help="days on which something is found at each provider")
    parser.add_argument("--batch", type=int, default=5, help="pictures found on such a day")
    parser.add_argument("--reminder-hours", type=int, default=24, help="hours between the messages of a notice")
    return parser


def _play(room: Path, scale: Scale, stop: threading.Event, *, json_mode: bool) -> int:
    hosts = forty(scale.seed, scale.providers, scale.days)
    parties = parties_of(hosts)
    with World(hosts, parties, scale.seed, EPOCH, EPOCH + dt.timedelta(days=scale.days) - QUIET) as world:
        port = free_port()
        os.environ.update(settings_for(room, world, port, scale))
        forget()
        started = monotonic()
        with _database(room), open_session(), web_server(port), Progress(console=notes) as progress:
            year = Year(world, scale, _teller(progress, stop))
            from orbweaver_trials.demo.year.outcome import compare, show  # models are there only now

            outcome = compare(world.ledger, hosts, parties, year.run())
    if json_mode:
        emit(outcome.as_json() | {"scale": asdict(scale), "seconds": round(monotonic() - started)})
    else:
        show(outcome, console)
    return ExitCode.OK if outcome.ok else ExitCode.ERROR


def _teller(progress: Progress, stop: threading.Event) -> Callable[[int, int], None]:
    """What shows how far it is: a bar for people, else a line for every tenth. Ends the year when asked to."""
    task = progress.add_task("days", total=None)

    def tell(done: int, steps: int) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        progress.update(task, completed=done, total=steps)
        if not notes.is_terminal and done * 10 // steps > (done - 1) * 10 // steps:
            notes.print(f"{done * 100 // steps} % of the year")

    return tell


@contextmanager
def _database(room: Path) -> Iterator[None]:
    """A server of its own, which need not survive a crash of the machine."""
    server = EmbeddedPostgres(room / "database", fast=True)
    server.start()
    try:
        os.environ["ORBWEAVER_DATABASE_URL"] = server.url
        forget()
        yield
    finally:
        server.stop()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    if code == INTERRUPTED:  # in the middle of starting a thread it leaves one behind that Python would wait for
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
