"""``python -m orbweaver_trials.wild``: the program behind ``orbweaver demo --wild``."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from orbweaver.doors.cli.output import ExitCode, console, emit, notes, report_error
from orbweaver.errors import OrbweaverError
from orbweaver_trials.demo.__main__ import INTERRUPTED, room_of
from orbweaver_trials.demo.people import invitation
from orbweaver_trials.demo.surroundings import CLOCK_SPEED, scrubbed
from orbweaver_trials.wild import summary
from orbweaver_trials.wild.drafting import plan
from orbweaver_trials.wild.driver import PLAY_S, Wild

SECONDS_A_DAY = 86_400
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    """Play, show, clean up; returns the exit code."""
    parser = argparse.ArgumentParser(prog="orbweaver demo --wild", description="Play a world that keeps no promise.")
    parser.add_argument("--json", action="store_true", help="print JSON only, for scripts")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    parser.add_argument("--data-dir", type=Path, help="new or empty folder, left behind at the end")
    parser.add_argument("--rounds", type=int, default=1, help="how often everything comes anew")
    parser.add_argument("--days", type=int, help="days to play, of all rounds together")
    parser.add_argument("--seconds", type=float, default=PLAY_S, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.days:
        options.seconds = options.days / options.rounds * SECONDS_A_DAY / CLOCK_SPEED
    environment = scrubbed(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    for which in SIGNALS:
        signal.signal(which, _interrupt)
    try:
        with room_of(options.data_dir) as room:
            wild = Wild(room, environment, plan(options.rounds), _say, options.seconds)
            return _run(wild, json_mode=options.json, keep=options.keep)
    except OrbweaverError as error:
        report_error(error)
        return ExitCode.ERROR
    except KeyboardInterrupt:
        notes.print("Stopped. Nothing of the demo is left running.")
        return INTERRUPTED


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(words: str) -> None:
    notes.print(f"[dim]{words}[/]", highlight=False, soft_wrap=True)


def _run(wild: Wild, *, json_mode: bool, keep: bool) -> int:
    try:
        outcome = wild.play()
        if json_mode:
            emit(summary.as_json(outcome))
        else:
            summary.show(outcome, console)
        if keep:
            notes.print(invitation(wild.address, wild.let_everybody_in()), highlight=False, soft_wrap=True)
            with contextlib.suppress(KeyboardInterrupt):
                wild.stay()
        return ExitCode.OK if outcome.ok else ExitCode.ERROR
    finally:
        for which in SIGNALS:
            signal.signal(which, signal.SIG_IGN)
        wild.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
