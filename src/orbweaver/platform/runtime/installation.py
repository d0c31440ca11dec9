"""One machine's installation, running: database, web, API, crawler and workers, under one supervisor.

What must happen between the database and the children (migrations, the administrator's first link) is handed in,
because this folder knows nothing of the domain.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from orbweaver.errors import AlreadyRunning, ConfigurationError, Message, Unavailable
from orbweaver.platform.clock import real_now
from orbweaver.platform.runtime.database import database, ensure_running, is_held
from orbweaver.platform.runtime.half_restored import refuse_half_restored
from orbweaver.platform.runtime.locks import FileLock
from orbweaver.platform.runtime.messages import (
    NOT_AN_ADDRESS_HERE,
    PORT_UNUSABLE,
    PREDECESSOR_LIVES,
    RUNS_ALREADY,
    STARTING,
)
from orbweaver.platform.runtime.postgres import make_data_dir, write_private
from orbweaver.platform.runtime.settings import StatusSettings
from orbweaver.platform.runtime.supervisor import Component, State, Status, Supervisor
from orbweaver.platform.settings import PlatformSettings

PARTS = ("web", "api", "crawl-worker", "worker", "copies-worker")
"""What ``orbweaver up`` runs beside the database; each is a command of its own, too."""
WITHOUT_PAGES = ("crawl-worker", "worker", "copies-worker")
"""Those that say how they are at a port that serves nothing else."""
COMMAND = (sys.executable, "-P", "-m", "orbweaver")
"""What the parts' names are appended to."""
TEMPLATE = (sys.executable, "-P", "-m", "orbweaver.doors.template")
"""What has loaded the program and forks the parts."""
GRACE_S = {"crawl-worker": 45.0}
"""How long parts may take to end that need longer than others: the last captures of a crawler take twenty seconds."""
LEFTOVERS_PATIENCE_S = 20.0
DATABASE_WATCH_S = 2.0
DATABASE_AGAIN_S = 8.0
"""Seconds more until a database that did not start is started again."""

EventSink = Callable[[dict[str, Any]], None]
"""Receives what happens, as JSON values with the key ``event``."""


