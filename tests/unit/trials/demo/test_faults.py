"""Kills are written as PART@STEP:COUNT+SECONDS and strike once, when their time has come."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from orbweaver.errors import InvalidInput
from orbweaver_trials.demo.faults import Kill, Saboteur, process_of
from orbweaver_trials.demo.stages import Stages


class Running:
    """An ``orbweaver up`` of which only what it says is known."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.said: list[dict[str, Any]] = [{"event": "state", "part": "worker", "state": "running", "pid": pid}]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


@pytest.fixture
def stages() -> Stages:
    return Stages(Console(file=io.StringIO()))


def test_a_kill_is_read_from_its_words() -> None:
    assert Kill.parse("worker@notice:2+0.5") == Kill("worker", "notice", 2, 0.5)
    assert Kill.parse("up@removal:1") == Kill("up", "removal", 1)


@pytest.mark.parametrize("text", ["worker", "everybody@notice:1", "worker@lunch:1", "worker@notice:x"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="PART@STEP:COUNT"):
        Kill.parse(text)


def test_it_waits_for_its_step_and_strikes_once(sleeper: subprocess.Popen[bytes], stages: Stages) -> None:
    saboteur = Saboteur([Kill("worker", "notice", 2)])
    running = Running(sleeper.pid)
    stages.update("notice", 1, 9)
    saboteur.strike(running, stages)  # type: ignore[arg-type]
    assert sleeper.poll() is None
    stages.update("notice", 2, 9)
    saboteur.strike(running, stages)  # type: ignore[arg-type]
    assert sleeper.wait(5) == -9
    assert (saboteur.kills, len(saboteur.done)) == ([], 1)


def test_a_part_that_is_not_running_is_waited_for(stages: Stages) -> None:
    running = Running(1)
    running.said.append({"event": "state", "part": "worker", "state": "restarting"})
    assert process_of("worker", running) is None  # type: ignore[arg-type]
    assert process_of("crawl-worker", running) is None  # type: ignore[arg-type]
