"""A change of the lists reaches every machine in less than a second, also from the server that was promoted.

A sample, an index in one process that follows what is added and withdrawn, is `test_index.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from tests.soak.fleet.machines import Hotline, Machine, environment
from tests.soak.fleet.servers import Servers

WITHIN_S = 1.0
CHANGES = 12
RESUMES_WITHIN_S = 30.0
LOOKS = """
import json, sys, time
from orbweaver.doors.cli.session import open_session
with open_session(part="crawl"):
    from django.db import InterfaceError, InternalError, OperationalError, connection
    from orbweaver.detect.matching.index import open_index
    index = open_index()
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        value, there = bytes.fromhex(asked["value"]), asked["there"]
        while True:
            try:
                if bool(index.find("sha256", [value])) == there:
                    break
                time.sleep(0.01)
            except (OperationalError, InterfaceError, InternalError):
                connection.close()
                time.sleep(0.1)
        print(json.dumps(time.monotonic()), flush=True)
"""
"""What a machine's crawler does with each picture, over and over: looks whether its hash is listed. Says when it is as
it waits for, by the clock that all processes of a computer share."""


class Looking:
    """A machine that looks."""

    def __init__(self, machine: Machine, log: IO[bytes]) -> None:
        own = environment({**machine.settings, "config": machine.room / "data" / "machine.toml"})
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOOKS],
            env=own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1,
        )  # fmt: skip
        assert self._line() == "ready"

    def ask(self, value: str, *, there: bool) -> None:
        """Have it look until the hash is listed, or listed no more."""
        assert self.process.stdin is not None
        print(json.dumps({"value": value, "there": there}), file=self.process.stdin, flush=True)

    def seen_at(self) -> float:
        """When it was so."""
        return float(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, "it has ended"
        return line


@contextmanager
def fleet(room: Path) -> Iterator[tuple[Hotline, list[Looking]]]:
    """Two servers, the hotline, and two machines that joined it."""
    servers = Servers(room, standby=True)
    hotline = Hotline(room, servers, {})
    looking: list[Looking] = []
    try:
        hotline.run("migrate")
        hotline.run("policy", "set", "authorised_hotline=true", "legal_authority=a test")
        hotline.start()
        with (room / "looking.log").open("wb") as log:
            looking += [Looking(Machine(number, room, hotline, {"decode_workers": 1}), log) for number in (1, 2)]
        yield hotline, looking
    finally:
        for each in looking:
            each.process.kill()
            each.process.communicate()
        hotline.stop()
        servers.stop()


def changed(hotline: Hotline, machines: list[Looking], number: int, *, there: bool) -> list[float]:
    """One change, and the seconds from its commit until each machine goes by it."""
    value = f"{number:064x}"
    for each in machines:
        each.ask(value, there=there)
    done: dict[str, Any] = hotline.tell("listed" if there else "withdrawn", value=value)
    return [each.seen_at() - done["committed"] for each in machines]


def all_changes(hotline: Hotline, machines: list[Looking], first: int) -> list[float]:
    """Hashes that are listed and withdrawn, one after the other."""
    found = []
    for number in range(first, first + CHANGES // 2):
        found += changed(hotline, machines, number, there=True)
        time.sleep(0.17)  # at another moment between two looks each time
        found += changed(hotline, machines, number, there=False)
    return found


@pytest.mark.sweep
@pytest.mark.timeout(400)
def test_a_change_reaches_every_machine_within_a_second_after_a_failover_too(
    room: Path, soak_figures: Callable[..., None]
) -> None:
    with fleet(room) as (hotline, machines):
        before = all_changes(hotline, machines, 1)
        hotline.servers.fail_over(notice_s=1)
        promoted = time.monotonic()
        changed(hotline, machines, 1000, there=True)  # all have found the other server
        assert time.monotonic() - promoted < RESUMES_WITHIN_S
        after = all_changes(hotline, machines, 1001)
    soak_figures(longest_before_s=round(max(before), 3), longest_after_s=round(max(after), 3), changes=2 * CHANGES)
    for seconds in (before, after):
        assert len(seconds) == 2 * CHANGES
        assert max(seconds) < WITHIN_S, (before, after)