class Installation:
    """Context manager: everything runs within it, nothing of it after it.

    ``prepare`` is called once the database answers and returns the path of the administrator's link, or None.
    ``on_event`` is called from this thread and from the supervisor's.

    Raises on entering:
        AlreadyRunning: another one uses the data folder; the message says where it is.
        Unavailable: the port is taken, or a predecessor's processes do not end.
    """

    def __init__(
        self,
        config: PlatformSettings,
        *,
        host: str = "127.0.0.1",
        port: int = 8431,
        api_port: int = 0,
        parts: Sequence[str] = PARTS,
        fast: bool = False,
        prepare: Callable[[], str | None] = lambda: None,
        on_event: EventSink = lambda event: None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.config, self.host, self.port, self.api_port = config, host, port, api_port
        self.parts, self.fast = parts, fast
        self.data_dir = config.data_dir.absolute()
        self._prepare, self._emit, self._command = prepare, on_event, tuple(command)
        self._stack = ExitStack()
        self._database = Status("database", State.STOPPED, real_now())
        self._database_checked = time.monotonic()
        self.supervisor: Supervisor | None = None
        self.status_ports: dict[str, int] = {}

    @property
    def address(self) -> str:
        """Where a browser on this machine reaches the web part, without a closing slash."""
        return f"http://{_bracketed(_dialled(self.host))}:{self.port}"

    @property
    def api_address(self) -> str | None:
        """Where programs on this machine reach the API's own port; None where that part is not run."""
        return f"http://{_bracketed(_dialled(self.host))}:{self.api_port}" if "api" in self.parts else None

    def statuses(self) -> list[Status]:
        """The state of each part now, the database first."""
        return [self._database, *(self.supervisor.statuses() if self.supervisor else [])]

    def __enter__(self) -> Installation:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        make_data_dir(self.data_dir)
        refuse_half_restored(self.data_dir)
        self._take_lock()
        self._wait_for_leftovers()
        self.port = free_port(self.host, self.port)
        if "api" in self.parts:
            self.api_port = free_port(self.host, self.api_port)
        self.status_ports = self._free_status_ports()
        described = self.data_dir / "up.json"
        started_at = real_now().isoformat(timespec="seconds")
        addresses: dict[str, Any] = {"address": self.address, "api_address": self.api_address}
        addresses["status_ports"] = self.status_ports
        write_private(described, json.dumps({"pid": os.getpid(), **addresses, "started_at": started_at}))
        self._stack.callback(described.unlink, missing_ok=True)
        self._set_database(State.STARTING)
        self._stack.callback(self._set_database, State.STOPPED)
        self._stack.enter_context(database(self.config, fast=self.fast))
        self._set_database(State.RUNNING)
        link = self._prepare()
        self.supervisor = Supervisor(
            self._components(), self.data_dir, on_change=self._child_changed, template=self._template()
        )
        self._stack.enter_context(self.supervisor)
        if link is not None:
            base = self.config.base_url.rstrip("/") if self._has_base_url() else self.address
            self._emit({"event": "setup_link", "url": f"{base}{link}"})

    def _take_lock(self) -> None:
        lock = lock_of(self.data_dir)
        if not lock.acquire():
            raise AlreadyRunning(describe_running(self.data_dir))
        self._stack.callback(lock.release)

    def _wait_for_leftovers(self) -> None:
        """The warden of a killed predecessor holds its lock until nothing of it runs."""
        lock, deadline = FileLock(self.data_dir / "warden.lock"), time.monotonic() + LEFTOVERS_PATIENCE_S
        if lock.is_held():
            self._emit({"event": "waiting", "for": "what a killed predecessor left running"})
        while lock.is_held():
            if time.monotonic() > deadline:
                raise Unavailable(PREDECESSOR_LIVES)
            time.sleep(0.05)

    def _free_status_ports(self) -> dict[str, int]:
        """A port for each part without pages: those after the last one in use where they are free, so that they can be
        written down where figures are collected."""
        host, wanted = StatusSettings.current().status_host, max(self.port, self.api_port)
        ports: dict[str, int] = {}
        for number, part in enumerate((part for part in WITHOUT_PAGES if part in self.parts), 1):
            try:
                ports[part] = free_port(host, wanted + number)
            except Unavailable:
                ports[part] = free_port(host, 0)
        return ports

    def _has_base_url(self) -> bool:
        return "base_url" in self.config.model_fields_set

    def _components(self) -> list[Component]:
        address = ("--host", self.host, "--port")
        known = {
            name: self._component(name, *address, str(port), ready=partial(answers, _dialled(self.host), port))
            for name, port in (("web", self.port), ("api", self.api_port))
        }
        known |= {name: self._component(name, "--status-port", str(port)) for name, port in self.status_ports.items()}
        return [known[part] for part in self.parts]

    def _component(self, *arguments: str, ready: Callable[[], bool] | None = None) -> Component:
        grace_s = GRACE_S.get(arguments[0], Component.grace_s)
        return Component(
            arguments[0], (*self._command, *arguments), self._env(), arguments, ready=ready, grace_s=grace_s
        )

    def _template(self) -> Component | None:
        """What parts are forked from: of the program itself, where more than one is run."""
        if self._command != COMMAND or len(self.parts) < 2:
            return None
        return Component("template", TEMPLATE, self._env())

    def _env(self) -> dict[str, str]:
        return {} if self._has_base_url() else {"ORBWEAVER_BASE_URL": self.address}

    def _child_changed(self, status: Status) -> None:
        self._emit_state(status)

    def _set_database(self, state: State) -> None:
        restarts = self._database.restarts + int(state == State.RESTARTING)
        self._database = replace(self._database, state=state, since=real_now(), restarts=restarts)
        self._emit_state(self._database)

    def _emit_state(self, status: Status) -> None:
        event: dict[str, Any] = {"event": "state", "part": status.name, "state": str(status.state)}
        if status.pid is not None:
            event["pid"] = status.pid
        if status.state in (State.RESTARTING, State.FAILED) and status.exit_code is not None:
            event["exit_code"] = status.exit_code
        self._emit(event)

    def is_ready(self) -> bool:
        """Whether every part runs."""
        return all(status.state == State.RUNNING for status in self.statuses())

    def tick(self) -> None:
        """Look after the embedded database; call it a few times a second while nothing else is to be done."""
        if self.config.database_url or time.monotonic() - self._database_checked < DATABASE_WATCH_S:
            return
        self._database_checked = time.monotonic()
        if not is_held(self.data_dir):
            self._set_database(State.RESTARTING)
            try:
                ensure_running(self.config, fast=self.fast)
            except Unavailable:  # a full disk, say: whoever makes room need not start us again as well
                self._set_database(State.FAILED)
                self._database_checked = time.monotonic() + DATABASE_AGAIN_S
            else:
                self._set_database(State.RUNNING)


def lock_of(data_dir: Path) -> FileLock:
    """What a running installation holds for as long as it runs."""
    return FileLock(data_dir / "up.lock")


def describe_running(data_dir: Path) -> Message:
    """A message on the installation that holds the data folder: where it is and since when."""
    try:
        found = json.loads((data_dir / "up.json").read_text())
        return RUNS_ALREADY.of(address=found["address"], process=found["pid"], since=found["started_at"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return STARTING


def free_port(host: str, port: int) -> int:
    """The port, or with 0 any free one. Raises Unavailable when it is taken, ConfigurationError for a wrong host."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise ConfigurationError(NOT_AN_ADDRESS_HERE.of(host=host)) from None
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise Unavailable(PORT_UNUSABLE.of(port=port, host=host, reason=os.strerror(error.errno or 0))) from None
        return int(probe.getsockname()[1])


def answers(host: str, port: int) -> bool:
    """Whether a web server answers there within a second with anything but an error of its own."""
    connection = http.client.HTTPConnection(host, port, timeout=1.0)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _dialled(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - to be reached, not bound


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
