"""The API's port as strangers treat it: every call with every kind of bad input, and thousands of begun uploads.

Each gets a clear answer; honest clients get theirs within a second, the first that comes after a flood, too; memory
grows by less than a gigabyte. Figures go to ``build/soak/industry.json``.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from tests.integration.doors.industry.things import picture

from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key, create_organisation
from orbweaver.platform.config import forget
from orbweaver.platform.runtime.installation import answers, free_port

from .bad_input import CALLS, KINDS, ask, head, unclear

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
FLOOD = int(os.environ.get("FLOOD", "10000"))
There = tuple[int, str, psutil.Process]
"""The port, a key for it, and the process that serves it."""
HONEST_S = 1.0
MORE_MEMORY = 2**30


@contextmanager
def served(database_url: str, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The port, served by ``orbweaver api`` as a process of its own."""
    port = free_port("127.0.0.1", 0)
    env = os.environ | {"ORBWEAVER_DATABASE_URL": database_url, "ORBWEAVER_DATA_DIR": str(folder)}
    process = subprocess.Popen([sys.executable, "-P", "-m", "orbweaver", "api", "--port", str(port)], env=env)
    try:
        end = time.monotonic() + 300
        while not answers("127.0.0.1", port):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture
def there(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    monkeypatch.setenv("ORBWEAVER_DATA_DIR", str(tmp_path / "data"))
    forget()
    now = dt.datetime.now(dt.UTC)
    company = create_organisation(name="A company", kind="industry", country="CA")
    scopes = [Permission.SCAN_USE, Permission.LIST_READ, Permission.LIST_EDIT]
    key = create_api_key(company, "attack", scopes, now, scans_per_minute=10_000_000)
    with served(database_url, tmp_path / "data") as (port, process):
        yield port, key, process
    monkeypatch.undo()
    forget()


def scan_takes(client: httpx.Client) -> float:
    began = time.monotonic()
    assert client.post("/api/v1/scan", content=picture()).status_code == 200
    return time.monotonic() - began


def memory_of(process: psutil.Process) -> int:
    return sum(each.memory_full_info().uss for each in [process, *process.children(recursive=True)])


def flood(port: int, key: str, stack: ExitStack) -> int:
    """Uploads that have begun and wait; returns how many got a connection."""
    begun = head("/v1/media/", "POST", key, "Content-Length: 60000000") + b"x" * 30_000
    made = 0
    for _ in range(FLOOD):
        connection = stack.enter_context(socket.socket())
        connection.settimeout(5)
        try:
            connection.connect(("127.0.0.1", port))
            connection.setblocking(False)
            connection.send(begun)
            made += 1
        except OSError:
            continue
    return made


def test_every_bad_input_is_answered_and_floods_hold_up_nobody(there: There) -> None:
    port, key, process = there
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as there_before:
        usual = min(scan_takes(there_before) for _ in range(10))
        at_rest = memory_of(process)
        came = [ask(port, key, path, method, kind) for path, method in CALLS.items() for kind in KINDS]
        with ExitStack() as stack:
            made: list[int] = []
            attack = threading.Thread(target=lambda: made.append(flood(port, key, stack)))
            attack.start()
            during, newcomers = [], []
            while attack.is_alive():
                during.append(scan_takes(there_before))
                with httpx.Client(base_url=there_before.base_url, headers=headers, timeout=60) as newcomer:
                    newcomers.append(scan_takes(newcomer))
            attack.join()
            with httpx.Client(base_url=there_before.base_url, headers=headers, timeout=60) as newcomer:
                first_after = scan_takes(newcomer)
            most = memory_of(process)
    figures = {
        "calls": len(CALLS),
        "kinds": len(KINDS),
        "answers": Counter(str(each.status) for each in came),
        "unclear": unclear(came),
        "slowest_answer_s": round(max(each.took_s for each in came), 2),
        "usual_s": round(usual, 3),
        "begun_uploads": made[0],
        "slowest_during_s": round(max(during), 2),
        "slowest_newcomer_s": round(max(newcomers), 2),
        "first_after_s": round(first_after, 2),
        "more_memory_mb": round((most - at_rest) / 2**20),
        "load": os.getloadavg()[0],
    }
    Path("build/soak").mkdir(parents=True, exist_ok=True)
    Path("build/soak/industry.json").write_text(json.dumps(figures, indent=1))
    assert figures["unclear"] == []
    assert most - at_rest < MORE_MEMORY
    assert max(*during, *newcomers, first_after) < HONEST_S
