"""Name servers that do not answer, or take their time, hold up their own names and nobody else's."""

from __future__ import annotations

import asyncio
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orbweaver.platform.network import look_ups
from orbweaver.platform.network.look_ups import AT_ONCE_OF_A_DOMAIN, LookUps

GOOD = [(socket.AF_INET, "192.0.2.7", 0)]


class NameServers:
    """Stands in for the system: names below ``stuck`` are answered when ``freed`` is set, all others at once."""

    def __init__(self) -> None:
        self.stuck: tuple[str, ...] = ()
        self.freed = threading.Event()
        self.asked: list[str] = []
        self.busy = 0
        self.busiest = 0
        self._lock = threading.Lock()

    def answer(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        with self._lock:
            self.asked.append(host)
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        if host.endswith(self.stuck or "nobody"):
            self.freed.wait(30)
        with self._lock:
            self.busy -= 1
        if host.startswith("none."):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", port))]


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServers]:
    stand_in = NameServers()
    monkeypatch.setattr("socket.getaddrinfo", stand_in.answer)
    yield stand_in
    stand_in.freed.set()


async def until(reached: Callable[[], bool]) -> None:
    """Wait for it, as long as a busy machine takes."""
    async with asyncio.timeout(30):
        while not reached():
            await asyncio.sleep(0.01)


async def ask(asker: LookUps, host: str) -> Any:
    try:
        return await asker.ask(host, 80, socket.AF_UNSPEC)
    except OSError as error:
        return error


def test_a_domain_with_any_number_of_names_that_never_resolve_holds_up_no_other(servers: NameServers) -> None:
    servers.stuck = (".stuck.example", ".stuck.co.uk")

    async def go() -> list[Any]:
        asker = LookUps()
        lost = [asyncio.create_task(ask(asker, f"n{number}.stuck.example")) for number in range(300)]
        lost += [asyncio.create_task(ask(asker, f"n{number}.stuck.co.uk")) for number in range(300)]
        await until(lambda: servers.busy == 2 * AT_ONCE_OF_A_DOMAIN)
        found = await asyncio.gather(*(ask(asker, f"host{number}.co.uk") for number in range(100)))
        await until(lambda: servers.busy == 2 * AT_ONCE_OF_A_DOMAIN)
        for task in lost:
            task.cancel()
        return found

    assert asyncio.run(go()) == [GOOD] * 100


def test_no_more_than_so_many_are_asked_at_once(servers: NameServers, monkeypatch: pytest.MonkeyPatch) -> None:
    servers.stuck = (".example",)
    monkeypatch.setattr(look_ups, "AT_ONCE", 40)

    async def go() -> list[Any]:
        asker = LookUps()
        tasks = [asyncio.create_task(ask(asker, f"www.slow{number}.example")) for number in range(80)]
        await until(lambda: servers.busy == 40)
        servers.freed.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(go()) == [GOOD] * 80
    assert servers.busiest == 40


@pytest.mark.parametrize(("files", "places"), [(1024, 128), (64, 16), (1_048_576, 512), (resource.RLIM_INFINITY, 512)])
def test_look_ups_leave_most_files_to_others(monkeypatch: pytest.MonkeyPatch, files: int, places: int) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (files, files))
    assert look_ups.at_once() == places


def test_nobody_waits_longer_than_the_limit_and_a_place_is_free_again_when_the_system_answers(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.stuck = (".stuck.example",)
    monkeypatch.setattr(look_ups, "LONGEST_S", 0.2)

    async def go() -> tuple[list[Any], Any]:
        asker = LookUps()
        names = [f"n{number}.stuck.example" for number in range(3 * AT_ONCE_OF_A_DOMAIN)]
        late = await asyncio.gather(*(ask(asker, name) for name in names))
        assert len(servers.asked) == AT_ONCE_OF_A_DOMAIN, "who never had a turn is not asked about later"
        servers.freed.set()
        await until(lambda: servers.busy == 0)
        monkeypatch.setattr(look_ups, "LONGEST_S", 30.0)
        return late, await ask(asker, "other.stuck.example")

    late, after = asyncio.run(go())
    assert {error.errno for error in late} == {socket.EAI_AGAIN}
    assert after == GOOD


def test_whoever_asks_the_same_waits_for_the_same_answer(servers: NameServers) -> None:
    servers.stuck = ("www.slow.example",)

    async def go() -> list[Any]:
        asker = LookUps()
        tasks = [asyncio.create_task(ask(asker, "www.slow.example")) for _ in range(50)]
        await until(lambda: servers.busy == 1)
        tasks.pop().cancel()
        servers.freed.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(go()) == [GOOD] * 49
    assert servers.asked == ["www.slow.example"]


def test_an_answer_is_forgotten_once_given_and_an_error_is_passed_on(servers: NameServers) -> None:
    async def go() -> list[Any]:
        asker = LookUps()
        return [await ask(asker, "none.example") for _ in range(2)]

    first, second = asyncio.run(go())
    assert first.errno == second.errno == socket.EAI_NONAME
    assert servers.asked == ["none.example", "none.example"]


def test_a_system_that_gives_no_more_threads_is_no_fault_of_the_name(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def go() -> tuple[Any, Any]:
        asker = LookUps()
        with monkeypatch.context() as refused:
            refused.setattr("threading.Thread.start", refuse)
            first = await ask(asker, "www.example")
        return first, await ask(asker, "www.example")

    first, second = asyncio.run(go())
    assert (first.errno, second) == (socket.EAI_AGAIN, GOOD)


def test_a_name_that_no_host_can_have_is_an_unknown_name() -> None:
    async def go() -> Any:
        return await ask(LookUps(), "a" * 64 + ".example")

    assert asyncio.run(go()).errno == socket.EAI_NONAME


ENDLESS = """
import asyncio, socket, time
from orbweaver.platform.network.look_ups import LookUps
socket.getaddrinfo = lambda *_, **__: time.sleep(60)
async def go():
    task = asyncio.create_task(LookUps().ask("stuck.example", 80, 0))
    await asyncio.sleep(0.1)
asyncio.run(go())
print("over")
"""


def test_a_process_that_ends_waits_for_no_look_up() -> None:
    began = time.monotonic()
    answer = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, text=True, check=False, timeout=50)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "over\n", "")
    assert time.monotonic() - began < 40
