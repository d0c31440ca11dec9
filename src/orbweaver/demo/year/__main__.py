"""``python -m orbweaver.demo.year``: play the year, compare, print; exit code 1 when anything does not agree."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress

from orbweaver.cli.output import ExitCode, console, emit, notes, report_error
from orbweaver.cli.session import open_session
from orbweaver.config import get_config
from orbweaver.demo.surroundings import free_port, scrubbed
from orbweaver.demo.year.campaign import EPOCH, QUIET, Scale, Year, settings_for, web_server
from orbweaver.demo.year.characters import forty
from orbweaver.demo.year.world import World
from orbweaver.errors import OrbweaverError


def main(arguments: Sequence[str]) -> int:
    """Parse, play in a throw-away folder, show."""
    parser = argparse.ArgumentParser(prog="orbweaver demo --year", description="A year of forty providers.")
    parser.add_argument("--json", action="store_true", help="print JSON only, for scripts")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--providers", type=float, default=1.0, help="share of the forty providers")
    parser.add_argument("--batches", type=int, default=3)
    parser.add_argument("--batch", type=int, default=5)
    options = parser.parse_args(arguments)
    environment = scrubbed(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    room = Path(tempfile.mkdtemp(prefix="orbweaver-year-"))
    room.chmod(0o711)  # PostgreSQL's own account passes through when root runs this
    try:
        scale = Scale(options.days, options.providers, options.batches, options.batch)
        return _play(room, scale, json_mode=options.json)
    except OrbweaverError as error:
        report_error(error)
        return ExitCode.ERROR
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _play(room: Path, scale: Scale, *, json_mode: bool) -> int:
    hosts = forty(scale.seed, scale.providers)
    with World(hosts, scale.seed, EPOCH + dt.timedelta(days=scale.days) - QUIET) as world:
        port = free_port()
        os.environ.update(settings_for(room, world, port))
        get_config.cache_clear()
        with open_session(), web_server(port), Progress(console=notes) as progress:
            task = progress.add_task("days", total=None)
            year = Year(world, hosts, scale, lambda done, steps: progress.update(task, completed=done, total=steps))
            from orbweaver.demo.year.outcome import compare, show  # models are there only now

            outcome = compare(world.ledger, hosts, year.run())
    if json_mode:
        emit(outcome.as_json())
    else:
        show(outcome, console)
    return ExitCode.OK if outcome.ok else ExitCode.ERROR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
