"""The program behind a real PgBouncer: all of it where each client keeps its session, and words where it does not.

Needs Debian's ``pgbouncer``; without it, it is skipped, loudly.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.acceptance.system import free_port, holds_for, wait_for
from tests.soak.fleet.conftest import Post, by_mail
from tests.soak.fleet.machines import Hotline, environment
from tests.soak.fleet.pooler import PROGRAM, Pooler, pooler
from tests.soak.fleet.servers import Servers

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(900),
    pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not here: apt-get install pgbouncer"),
]
WANTED_S = {"idle_in_transaction_session_timeout": "15s", "statement_timeout": "15min", "lock_timeout": "1min"}
"""A worker's limits, as the server says them."""
LIMITS = f"""
import json
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.runtime.limits import WORKER
with open_session(limits=WORKER):
    from django.db import connection
    found = {{}}
    for name in {list(WANTED_S)!r}:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting(%s)", [name])
            found[name] = cursor.fetchone()[0]
    print(json.dumps(found))
"""
MESSAGES = 400


@pytest.fixture
def servers(room: Path) -> Iterator[Servers]:
    made = Servers(room, standby=False)
    try:
        yield made
    finally:
        made.stop()


def behind(room: Path, servers: Servers, before: Pooler, settings: dict[str, object]) -> Hotline:
    return Hotline(room, servers, {**settings, "database_url": before.url})


def doctor(hotline: Hotline) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orbweaver", "doctor", "--json"]
    return subprocess.run(
        command, env=environment(hotline.settings), capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_one_that_gives_each_transaction_another_session_is_refused_with_words(
    room: Path, servers: Servers, mode: str
) -> None:
    with pooler(room / "pooler", servers.primary, mode) as before:
        hotline = behind(room, servers, before, {})
        found = doctor(hotline)
        [database] = [each for each in json.loads(found.stdout)["checks"] if each["name"] == "database"]
        assert found.returncode == 1
        assert "pool_mode = session" in database["advice"]
        for words in (["migrate"], ["worker", "--once"]):
            done = subprocess.run(
                [sys.executable, "-m", "orbweaver", *words],
                env=environment(hotline.settings), capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert done.returncode != 0
            assert "pool_mode = session" in " ".join(done.stderr.split())
    assert servers.primary.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_it_is_recognised_while_others_use_its_sessions(room: Path, servers: Servers) -> None:
    with pooler(room / "pooler", servers.primary, "transaction") as before:
        others = [psycopg.connect(before.url) for _ in range(12)]
        for number, each in enumerate(others):
            each.execute("SELECT 1")
            if number % 2:
                each.commit()
        assert doctor(behind(room, servers, before, {})).returncode == 1
        for each in others:
            each.close()


def test_where_each_client_keeps_its_session_all_runs_and_goes_on_after_its_death(
    room: Path, servers: Servers, post: Post
) -> None:
    with pooler(room / "pooler", servers.primary, "session") as before:
        hotline = behind(room, servers, before, by_mail(post))
        hotline.run("migrate")
        limits = subprocess.run(
            [sys.executable, "-c", LIMITS],
            env=environment(hotline.settings), capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        assert json.loads(limits.stdout) == WANTED_S
        hotline.start()
        try:
            confirmed = set(hotline.tell("messages", count=MESSAGES))
            wait_for(lambda: len(post.arrived) > MESSAGES // 4, what="messages to leave")
            before.kill()
            assert holds_for(hotline.lives, seconds=3)
            before.start()
            confirmed |= set(hotline.tell("messages", count=10))
            wait_for(lambda: len(post.arrived) >= len(confirmed), what="all messages to leave")
        finally:
            hotline.stop()
        names = {name.strip("<>") for name in confirmed}
        assert {name.strip("<>") for name in post.arrived} >= names
        assert max(post.arrived.values()) == 1
        hotline.run("backup", str(room / "backup"), "--keys", str(room / "offline"))
        assert "database" not in {
            each["name"] for each in json.loads(doctor(hotline).stdout)["checks"] if each["level"] == "fail"
        }


def test_how_many_sessions_one_machine_with_all_its_parts_takes(room: Path, servers: Servers) -> None:
    port = free_port()
    with pooler(room / "pooler", servers.primary, "session") as before:
        hotline = behind(room, servers, before, {})
        hotline.run("migrate")
        command = [sys.executable, "-m", "orbweaver", "up", "--port", str(port), "--api-port", "0", "--json"]
        with (room / "up.log").open("wb") as log:
            up = subprocess.Popen(command, env=environment(hotline.settings), stdout=log, stderr=log)
        try:
            wait_for(lambda: b'"ready"' in (room / "up.log").read_bytes(), what="all parts to be ready")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
                assert answer.status == 200
            found = wait_for(before.counts)
            print(found)
            assert found["waiting"] == 0
            assert found["with"] <= 40, "docs/operators/scale.md says how many there must be"
        finally:
            up.terminate()
            assert up.wait(120) == 0
