"""Children of one process: started, watched, started again when they die, stopped in order, gone when it is killed.

Each child is a session of its own, so that everything it starts can be found and ended with it, and a Ctrl-C at the
terminal reaches the supervisor alone. A thread watches; it lives as long as the children, which the kernel ends when
it does. The warden (``warden.py``) sees to the rest after ``kill -9``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from orbweaver.platform.clock import real_now
from orbweaver.platform.runtime.launch import launch_argv
from orbweaver.platform.runtime.logfiles import log_path, open_log, rotate
from orbweaver.platform.runtime.template import Forked, Template, TemplateGone
from orbweaver.platform.runtime.warden import kill_members

BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before a child is started again, by how often in a row it has died; the last one from then on."""
FAILED_AFTER = 5
"""Deaths in a row after which a child counts as failed; it is tried again all the same: the cause may pass."""
STEADY_AFTER_S = 60.0
"""A child that has lived this long starts counting anew."""
POLL_S = 0.05
STEADY_POLL_S = 1.0
"""Seconds between looks at the children: while one of them starts or stops, and while all of them run."""
RUNNING_AFTER_S = 1.0
ROTATE_EVERY_S = 30.0
TEMPLATE_AGAIN_S = 60.0
"""Seconds from one start of the template to the next, where it ended: until then parts are started without it."""
TEMPLATE_RESTS_AFTER_S = 120.0
"""Seconds for which all parts have to run before the template ends: at rest it would hold some 18 MB for a fork that
seldom comes. A part that has to be started again has another template started first."""
TEMPLATE_LOADS_WITHIN_S = 600.0
"""Seconds for which parts wait for it: it takes three, and minutes on a machine that is busy. One that has ended is not
waited for."""


