"""Machines that freeze and networks that are cut (sentence 7): what it had in hand, and what others have to do."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.acceptance.system import PROGRAM, System, children_of, installed, wait_for
from tests.acceptance.world import Host, Web, html, image, list_of, sha256, still

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
WITHOUT_NEWS_S = 90.0


def maze(host: Host, prefix: str, slow_s: float, *, pages: int = 40) -> set[str]:
    """Pages that lead to one another, each with a picture, from a host that takes its time."""
    paths: set[str] = set()
    for number in range(pages):
        links = "".join(f'<a href="/{prefix}/{n}">next</a>' for n in range(number * 3 + 1, number * 3 + 4) if n < pages)
        host.files[f"/{prefix}/{number}"] = html(f'<h1>{number}</h1><img src="/i/{prefix}{number}.jpg">{links}')
        host.files[f"/i/{prefix}{number}.jpg"] = image(still(93, number % 4))
        paths |= {f"/{prefix}/{number}", f"/i/{prefix}{number}.jpg"}
    for path in paths:
        host.files[path].wait_s = slow_s
    return paths


def asked(host: Host, prefix: str) -> set[str]:
    return {one.path for one in host.asked if f"/{prefix}" in one.path}


@pytest.fixture
def system(room: Path) -> Iterator[System]:
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    with installed(folder, crawl_host_concurrency=4, crawl_concurrency=8) as running:
        known = list_of(*(("sha256", sha256(still(93, n)), "") for n in range(4)))
        running.run("lists", "import", running.give("known.csv", known), "--list", "Police", "--supplier", "NCMEC")
        yield running


@contextlib.contextmanager
def another_crawler(system: System, **changes: object) -> Iterator[subprocess.Popen[bytes]]:
    """`orbweaver crawl-worker` on another machine that shares the database."""
    with Path(system.room / f"crawler-{time.monotonic_ns()}.log").open("wb") as log:
        crawler = subprocess.Popen(
            [str(PROGRAM), "crawl-worker"],
            env=system.environment(changes),
            stdout=log,
            stderr=subprocess.STDOUT,
            user=system.uid,
            group=system.uid,
            start_new_session=True,
        )
        try:
            yield crawler
        finally:
            for pid in children_of(crawler.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            crawler.terminate()
            try:
                crawler.wait(20)
            except subprocess.TimeoutExpired:
                crawler.kill()
                crawler.wait()


def freeze(crawler: subprocess.Popen[bytes], way: signal.Signals) -> None:
    for pid in children_of(crawler.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, way)


def add_lead(system: System, address: str) -> None:
    """A lead that whoever crawls takes up: the command itself ends at once."""
    system.command("crawl", address, "--max-pages", "1", timeout=120)


def test_a_crawler_that_was_given_up_and_goes_on_loses_nothing(system: System, web: Web) -> None:
    """A machine sleeps for 18 s while another works on, wakes, takes up new work, and then its power fails."""
    host = web.host(93)
    paths, later = maze(host, "a", 2.0, pages=60), maze(host, "b", 0.02, pages=10)
    system.start("--only", "worker")
    add_lead(system, f"{host.url}/a/0")
    with another_crawler(system) as sleeper:
        under_way(host)
        freeze(sleeper, signal.SIGSTOP)
        with another_crawler(system):
            time.sleep(18)
            freeze(sleeper, signal.SIGCONT)
            time.sleep(6)
            freeze(sleeper, signal.SIGKILL)
            all_done(host, "a", paths)
            add_lead(system, f"{host.url}/b/0")
            all_done(host, "b", later)


def test_three_crawlers_that_slept_at_once_lose_nothing(system: System, web: Web) -> None:
    """The host of three virtual machines is suspended: each wakes and holds the other two for dead."""
    host = web.host(96)
    paths, later = maze(host, "all", 2.0, pages=60), maze(host, "then", 0.02, pages=10)
    system.start("--only", "worker")
    add_lead(system, f"{host.url}/all/0")
    with another_crawler(system) as one, another_crawler(system) as two, another_crawler(system) as three:
        under_way(host)
        for crawler in (one, two, three):
            freeze(crawler, signal.SIGSTOP)
        time.sleep(18)
        for crawler in (one, two, three):
            freeze(crawler, signal.SIGCONT)
        time.sleep(8)
        for crawler in (one, two, three):
            freeze(crawler, signal.SIGKILL)
    with another_crawler(system):
        all_done(host, "all", paths)
        add_lead(system, f"{host.url}/then/0")
        all_done(host, "then", later)


def under_way(host: Host) -> None:
    before = len(host.asked)
    wait_for(lambda: len(host.asked) >= before + 2, what="the crawl to be under way")


def all_done(host: Host, prefix: str, paths: set[str]) -> None:
    """Everything is asked for, however long a polite crawler takes with a host that needs two seconds: it asks it
    once a second. What nobody does is never asked for: a minute and a half without anything new ends the patience,
    which is longer than any lease of a silent crawler and any wait of a host's.
    """
    end, left = time.monotonic() + WITHOUT_NEWS_S, paths - asked(host, prefix)
    while left and time.monotonic() < end:
        time.sleep(0.5)
        missing = paths - asked(host, prefix)
        if len(missing) < len(left):
            end, left = time.monotonic() + WITHOUT_NEWS_S, missing
    assert not left, f"{len(left)} of {len(paths)} addresses were never asked for: {sorted(left)[:5]}"


class Wire:
    """A network between a crawler's machine and the database's, which can be cut without anybody being told."""

    def __init__(self, to: tuple[str, int] | str) -> None:
        self.to = to
        self.whole = threading.Event()
        self.whole.set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if isinstance(self.to, str):
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.to)
            else:
                far = socket.create_connection(self.to)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                self.whole.wait()
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self.whole.set()
        self.listener.close()


def through(url: str, port: int) -> str:
    """The same database, reached over the wire."""
    at = re.sub(r"host=[^&]*", "host=127.0.0.1", url)
    return re.sub(r"port=\d+", f"port={port}", at)


def test_a_cut_of_a_minute_loses_nothing(system: System, web: Web) -> None:
    host = web.host(94)
    paths, later = maze(host, "cut", 2.0, pages=100), maze(host, "next", 0.02, pages=10)
    system.start("--only", "worker")
    add_lead(system, f"{host.url}/cut/0")
    url = str(system.doctor()[1]["database"]["url"])
    wire = Wire(str(next((system.data / "socket").glob(".s.PGSQL.*[0-9]"))))
    try:
        with another_crawler(system, database_url=through(url, wire.port)) as cut_off:
            under_way(host)
            wire.whole.clear()
            with another_crawler(system):
                time.sleep(60)
                wire.whole.set()
                time.sleep(6)
                freeze(cut_off, signal.SIGKILL)
                all_done(host, "cut", paths)
                add_lead(system, f"{host.url}/next/0")
                all_done(host, "next", later)
    finally:
        wire.close()


def in_transaction(url: str) -> list[int]:
    with psycopg.connect(url, autocommit=True) as line:
        rows = line.execute(
            "select pid from pg_stat_activity where state like 'idle in transaction%' and pid <> pg_backend_pid()"
        ).fetchall()
    return [int(row[0]) for row in rows]


def test_a_machine_that_freezes_inside_a_transaction_does_not_stop_the_others(system: System, web: Web) -> None:
    """Frozen at the one moment that matters; the machine never comes back."""
    host = web.host(95)
    maze(host, "ice", 0.02)
    later = maze(host, "thaw", 0.02)
    system.start("--only", "worker")
    url = str(system.doctor()[1]["database"]["url"])
    with another_crawler(system) as frozen:
        time.sleep(6)
        threading.Thread(target=add_lead, args=(system, f"{host.url}/ice/0"), daemon=True).start()
        wait_for(lambda: len(asked(host, "ice")) >= 3, what="the crawl to be under way")
        end = time.monotonic() + 60
        held: list[int] = []
        while not held and time.monotonic() < end:
            freeze(frozen, signal.SIGSTOP)
            once = in_transaction(url)
            time.sleep(0.3)
            held = [pid for pid in once if pid in in_transaction(url)]
            if not held:
                freeze(frozen, signal.SIGCONT)
                time.sleep(0.037)
                if asked(host, "ice") >= set(host.files):
                    break
        if not held:
            pytest.skip("the crawler was never caught inside a transaction")
        with another_crawler(system):
            threading.Thread(target=add_lead, args=(system, f"{host.url}/thaw/0"), daemon=True).start()
            wait_for(lambda: asked(host, "thaw") >= later, seconds=180, what="another crawler to do the next lead")
            assert not set(held) & set(in_transaction(url)), "the frozen transaction is still open"
