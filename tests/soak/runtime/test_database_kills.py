"""Whoever is killed, whenever: what was committed is there, and the next command has the database again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psycopg
import pytest

from orbweaver.platform.runtime.cluster import processes_on
from orbweaver.platform.runtime.database import RESOLVED_DATABASE_URL, database
from orbweaver.platform.settings import PlatformSettings

ROUNDS = 60
SEED = 20260101

WRITER = """
import sys, time
from pathlib import Path
import psycopg
from orbweaver.platform.settings import PlatformSettings
from orbweaver.platform.runtime.database import database
with database(PlatformSettings(data_dir=Path(sys.argv[1]))) as url, psycopg.connect(url, autocommit=True) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS written (number bigint PRIMARY KEY)")
    (last,) = connection.execute("SELECT coalesce(max(number), 0) FROM written").fetchone()
    for number in range(last + 1, 10**9):
        connection.execute("INSERT INTO written VALUES (%s)", [number])
        print(number, flush=True)
"""


def victim(data_dir: Path, writer: subprocess.Popen[str], kind: str) -> int:
    if kind == "command":
        return writer.pid
    described = json.loads((data_dir / "server.json").read_text())
    if kind == "backend":
        others = [pid for pid in processes_on(data_dir / "postgres") if pid != described["pid"]]
        return random.choice(others)
    return int(described["keeper" if kind == "keeper" else "pid"])


@pytest.mark.soak
def test_nothing_committed_is_lost_whoever_is_killed(
    soak_figures: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RESOLVED_DATABASE_URL, raising=False)
    chance = random.Random(SEED)
    recoveries: list[float] = []
    kinds: dict[str, int] = {}
    committed = 0
    with tempfile.TemporaryDirectory(prefix="orbweaver-soak-") as folder:
        Path(folder).chmod(0o711)
        data_dir = Path(folder) / "data"
        for _ in range(ROUNDS):
            kind = chance.choice(["command", "keeper", "server", "backend"])
            kinds[kind] = kinds.get(kind, 0) + 1
            committed = max(committed, write_until_killed(data_dir, kind, chance.uniform(0.05, 1.0)))
            begun = time.monotonic()
            with database(PlatformSettings(data_dir=data_dir)) as url, psycopg.connect(url) as connection:
                recoveries.append(time.monotonic() - begun)
                row = connection.execute("SELECT count(*), max(number) FROM written").fetchone()
            assert row is not None
            assert row[0] == row[1] >= committed
    soak_figures(
        rounds=ROUNDS,
        killed=kinds,
        committed_rows=committed,
        lost_rows=0,
        recovery_s={"median": round(median(recoveries), 2), "longest": round(max(recoveries), 2)},
    )
    assert max(recoveries) < 20


def write_until_killed(data_dir: Path, kind: str, after_s: float) -> int:
    """The highest number whose commit the writer reported before it or its server was killed."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(data_dir)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert writer.stdout is not None
    last = int(writer.stdout.readline())
    deadline = time.monotonic() + after_s
    while time.monotonic() < deadline:
        last = int(writer.stdout.readline() or last)
    os.kill(victim(data_dir, writer, kind), signal.SIGKILL)
    for line in writer.stdout:  # the writer ends when its connection does
        last = int(line)
    writer.stdout.close()
    writer.wait(30)
    return last
