"""``orbweaver demo``: the whole loop in one command, on nothing but its own throw-away database.

The whole is a sweep. Samples are sixty days of three providers (`test_year.py`), the crawl that finds a known picture
(`test_crawl.py`) and, here, a demonstration that is stopped while it starts.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from orbweaver_trials.demo.browser import Browser
from orbweaver_trials.demo.people import ANALYSTS, sign_in

COMMAND = [sys.executable, "-m", "orbweaver", "demo"]
SHARED_KEYS = {
    "images_processed", "suspected", "verified", "notices_sent", "removed", "median_removal_s", "share_unidentified",
    "looks_per_notified_url",
}  # fmt: skip
PROMISED_S = 120
"""The demo ends by itself in under two minutes."""


def environment(tmp_path: Path) -> dict[str, str]:
    """That of a person with settings of their own, which the demo must leave alone."""
    real = {"ORBWEAVER_DATABASE_URL": "postgresql://127.0.0.1:9/real", "ORBWEAVER_DATA_DIR": str(tmp_path / "real")}
    return os.environ | real | {"TMPDIR": str(tmp_path), "PGHOST": "127.0.0.1"}


def processes_in(folder: Path) -> list[str]:
    """What runs with this folder in its command line, environment or as its working folder."""
    found = []
    for process in psutil.process_iter():
        try:
            seen = [*process.cmdline(), process.cwd(), process.environ().get("TMPDIR", "")]
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if any(str(folder) in each for each in seen):
            found.append(" ".join(process.cmdline()))
    return found


def failed_checks(result: dict[str, Any]) -> list[str]:
    return [f"{check['name']}: {check['expected']} / {check['found']}" for check in result["checks"] if not check["ok"]]


@pytest.fixture
def open_tmp(tmp_path: Path) -> Path:
    """A temporary folder that PostgreSQL's own account may pass through, as /tmp is."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


@pytest.mark.sweep
@pytest.mark.timeout(600)
def test_the_whole_loop_happens_can_be_looked_at_and_leaves_nothing(open_tmp: Path, tmp_path_factory: Any) -> None:
    notes = tmp_path_factory.mktemp("notes") / "stderr"
    began = time.monotonic()
    with (
        notes.open("w") as stderr,
        subprocess.Popen(
            [*COMMAND, "--json", "--keep"], stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment(open_tmp)
        ) as process,
    ):
        assert process.stdout is not None
        try:
            result = json.loads(process.stdout.readline() or "{}")
            seconds = time.monotonic() - began
            assert result, notes.read_text()[-3000:]
            looked_at = look_around(notes)
        finally:  # one that stays would take a core from all other tests
            process.send_signal(signal.SIGINT)
        assert process.stdout.read() == ""
        code = process.wait(60)
    assert failed_checks(result) == []
    assert code == 0, notes.read_text()[-3000:]
    assert result.keys() >= SHARED_KEYS
    assert (result["ok"], result["restarts"], result["setbacks"]) == (True, 0, 0)
    assert seconds < PROMISED_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # others may use the machine
    for page in looked_at:
        assert "Demonstration" in page
    assert "items wait for you" in looked_at[1]
    said = notes.read_text()
    assert said.index("they are left to you") < said.index("Three analysts sign in"), "the queue is nobody's but theirs"
    assert list(open_tmp.iterdir()) == []
    assert processes_in(open_tmp) == []


def look_around(notes: Path) -> list[str]:
    """What the pages say that the demo offers to look at: the public figures, and the queue as one of its analysts."""
    deadline = time.monotonic() + 200  # somebody for every role, and a queue with things to do, come first
    while "Look around at" not in notes.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    found = re.search(r"Look around at (\S+)", notes.read_text())
    assert found, notes.read_text()[-3000:]
    analyst = sign_in(found[1], next(iter(ANALYSTS)))
    return [Browser().get(f"{found[1]}/public/").text, analyst.get(f"{found[1]}/queue/").text]


@pytest.mark.sweep
@pytest.mark.timeout(120)
def test_ctrl_c_while_it_starts_leaves_nothing_behind(open_tmp: Path) -> None:
    """That nothing of a whole installation stays behind is seen above, which Ctrl-C ends as well."""
    with subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True, env=environment(open_tmp)) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Orbweaver starts" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(60) == 130
    assert "Nothing of the demo is left running" in rest
    assert list(open_tmp.iterdir()) == []
    assert processes_in(open_tmp) == []


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    answer = subprocess.run(
        [*COMMAND, "--data-dir", str(tmp_path)], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert answer.returncode == 1
    assert "not empty" in answer.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["precious"]


@pytest.mark.soak
@pytest.mark.timeout(360)
def test_kills_of_crawler_worker_and_parent_lose_nothing_and_send_nothing_twice_and_it_still_ends_by_itself(
    open_tmp: Path,
) -> None:
    kills = ["--kill", "crawl-worker@fingerprint:20", "--kill", "worker@notice:1", "--kill", "up@removal:2"]
    answer = subprocess.run(
        [*COMMAND[:2], "orbweaver_trials.demo", "--json", *kills],
        capture_output=True,
        text=True,
        env=environment(open_tmp),
        check=False,
        timeout=340,
    )
    result = json.loads(answer.stdout)
    assert failed_checks(result) == []
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert {kill["part"] for kill in result["kills"]} == {"crawl-worker", "worker", "up"}
    assert result["restarts"] == 1