class State(StrEnum):
    """What a child is doing."""

    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Component:
    """One child: its command line, what is added to the environment, and how to tell that it is ready.

    Without ``ready`` a child counts as running once it has lived for a second. ``grace_s`` is how long it may take to
    stop before it is killed. With ``arguments`` it is forked from the template where there is one, and given them.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    ready: Callable[[], bool] | None = None
    grace_s: float = 15.0


@dataclass(frozen=True)
class Status:
    """What is known of one child at one moment. ``exit_code`` is the last one, negative for a signal."""

    name: str
    state: State
    since: dt.datetime
    pid: int | None = None
    restarts: int = 0
    exit_code: int | None = None


class _Child:
    def __init__(self, component: Component, data_dir: Path) -> None:
        self.component = component
        self.log = log_path(data_dir, component.name)
        self.status = Status(component.name, State.STOPPED, real_now())
        self.process: subprocess.Popen[bytes] | Forked | None = None
        self.deaths = 0
        self.started = 0.0
        self.start_at = 0.0

    def start(self, template: Template | None) -> None:
        """Start it as a session of its own that ends with this process, forked where it can be."""
        env = {**os.environ, **self.component.env}
        with open_log(self.log) as log:
            self.process = self._forked(template, env, log) or subprocess.Popen(
                launch_argv(self.component.argv, death_signal=signal.SIGTERM),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=env,
                start_new_session=True,
            )
        self.started = time.monotonic()

    def _forked(self, template: Template | None, env: Mapping[str, str], log: int) -> Forked | None:
        if template is not None and template.is_ready and self.component.arguments:
            with contextlib.suppress(TemplateGone):
                return template.fork(self.component.arguments, env, log)
        return None

    def is_ready(self) -> bool:
        """Whether it does its work, as far as can be told from outside."""
        if self.component.ready is None:
            return time.monotonic() - self.started >= RUNNING_AFTER_S
        return self.component.ready()

    def has_ended(self) -> bool:
        """Whether it has ended; its process id stays taken until ``reap``."""
        if self.process is None:
            return True
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def reap(self) -> int | None:
        """End what it left behind, then let go of its process id. Returns its exit code."""
        if self.process is None:
            return None
        kill_members({self.process.pid})
        code = self.process.wait()
        self.process = None
        return code

    def signal_group(self, which: signal.Signals) -> None:
        """Send a signal to the child alone (SIGTERM: it stops its own children) or, to kill, to its whole session."""
        if self.process is None:
            return
        if which == signal.SIGKILL:
            kill_members({self.process.pid})
        else:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(which)

    def after_death(self, code: int | None) -> None:
        """Decide when it is started again and what state that is."""
        steady = time.monotonic() - self.started > STEADY_AFTER_S
        self.deaths = 1 if steady else self.deaths + 1
        self.start_at = time.monotonic() + BACKOFF_S[min(self.deaths, len(BACKOFF_S)) - 1]
        state = State.FAILED if self.deaths >= FAILED_AFTER else State.RESTARTING
        self.status = replace(self.status, state=state, since=real_now(), pid=None, exit_code=code)


class Supervisor:
    """Runs components until ``stop``. ``on_change`` is called, from the watching thread, at each change of state.

    ``template`` says how the process is started that components with ``arguments`` are forked from. It ends once all
    have run for ``TEMPLATE_RESTS_AFTER_S``.
    """

    def __init__(
        self,
        components: Sequence[Component],
        data_dir: Path,
        on_change: Callable[[Status], None] | None = None,
        template: Component | None = None,
    ) -> None:
        self._children = [_Child(component, data_dir) for component in components]
        self._data_dir = data_dir
        self._on_change = on_change
        self._stopping = threading.Event()
        self._hurried = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._warden: subprocess.Popen[str] | None = None
        self._template_by = template
        self._template: Template | None = None
        self._template_at = -math.inf
        self._unsteady_at = time.monotonic()
        self._rotated = time.monotonic()

    def start(self) -> None:
        """Start everything; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop everything and return when nothing of it is left. Children get SIGTERM, those that stay SIGKILL."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def begin_stop(self) -> None:
        """Ask for the stop without waiting for it."""
        self._stopping.set()

    def hurry(self) -> None:
        """Stop now, without waiting for anybody."""
        self._hurried.set()
        self._stopping.set()

    def is_alive(self) -> bool:
        """Whether children are still being watched."""
        return self._thread.is_alive()

    def statuses(self) -> list[Status]:
        """The state of each child now."""
        return [child.status for child in self._children]

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._watch_over()
            self._have_template()
            for child in self._children:
                child.status = replace(child.status, state=State.STARTING)
            while not self._stopping.wait(self._pause_s()):
                self._watch_over()
                self._have_or_end_template()
                for child in self._children:
                    self._step(child)
                self._rotate_logs()
        finally:
            self._stop_children()
            if self._template is not None:
                self._template.close()
            self._dismiss_warden()

    def _pause_s(self) -> float:
        return STEADY_POLL_S if self._is_steady() else POLL_S

    def _is_steady(self) -> bool:
        return all(child.status.state == State.RUNNING for child in self._children)

    def _step(self, child: _Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_at and not (child.component.arguments and self._is_loading()):
                self._start(child)
        elif child.has_ended():
            self._tell_warden("-", child.process.pid)
            child.after_death(child.reap())
            self._report(child)
        elif child.status.state == State.STARTING and child.is_ready():
            self._set(child, State.RUNNING)

    def _start(self, child: _Child) -> None:
        again = child.deaths > 0
        child.start(self._template)
        assert child.process is not None
        self._tell_warden("+", child.process.pid)
        child.status = replace(child.status, pid=child.process.pid, restarts=child.status.restarts + int(again))
        self._set(child, State.STARTING)

    def _set(self, child: _Child, state: State) -> None:
        child.status = replace(child.status, state=state, since=real_now())
        self._report(child)

    def _report(self, child: _Child) -> None:
        if self._on_change is not None:
            self._on_change(child.status)

    def _stop_children(self) -> None:
        for child in self._children:
            child.signal_group(signal.SIGTERM)
            if child.process is not None:
                self._set(child, State.STOPPING)
        asked = time.monotonic()
        while running := [child for child in self._children if child.process is not None]:
            for child in running:
                if self._hurried.is_set() or time.monotonic() - asked > child.component.grace_s:
                    child.signal_group(signal.SIGKILL)
                if child.has_ended():
                    assert child.process is not None
                    self._tell_warden("-", child.process.pid)
                    child.status = replace(child.status, exit_code=child.reap(), pid=None)
                    self._set(child, State.STOPPED)
            time.sleep(POLL_S)

    def _watch_over(self) -> None:
        """Have a warden: start one, or another when it was killed, and tell it whom to watch."""
        if self._warden is not None and self._warden.poll() is None:
            return
        warden = Path(__file__).with_name("warden.py")
        self._warden = subprocess.Popen(
            [sys.executable, "-I", "-S", str(warden), str(self._data_dir / "warden.lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._warden.stdout is not None
        with self._warden.stdout as answers:
            answers.readline()
        for watched in (self._template, *(child.process for child in self._children)):
            if watched is not None:
                self._tell_warden("+", watched.pid)

    def _have_or_end_template(self) -> None:
        """Have a template as long as a part may have to be forked, and none at rest."""
        if not self._is_steady():
            self._unsteady_at = time.monotonic()
            self._have_template()
        elif self._template is not None and time.monotonic() - self._unsteady_at >= TEMPLATE_RESTS_AFTER_S:
            self._tell_warden("-", self._template.pid)
            self._template.close()
            self._template = None

    def _have_template(self) -> None:
        """Start the template, or another a while after it ended."""
        if self._template_by is None or (self._template is not None and self._template.is_alive()):
            return
        if time.monotonic() - self._template_at < TEMPLATE_AGAIN_S:
            return
        self._template_at = time.monotonic()
        if self._template is not None:
            self._tell_warden("-", self._template.pid)
            self._template.close()
        with open_log(log_path(self._data_dir, self._template_by.name)) as log:
            self._template = Template(self._template_by.argv, {**os.environ, **self._template_by.env}, log)
        self._tell_warden("+", self._template.pid)

    def _is_loading(self) -> bool:
        """Whether there may soon be a template to fork from."""
        within = time.monotonic() - self._template_at < TEMPLATE_LOADS_WITHIN_S
        return self._template is not None and self._template.is_loading() and within

    def _tell_warden(self, change: str, session: int) -> None:
        assert self._warden is not None
        assert self._warden.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it was killed: the next round starts another
            self._warden.stdin.write(f"{change}{session}\n")
            self._warden.stdin.flush()

    def _dismiss_warden(self) -> None:
        if self._warden is not None:
            with contextlib.suppress(BrokenPipeError):
                self._warden.communicate(timeout=10)

    def _rotate_logs(self) -> None:
        if time.monotonic() - self._rotated > ROTATE_EVERY_S:
            self._rotated = time.monotonic()
            for child in self._children:
                rotate(child.log)
