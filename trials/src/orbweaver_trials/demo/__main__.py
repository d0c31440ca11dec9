"""``python -m orbweaver_trials.demo``: the program behind ``orbweaver demo``."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from orbweaver.doors.cli.output import ExitCode, console, emit, notes, report_error
from orbweaver.errors import InvalidInput, OrbweaverError
from orbweaver_trials.demo import summary
from orbweaver_trials.demo.driver import PATIENCE_S, Demo, Outcome
from orbweaver_trials.demo.faults import Kill, Saboteur
from orbweaver_trials.demo.people import ROLES, invitation
from orbweaver_trials.demo.stages import Stages
from orbweaver_trials.demo.surroundings import scrubbed

INTERRUPTED = 130
"""Exit code after Ctrl-C (the shell's convention: 128 and the signal's number)."""
WRITES_ON_S = 10.0
"""Seconds for which what was stopped may still write."""


def main(arguments: Sequence[str]) -> int:
    """Play, show, clean up; returns the exit code."""
    parser = argparse.ArgumentParser(prog="orbweaver demo", description="Play the whole loop with harmless pictures.")
    parser.add_argument("--json", action="store_true", help="print JSON only, for scripts")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    parser.add_argument("--data-dir", type=Path, help="new or empty folder, left behind at the end")
    parser.add_argument("--kill", action="append", default=[], help=argparse.SUPPRESS, metavar="PART@STEP:COUNT")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    environment = scrubbed(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT, too: a shell's background jobs ignore it
        signal.signal(which, _interrupt)
    try:
        with room_of(options.data_dir) as room:
            demo = Demo(room, environment, Stages(notes), options.patience)
            demo.saboteur = Saboteur([Kill.parse(text) for text in options.kill])
            return _run(demo, json_mode=options.json, keep=options.keep)
    except OrbweaverError as error:
        report_error(error)
        return ExitCode.ERROR
    except KeyboardInterrupt:
        notes.print("Stopped. Nothing of the demo is left running.")
        return INTERRUPTED


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def room_of(data_dir: Path | None) -> Iterator[Path]:
    """The folder of a run: a temporary one that is gone afterwards, or the one asked for, which must be empty."""
    if data_dir is not None:
        room = data_dir.absolute()
        room.mkdir(parents=True, exist_ok=True)
        if any(room.iterdir()):
            raise InvalidInput("The folder is not empty. Nothing was changed. Name a new one: a demo starts afresh.")
        yield room
        return
    room = Path(tempfile.mkdtemp(prefix="orbweaver-demo-"))
    room.chmod(0o711)  # PostgreSQL's own account passes through when root runs this
    try:
        yield room
    finally:
        _remove(room)


def _remove(room: Path) -> None:
    """What was stopped while it began may still write a file when the folder is being emptied: it is emptied again."""
    shutil.rmtree(room, ignore_errors=True)
    deadline = time.monotonic() + WRITES_ON_S
    while room.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
        shutil.rmtree(room, ignore_errors=True)


def _run(demo: Demo, *, json_mode: bool, keep: bool) -> int:
    if keep:
        demo.when_ready = lambda: _invite(demo)
    try:
        with demo.stages.shown():
            outcome = demo.play()
        _tell(outcome, json_mode=json_mode)
        for problem in demo.stages.unfinished():
            notes.print(f"[bold red]not reached[/] {problem}")
        if keep:
            _keep(demo)
        return ExitCode.OK if outcome.ok else ExitCode.ERROR
    finally:
        _close(demo)


def _tell(outcome: Outcome, *, json_mode: bool) -> None:
    if json_mode:
        emit(summary.as_json(outcome))
        summary.show_failed(outcome, notes)
    else:
        summary.show(outcome, console)


def _invite(demo: Demo) -> None:
    """Everybody can sign in before anything is played: nobody waits for the end to look around."""
    roles = {email: ROLES[email] for email in demo.let_everybody_in()}
    notes.print(invitation(demo.address, roles, demo.sign_ins_page), highlight=False, soft_wrap=True)
    demo.stages.say("What follows is played while you look around; what you do counts in it.")


def _keep(demo: Demo) -> None:
    """What was played is told by now: whoever stops it from here on learns by the exit code how that came out."""
    with contextlib.suppress(KeyboardInterrupt):
        demo.leave_film()
        demo.stages.say(f"All was played. It stays at {demo.address} until Ctrl-C.")
        demo.stay(lambda: False)


def _close(demo: Demo) -> None:
    """End everything; a second Ctrl-C does not leave half of it behind."""
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(which, signal.SIG_IGN)
    demo.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
