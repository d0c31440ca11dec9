"""The process that holds the embedded server while any command uses it: ``python -m …keeper DATA KEYS``.

It answers one line of JSON on standard output (``url``, or ``code`` and ``message``), then watches: a server that
dies is started again; when nobody holds ``clients.lock`` any more, it stops the server and ends. It is in a session of
its own, so a Ctrl-C at a terminal does not reach the server before the command that uses it is done.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from orbweaver.errors import OrbweaverError
from orbweaver.platform.runtime.aside import aside
from orbweaver.platform.runtime.heap import give_back
from orbweaver.platform.runtime.locks import FileLock
from orbweaver.platform.runtime.postgres import EmbeddedPostgres, write_private

WATCH_INTERVAL_S = 0.4
RESTARTS_IN_A_ROW = 5
STEADY_AFTER_S = 60.0


def keep(data_dir: Path, keys_dir: Path, *, fast: bool) -> None:
    """Run the server until nobody uses it. Raises what starting it raises."""
    server, clients = EmbeddedPostgres(data_dir, keys_dir, fast=fast, apart=_apart), FileLock(data_dir / "clients.lock")
    server.start()
    described = data_dir / "server.json"
    try:
        write_private(described, json.dumps({"url": server.url, "pid": server.pid, "keeper": os.getpid()}))
        _answer({"url": server.url})
        give_back()
        failures, started = 0, time.monotonic()
        while not clients.acquire():
            if not server.is_alive():
                failures = 1 if time.monotonic() - started > STEADY_AFTER_S else failures + 1
                if failures > RESTARTS_IN_A_ROW:
                    break
                server.stop()
                server.start()
                started = time.monotonic()
            time.sleep(WATCH_INTERVAL_S)
    finally:
        described.unlink(missing_ok=True)
        server.stop()
        clients.release()


def _apart(work: Callable[[], None]) -> None:
    """In a child: what it loads would stay here for as long as the server runs."""
    aside(lambda say: work(), lambda event: None)


def _answer(message: dict[str, str]) -> None:
    print(json.dumps(message), flush=True)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, sys.stdout.fileno())
    os.close(quiet)


def main() -> None:
    """Entry point. Signals meant for a group of processes are left to those that use the server."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    data_dir, keys_dir, *options = sys.argv[1:]
    try:
        keep(Path(data_dir), Path(keys_dir), fast="--fast" in options)
    except OrbweaverError as error:
        _answer({"code": error.code, "message": str(error)})
        sys.exit(1)


if __name__ == "__main__":
    main()
