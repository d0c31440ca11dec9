"""The API's port as strangers treat it: every call with every kind of bad input, and thousands of begun uploads.

Each gets a clear answer; honest clients get theirs within a second, those that come anew from the flood's own address,
too; memory grows by less than a gigabyte. Figures go to ``build/soak/industry.json``.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from tests.integration.doors.industry.things import picture

from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key, create_organisation
from orbweaver.platform.config import forget
from orbweaver.platform.runtime.installation import answers, free_port

from .bad_input import CALLS, KINDS, ask, unclear

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
FLOOD = int(os.environ.get("FLOOD", "10000"))
There = tuple[int, str, psutil.Process]
"""The port, a key for it, and the process that serves it."""
ATTACKER = "127.0.0.1"
HONEST_S = 1.0
"""By the processor time of the event loop, which no other program makes longer; by the clock on a quiet machine."""
QUIET = 4.0
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


class Honest:
    """A client that asks again and again: the longest that an answer took, by the clock and by the processor time that
    the event loop used meanwhile, in seconds."""

    def __init__(self, there: There, source: str, *, anew: bool) -> None:
        port, self._key, self._process = there
        self._address, self._source, self._anew = f"http://127.0.0.1:{port}", source, anew
        self._client = self._dialled()
        self.longest = self.longest_cpu = 0.0
        self.usual = self.ask()

    def ask(self) -> float:
        """One picture."""
        if self._anew:
            self.close()
            self._client = self._dialled()
        began, used = time.monotonic(), self._loop_s()
        assert self._client.post("/api/v1/scan", content=picture()).status_code == 200
        took, used = time.monotonic() - began, self._loop_s() - used
        self.longest, self.longest_cpu = max(self.longest, took), max(self.longest_cpu, used)
        return took

    def close(self) -> None:
        self._client.close()

    def _dialled(self) -> httpx.Client:
        transport = httpx.HTTPTransport(local_address=self._source)
        headers = {"Authorization": f"Bearer {self._key}"}
        return httpx.Client(base_url=self._address, headers=headers, timeout=60, transport=transport)

    def _loop_s(self) -> float:
        pid = self._process.pid  # its first thread has the event loop
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9


def memory_of(process: psutil.Process) -> int:
    return sum(each.memory_full_info().uss for each in [process, *process.children(recursive=True)])


def test_every_bad_input_is_answered_and_floods_hold_up_nobody(there: There) -> None:
    port, key, process = there
    Honest(there, ATTACKER, anew=False).close()  # the decoders are up
    at_rest = memory_of(process)
    came = [ask(port, key, path, method, kind) for method, path in CALLS for kind in KINDS]
    clients = {
        "connected before": Honest(there, ATTACKER, anew=False),
        "connected before, elsewhere": Honest(there, "127.0.0.2", anew=False),
        "newcomers, elsewhere": Honest(there, "127.0.0.3", anew=True),
        "newcomers, from the flood's own address": Honest(there, ATTACKER, anew=True),
    }
    flooding = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("flood.py"), str(port), key, str(FLOOD)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    while flooding.poll() is None:  # beginning, waiting, being let go of
        for each in clients.values():
            each.ask()
    most = memory_of(process)
    made = json.loads(flooding.communicate()[0])
    for each in clients.values():
        each.close()
    figures = {
        "calls": len(CALLS),
        "kinds": len(KINDS),
        "answers": Counter(str(each.status) for each in came),
        "unclear": unclear(came),
        "slowest_answer_s": round(max(each.took_s for each in came), 2),
        "begun_uploads": made["begun"],
        "of_them_answered": made["answers"],
        "usual_s": {name: round(each.usual, 3) for name, each in clients.items()},
        "longest_s": {name: round(each.longest, 3) for name, each in clients.items()},
        "longest_loop_cpu_s": {name: round(each.longest_cpu, 3) for name, each in clients.items()},
        "more_memory_mb": round((most - at_rest) / 2**20),
        "load": os.getloadavg()[0],
    }
    Path("build/soak").mkdir(parents=True, exist_ok=True)
    Path("build/soak/industry.json").write_text(json.dumps(figures, indent=1))
    assert figures["unclear"] == []
    assert most - at_rest < MORE_MEMORY
    assert made["begun"] > 0.95 * FLOOD
    assert made["answers"].keys() <= {"408", "503", "waiting still"}  # each in words
    assert max(each.longest_cpu for each in clients.values()) < HONEST_S
    if figures["load"] < QUIET:
        assert max(each.longest for each in clients.values()) < HONEST_S
