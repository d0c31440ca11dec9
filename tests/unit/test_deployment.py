"""Units and container files: systemd's own tool reads them, and what they run is a command of the program."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from orbweaver.doors.cli import build
from orbweaver.doors.cli.output import ExitCode
from orbweaver.doors.workers.crawl import END_WITHIN_S
from orbweaver.platform.runtime.installation import GRACE_S, PARTS
from orbweaver.platform.runtime.supervisor import Component

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAM = "/opt/orbweaver/.venv/bin/orbweaver"


def commands() -> list[list[str]]:
    """What is run, without the program's own name, by the file that says so."""
    started = [re.findall(rf"^ExecStart={PROGRAM} (.*)$", unit.read_text("utf-8"), re.MULTILINE) for unit in UNITS]
    image = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "container" / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    composed = re.findall(
        r"^    command: \[(.*)\]$", (DEPLOY / "container" / "compose.yaml").read_text("utf-8"), re.MULTILINE
    )
    found = [*(shlex.split(line) for lines in started for line in lines), *map(json.loads, image)]
    return [*found, *(line.split(", ") for line in composed)]


def test_each_of_them_runs_a_command_that_there_is_with_options_that_it_has() -> None:
    application = typer.main.get_command(build())
    assert isinstance(application, typer.core.TyperGroup)
    assert len(commands()) == len(UNITS) + 2
    for words in commands():
        command = application.commands[words[0]]
        command.make_context(words[0], words[1:])


def test_a_part_is_not_killed_before_it_had_the_time_that_it_may_take_to_end() -> None:
    graces = {name: GRACE_S.get(name, Component.grace_s) for name in PARTS}
    assert graces["crawl-worker"] > END_WITHIN_S
    for unit in UNITS:
        [timeout] = re.findall(r"^TimeoutStopSec=(\d+)$", unit.read_text("utf-8"), re.MULTILINE)
        assert int(timeout) > max(graces.values())


def test_a_machine_that_was_revoked_is_not_started_again_and_again() -> None:
    unit = (DEPLOY / "systemd" / "orbweaver-crawl.service").read_text("utf-8")
    [codes] = re.findall(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)
    assert set(map(int, codes.split())) == {ExitCode.USAGE, ExitCode.SHUT_OUT}


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not here")
    for unit in UNITS:
        # the program lies elsewhere here, and systemd looks whether it can be run
        (tmp_path / unit.name).write_text(unit.read_text("utf-8").replace(PROGRAM, sys.executable), "utf-8")
    units = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run([tool, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
