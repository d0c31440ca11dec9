"""What is done to one machine. Each returns once the machine is as it was, or another has its part."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.soak.fleet.machines import Machine
from tests.soak.fleet.servers import Servers

CAUGHT_WITHIN_S = 6.0
DISK = "96m"


@dataclass(frozen=True)
class Span:
    """Seconds, of which a sample has fewer."""

    scale: float = 1.0

    def __call__(self, seconds: float) -> float:
        return seconds * self.scale


@dataclass
class Struck:
    """A fault that was made: what, to whom, from when to when (monotonic)."""

    kind: str
    machine: str
    began: float
    ended: float = 0.0
    caught: bool = True
    """Whether it came at the moment that was meant, as inside a transaction."""


def killed(machine: Machine, _servers: Servers, span: Span, _chance: random.Random) -> bool:
    """kill -9 of the crawler and its decoders; started again after a moment."""
    machine.kill()
    time.sleep(span(3))
    machine.start()
    return True


def powerless(machine: Machine, servers: Servers, span: Span, _chance: random.Random) -> bool:
    """Its power fails while it holds locks in a transaction; the server sees no end of its connections."""
    deadline, caught = time.monotonic() + CAUGHT_WITHIN_S, False
    with servers.primary.session() as session:
        while not caught and time.monotonic() < deadline:
            for wire in machine.wires:
                wire.flowing.clear()
            caught = bool(session.execute(_IN_TRANSACTION, [machine.role]).fetchall())
            if not caught:
                for wire in machine.wires:
                    wire.flowing.set()
                time.sleep(0.013)
    for wire in machine.wires:
        wire.lose_power()
    machine.kill()
    time.sleep(span(10))
    machine.start()
    return caught


_IN_TRANSACTION = """
SELECT FROM pg_stat_activity WHERE usename = %s AND state = 'idle in transaction' AND backend_xid IS NOT NULL
"""


def asleep(machine: Machine, _servers: Servers, span: Span, chance: random.Random) -> bool:
    """It stands still for a moment, or for longer than its leases last, and goes on as if nothing had been."""
    machine.signal(signal.SIGSTOP)
    time.sleep(span(chance.choice((6, 18, 18, 40))))
    machine.signal(signal.SIGCONT)
    return True


def cut_off(machine: Machine, _servers: Servers, span: Span, _chance: random.Random) -> bool:
    """Nothing passes between it and the servers for a minute; nobody is told."""
    for wire in machine.wires:
        wire.flowing.clear()
    time.sleep(span(60))
    for wire in machine.wires:
        wire.flowing.set()
    return True


def slowed(machine: Machine, _servers: Servers, span: Span, chance: random.Random) -> bool:
    """Each message takes a tenth of a second or two on its way."""
    for wire in machine.wires:
        wire.delay_s = chance.uniform(0.05, 0.2)
    time.sleep(span(15))
    for wire in machine.wires:
        wire.delay_s = 0.0
    return True


def wrong_clock(machine: Machine, _servers: Servers, span: Span, chance: random.Random) -> bool:
    """Its clock steps by up to an hour either way, then back."""
    machine.set_clock(chance.choice((-3600, -60, 60, 3600)))
    time.sleep(span(10))
    machine.set_clock(0)
    return True


def full_disk(machine: Machine, _servers: Servers, span: Span, _chance: random.Random) -> bool:
    """Where it archives and keeps its ledger no byte is free."""
    full = machine.evidence() / "full"
    with contextlib.suppress(OSError), full.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 2**20)
    time.sleep(span(15))
    full.unlink()
    return True


Fault = Callable[[Machine, Servers, Span, random.Random], bool]
FAULTS: dict[str, tuple[Fault, int]] = {
    "killed": (killed, 30),
    "powerless": (powerless, 20),
    "asleep": (asleep, 15),
    "cut off": (cut_off, 5),
    "slowed": (slowed, 8),
    "wrong clock": (wrong_clock, 12),
    "full disk": (full_disk, 10),
}
"""Each with how often it is drawn among a hundred."""


@contextmanager
def small_disk(machine: Machine) -> Iterator[bool]:
    """A small file system for what the machine archives, where this process may mount one; whether it has one."""
    place: Path = machine.evidence()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(place)],
            capture_output=True,
            check=False,
        ).returncode
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)
