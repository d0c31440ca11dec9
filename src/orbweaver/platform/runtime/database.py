"""``database()``, which every command enters. Which server it uses, first that applies:

1. ``ORBWEAVER_DATABASE_URL``: that server, nothing is started;
2. ``ORBWEAVER_RESOLVED_DATABASE_URL``, which ``database()`` sets for the process and its children;
3. the embedded server of the data folder: joined when it runs, started when not.

The embedded server belongs to no command. A keeper process (``keeper.py``) holds it while anybody holds a shared lock
on ``clients.lock``; the kernel drops that lock however its holder ends, so after ``kill -9`` of everything the keeper
stops the server within a second, and two commands at the same time cannot pull it away from one another.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orbweaver.errors import AlreadyRunning, ConfigurationError, Unavailable
from orbweaver.platform.runtime.locks import FileLock, holding
from orbweaver.platform.runtime.logfiles import log_path, open_log
from orbweaver.platform.runtime.messages import (
    DATABASE_STOPPING,
    POSTGRES_NOT_READY,
    POSTGRES_STAYS,
)
from orbweaver.platform.runtime.postgres import START_TIMEOUT_S, make_data_dir
from orbweaver.platform.settings import PlatformSettings

RESOLVED_DATABASE_URL = "ORBWEAVER_RESOLVED_DATABASE_URL"
"""Environment variable that ``database()`` sets: the address in use, for Django's settings and for child processes."""
CLIENTS_LOCK = "ORBWEAVER_CLIENTS_LOCK"
"""Beside it: the lock file that a child process holds, too, so that the server outlives its parent's death for it."""


@contextmanager
def database(config: PlatformSettings, *, fast: bool = False) -> Iterator[str]:
    """Yield the URL of a database that takes connections for the whole block, the embedded one where none is named.

    Within the block ``ORBWEAVER_RESOLVED_DATABASE_URL`` is set, for Django and for child processes.

    Raises:
        OrbweaverError: what ``EmbeddedPostgres.start`` or ``check_server`` raises.
    """
    if config.database_url:
        from orbweaver.platform.runtime.external import check_server

        check_server(config.database_url)
        make_data_dir(config.data_dir.absolute())
        with _announced(config.database_url):
            yield config.database_url
        return
    resolved = os.environ.get(RESOLVED_DATABASE_URL)
    if resolved:
        with _inherited_lock():
            yield resolved
        return
    data_dir = config.data_dir.absolute()
    make_data_dir(data_dir)
    clients = FileLock(data_dir / "clients.lock")
    try:
        url = _join(config, clients, fast=fast)
        with _announced(url, clients.path):
            yield url
    finally:
        clients.release()
        _wait_for_end(data_dir)


@contextmanager
def _inherited_lock() -> Iterator[None]:
    path = os.environ.get(CLIENTS_LOCK)
    if not path:
        yield
        return
    with holding(Path(path), shared=True) as lock:
        if lock is None:
            raise Unavailable(DATABASE_STOPPING)
        yield


@contextmanager
def _announced(url: str, lock: Path | None = None) -> Iterator[None]:
    announced = {RESOLVED_DATABASE_URL: url, CLIENTS_LOCK: str(lock or "")}
    before = {name: os.environ.get(name) for name in announced}
    os.environ.update(announced)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def running_server(data_dir: Path) -> str | None:
    """The URL of the embedded server of a data folder, when it runs and takes connections."""
    if not is_held(data_dir):
        return None  # whatever the file says, its writer is gone
    try:
        url = str(json.loads((data_dir / "server.json").read_text())["url"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return None
    from orbweaver.platform.runtime.first_session import takes_connections  # up, which starts the server, asks nothing

    return url if takes_connections(url) else None


def _join(config: PlatformSettings, clients: FileLock, *, fast: bool) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not clients.acquire(shared=True):  # refused only while a keeper that saw no client stops the server
        if time.monotonic() > deadline:
            raise Unavailable(POSTGRES_STAYS)
        time.sleep(0.05)
    return ensure_running(config, fast=fast)


def ensure_running(config: PlatformSettings, *, fast: bool = False) -> str:
    """The URL of the embedded server, started if need be. The caller holds ``clients.lock``, so that it stays.

    Raises:
        OrbweaverError: what ``EmbeddedPostgres.start`` raises.
    """
    data_dir, keys_dir = config.data_dir.absolute(), config.keys_path.absolute()
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        url = running_server(data_dir) if is_held(data_dir) else _start_keeper(data_dir, keys_dir, fast=fast)
        if url:
            return url
        time.sleep(0.05)
    raise Unavailable(POSTGRES_NOT_READY)


def is_held(data_dir: Path) -> bool:
    """Whether a living process holds the embedded server of this data folder."""
    return FileLock(data_dir / "server.lock").is_held()


_keepers: list[subprocess.Popen[bytes]] = []


def _start_keeper(data_dir: Path, keys_dir: Path, *, fast: bool) -> str | None:
    """Start a keeper and wait for its answer: the URL, or None when another one was quicker."""
    program = [sys.executable, "-P", "-m", "orbweaver.platform.runtime.keeper"]
    argv = [*program, str(data_dir), str(keys_dir), *(["--fast"] if fast else [])]
    with open_log(log_path(data_dir, "keeper")) as log:
        keeper = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, cwd=data_dir, start_new_session=True
        )
    _keepers.append(keeper)  # reaped when it ends: see _wait_for_end
    assert keeper.stdout is not None
    with keeper.stdout as answers:
        line = answers.readline()
    answer = json.loads(line) if line else {"code": "unavailable", "message": "The database's keeper ended at once."}
    if "url" in answer:
        return str(answer["url"])
    if answer["code"] == AlreadyRunning.code:
        return None
    kinds = {kind.code: kind for kind in (ConfigurationError, Unavailable)}
    raise kinds.get(answer["code"], Unavailable)(answer["message"])


def _wait_for_end(data_dir: Path) -> None:
    """Return when the server has stopped, or at once when other commands still use it."""
    server, clients = FileLock(data_dir / "server.lock"), FileLock(data_dir / "clients.lock")
    deadline = time.monotonic() + 60
    while server.is_held() and time.monotonic() < deadline:
        if clients.acquire():  # nobody: the keeper is about to notice
            clients.release()
        elif clients.acquire(shared=True):  # others share it with us; a keeper that is stopping would not
            clients.release()
            break
        time.sleep(0.05)
    for keeper in _keepers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            keeper.wait(0 if server.is_held() else 5)
    _keepers[:] = [keeper for keeper in _keepers if keeper.returncode is None]
