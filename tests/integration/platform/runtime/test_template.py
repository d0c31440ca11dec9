"""Parts that are forked from a template, under the supervisor: as others are, and gone with it when it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from orbweaver.platform.runtime import supervisor as supervising
from orbweaver.platform.runtime.supervisor import Component, State, Supervisor

LOADED = """
import json, os, socket, sys, time
from orbweaver.platform.runtime.template import serve
arguments = serve(socket.socket(fileno=int(sys.argv[1])), list)
told = {"arguments": arguments, "said": os.environ.get("SAID"), "parent": os.getppid(), "session": os.getsid(0)}
print(json.dumps(told), flush=True)
time.sleep(600)
"""
TEMPLATE = Component("template", (sys.executable, "-P", "-c", LOADED))
ALONE = (sys.executable, "-c", "print('by itself', flush=True); import time; time.sleep(600)")
PART = Component("part", ALONE, {"SAID": "hello"}, ("part", "--port", "7"))


def wait_for(condition: Callable[[], object], patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "RUNNING_AFTER_S", 0.1)
    monkeypatch.setattr(supervising, "STEADY_POLL_S", 0.05)
    monkeypatch.setattr(supervising, "BACKOFF_S", (0.05,))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor([PART], tmp_path, template=TEMPLATE) as supervisor:
        wait_for(lambda: supervisor.statuses()[0].state == State.RUNNING)
        yield supervisor


def pid_of(supervisor: Supervisor) -> int:
    pid = supervisor.statuses()[0].pid
    assert pid is not None
    return pid


def told(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "logs" / "part.log").read_text().splitlines() if line[0] == "{"]


def template_of(supervisor: Supervisor) -> psutil.Process:
    live = (each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE)
    (found,) = (each for each in live if LOADED in each.cmdline() and each.pid != pid_of(supervisor))
    return found


def test_a_part_is_a_session_of_its_own_and_the_supervisors_child(running: Supervisor, tmp_path: Path) -> None:
    pid = pid_of(running)
    wait_for(lambda: told(tmp_path))
    wanted = {"arguments": ["part", "--port", "7"], "said": "hello", "parent": os.getpid(), "session": pid}
    assert told(tmp_path) == [wanted]
    shown = [word for word in psutil.Process(pid).cmdline() if word]
    assert shown[2:] == ["-c", "orbweaver", "part", "--port", "7"]


def test_a_part_that_is_killed_is_forked_anew(running: Supervisor, tmp_path: Path) -> None:
    wait_for(lambda: told(tmp_path))
    first = pid_of(running)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: running.statuses()[0].restarts == 1 and len(told(tmp_path)) == 2)
    assert running.statuses()[0].exit_code == -signal.SIGKILL
    assert not psutil.pid_exists(first)


def test_the_templates_end_is_no_parts_end_and_what_dies_then_starts_by_itself(
    running: Supervisor, tmp_path: Path
) -> None:
    wait_for(lambda: told(tmp_path))
    first, template = pid_of(running), template_of(running)
    template.kill()
    wait_for(lambda: not template.is_running() or template.status() == psutil.STATUS_ZOMBIE)
    assert (pid_of(running), psutil.Process(first).status()) == (first, psutil.STATUS_SLEEPING)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: "by itself" in (tmp_path / "logs" / "part.log").read_text())
    assert len(told(tmp_path)) == 1


def test_a_template_that_cannot_come_up_is_not_waited_for(tmp_path: Path) -> None:
    broken = Component("template", (sys.executable, "-c", "raise SystemExit(7)"))
    with Supervisor([PART], tmp_path, template=broken) as supervisor:
        wait_for(lambda: supervisor.statuses()[0].state == State.RUNNING)
        wait_for(lambda: "by itself" in (tmp_path / "logs" / "part.log").read_text())


def test_at_rest_there_is_no_template_and_a_part_that_is_killed_then_has_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "TEMPLATE_RESTS_AFTER_S", 0.3)
    monkeypatch.setattr(supervising, "TEMPLATE_AGAIN_S", 0.0)
    monkeypatch.setattr(supervising, "RUNNING_AFTER_S", 0.5)
    with Supervisor([PART], tmp_path, template=TEMPLATE) as supervisor:
        wait_for(lambda: supervisor.statuses()[0].pid and told(tmp_path))
        first, template = pid_of(supervisor), template_of(supervisor)
        wait_for(lambda: not template.is_running() or template.status() == psutil.STATUS_ZOMBIE)
        assert (pid_of(supervisor), psutil.Process(first).status()) == (first, psutil.STATUS_SLEEPING)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: len(told(tmp_path)) == 2)
        assert "by itself" not in (tmp_path / "logs" / "part.log").read_text()


DIES = """
import os, signal
wait = os.waitpid
def wait_and_die(*arguments):
    wait(*arguments)  # for the process in between: the part is the supervisor's child from here on
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid = wait_and_die
"""


def test_a_template_that_dies_before_it_says_whom_it_forked_leaves_no_part_beside_the_one_that_is_started(
    tmp_path: Path,
) -> None:
    dying = Component("template", (sys.executable, "-P", "-c", DIES + LOADED))
    with Supervisor([PART], tmp_path, template=dying) as supervisor:
        wait_for(lambda: supervisor.statuses()[0].state == State.RUNNING)
        wait_for(lambda: "by itself" in (tmp_path / "logs" / "part.log").read_text())
        wait_for(lambda: not forks_of(DIES + LOADED), 10)
        assert told(tmp_path) == []


def forks_of(text: str) -> list[psutil.Process]:
    alive = [each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE]
    return [each for each in alive if {text, "orbweaver"} & set(each.cmdline())]


KILLED = """
import sys, time
from pathlib import Path
from orbweaver.platform.runtime.supervisor import Component, Supervisor
template = Component("template", {template!r})
Supervisor([Component("part", {alone!r}, {{}}, ("part",))], Path(sys.argv[1]), template=template).start()
time.sleep(600)
"""


def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    script = KILLED.format(template=TEMPLATE.argv, alone=ALONE)
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    try:
        wait_for(lambda: (tmp_path / "logs" / "part.log").exists() and told(tmp_path))
        family = psutil.Process(parent.pid).children(recursive=True)
        assert len(family) == 3  # the part, the template, the warden
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: not any(each.is_running() for each in family), 20)
