"""Real children under the supervisor: restarts, orderly stop, and nothing left when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from orbweaver.platform.runtime import supervisor as supervising
from orbweaver.platform.runtime.supervisor import Component, State, Status, Supervisor

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
STUBBORN = (sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")
PARENT_OF_TWO = (
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "hidden = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)'\n"
    "children = [subprocess.Popen([sys.executable, '-c', hidden]) for _ in range(2)]\n"
    "time.sleep(600)",
)


def wait_for(condition: Callable[[], object], patience: float = 10.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def running(supervisor: Supervisor) -> bool:
    return all(status.state == State.RUNNING for status in supervisor.statuses())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "RUNNING_AFTER_S", 0.2)
    monkeypatch.setattr(supervising, "BACKOFF_S", (0.1,))


@pytest.fixture
def changes() -> list[Status]:
    return []


@pytest.fixture
def one_sleeper(tmp_path: Path, changes: list[Status]) -> Iterator[Supervisor]:
    with Supervisor([Component("sleeper", SLEEPER)], tmp_path, changes.append) as supervisor:
        wait_for(lambda: running(supervisor))
        yield supervisor


def test_a_child_that_is_killed_is_started_again(one_sleeper: Supervisor, changes: list[Status]) -> None:
    first = one_sleeper.statuses()[0].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: one_sleeper.statuses()[0].restarts == 1 and running(one_sleeper))
    second = one_sleeper.statuses()[0]
    assert second.pid != first
    assert second.exit_code == -signal.SIGKILL
    assert [change.state for change in changes] == ["starting", "running", "restarting", "starting", "running"]


def test_what_a_killed_child_leaves_behind_ends_before_the_next_one_starts(tmp_path: Path) -> None:
    with Supervisor([Component("parent", PARENT_OF_TWO)], tmp_path) as supervisor:
        wait_for(lambda: supervisor.statuses()[0].pid)
        first = supervisor.statuses()[0].pid
        assert first is not None
        wait_for(lambda: len(descendants(first)) == 2)
        orphans = descendants(first)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: supervisor.statuses()[0].restarts == 1)
        assert not any(orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE for orphan in orphans)


def test_a_child_that_keeps_dying_counts_as_failed_and_is_tried_again(tmp_path: Path, changes: list[Status]) -> None:
    broken = Component("broken", (sys.executable, "-c", "raise SystemExit(7)"))
    with Supervisor([broken], tmp_path, changes.append) as supervisor:
        wait_for(lambda: supervisor.statuses()[0].restarts >= supervising.FAILED_AFTER)
    failed = [change for change in changes if change.state == State.FAILED]
    assert failed
    assert failed[0].exit_code == 7


def test_stopping_ends_a_child_that_ignores_it_and_everything_that_child_started(tmp_path: Path) -> None:
    components = [Component("stubborn", STUBBORN, grace_s=0.3), Component("parent", PARENT_OF_TWO, grace_s=0.3)]
    with Supervisor(components, tmp_path) as supervisor:
        wait_for(lambda: running(supervisor))
        pids = [status.pid for status in supervisor.statuses() if status.pid]
        wait_for(lambda: sum(len(descendants(pid)) for pid in pids) == 2)
        mine = [process for pid in pids for process in descendants(pid)]
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert [status.state for status in supervisor.statuses()] == [State.STOPPED, State.STOPPED]
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in mine)


def test_a_second_request_to_stop_does_not_wait(tmp_path: Path) -> None:
    supervisor = Supervisor([Component("stubborn", STUBBORN, grace_s=60)], tmp_path)
    supervisor.start()
    wait_for(lambda: running(supervisor))
    supervisor.begin_stop()
    wait_for(lambda: supervisor.statuses()[0].state == State.STOPPING)
    supervisor.hurry()
    wait_for(lambda: not supervisor.is_alive(), 5)


def test_the_output_of_a_child_is_in_its_log_for_its_owner_alone(tmp_path: Path) -> None:
    talker = Component("talker", (sys.executable, "-uc", "print('hello'); import time; time.sleep(600)"))
    log = tmp_path / "logs" / "talker.log"
    with Supervisor([talker], tmp_path):
        wait_for(lambda: log.exists() and "hello" in log.read_text())
    assert log.stat().st_mode & 0o777 == 0o600


KILLED_PARENT = """
import sys, time
from pathlib import Path
from orbweaver.platform.runtime.supervisor import Component, Supervisor
supervisor = Supervisor([Component("stubborn", {stubborn!r}), Component("parent", {parent!r})], Path(sys.argv[1]))
supervisor.start()
time.sleep(600)
"""


def test_nothing_is_left_twenty_seconds_after_the_supervisor_is_killed(tmp_path: Path) -> None:
    script = KILLED_PARENT.format(stubborn=STUBBORN, parent=PARENT_OF_TWO)
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    try:
        wait_for(lambda: len(descendants(parent.pid)) == 5)  # two children, two grandchildren, the warden
        time.sleep(0.3)
        everything = descendants(parent.pid)
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: not any(process.is_running() for process in everything), 12)


def test_a_warden_that_is_killed_is_replaced_and_still_knows_whom_to_watch(tmp_path: Path) -> None:
    script = KILLED_PARENT.format(stubborn=STUBBORN, parent=PARENT_OF_TWO)
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    try:
        wait_for(lambda: len(descendants(parent.pid)) == 5)
        warden = next(process for process in descendants(parent.pid) if "warden.py" in " ".join(process.cmdline()))
        warden.kill()
        wait_for(lambda: not warden.is_running() and len(descendants(parent.pid)) == 5)
        time.sleep(0.3)
        everything = descendants(parent.pid)
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: not any(process.is_running() for process in everything), 20)
