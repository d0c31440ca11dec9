"""Campaign: forty providers over a whole year, every mail really sent. The figures agree with the world's own ledger to
the last notice, and the spectrum recovers the characters.

Figures go to build/soak/<test's name>.json.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from orbweaver_trials.demo.year.characters import MANNERS

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A temporary folder that PostgreSQL's own account may pass through, as /tmp is."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


def processes_in(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            seen = [*process.cmdline(), process.environ().get("TMPDIR", "")]
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if any(str(folder) in each for each in seen):
            found.append(" ".join(process.cmdline()))
    return found


def test_a_year_of_forty_providers_agrees_with_its_ledger(soak_figures: Callable[..., None], room: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "orbweaver_trials.demo.year", "--json"],
        capture_output=True,
        text=True,
        env=os.environ | {"TMPDIR": str(room)},
        check=False,
    )
    assert answer.stdout, answer.stderr[-2000:]
    year = json.loads(answer.stdout)
    differing = [each for each in year["comparisons"] if not each["agrees"]]
    misjudged = [each for each in year["providers"] if not each["agrees"]]
    soak_figures(
        scale=year["scale"],
        seconds=year["seconds"],
        mails=year["mails"],
        figures=year["figures"],
        differing=differing,
        misjudged=misjudged,
        confusion=year["confusion"],
    )
    assert year["scale"]["days"] == 365
    played = Counter(each["character"] for each in year["providers"])
    assert {each: played[each.value] for each in MANNERS} == {each: manner.count for each, manner in MANNERS.items()}
    assert differing == []
    assert misjudged == []
    assert answer.returncode == 0
    assert list(room.iterdir()) == []


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after_s", [1, 8, 20])
def test_who_breaks_a_year_off_finds_nothing_left_behind(room: Path, first: signal.Signals, after_s: int) -> None:
    command = [sys.executable, "-m", "orbweaver", "demo", "--year", "--providers", "0.01", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | {"TMPDIR": str(room)}
    ) as year:
        while not list(room.glob("*/database/postgres/postmaster.pid")):
            time.sleep(0.1)
        time.sleep(after_s)
        year.send_signal(first)
        year.send_signal(signal.SIGINT)
        try:
            said, _ = year.communicate(timeout=60)
        finally:
            year.kill()
    assert (year.returncode, said) == (130, "")
    assert processes_in(room) == []
    assert list(room.iterdir()) == []
