"""`orbweaver up`, `web`, `migrate` and `doctor` as a person starts them, with the real pages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest

from orbweaver.platform.runtime.installation import free_port

IDENTITY = ("ORBWEAVER_HOTLINE_NAME", "ORBWEAVER_HOTLINE_DOMAIN", "ORBWEAVER_HOTLINE_CONTACT")
COMMAND = (sys.executable, "-P", "-m", "orbweaver")


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="orbweaver-run-") as folder:
        Path(folder).chmod(0o711)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ORBWEAVER_")}
        kept |= {name: os.environ[name] for name in IDENTITY}
        yield {**kept, "ORBWEAVER_DATA_DIR": f"{folder}/data", "ORBWEAVER_KEYS_DIR": f"{folder}/keys"}


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((*COMMAND, *arguments), env=env, capture_output=True, text=True, timeout=90, check=False)


def until(process: subprocess.Popen[str], kind: str, **wanted: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    assert process.stdout is not None
    before: list[dict[str, Any]] = []
    for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        if event["event"] == kind and wanted.items() <= event.items():
            return event, before
        before.append(event)
    raise AssertionError(f"ended without {kind}: {before}")


def gaps_in(said: list[dict[str, Any]]) -> list[str]:
    """Names of the gaps that ``up`` speaks of."""
    return [event["name"] for event in said if event["event"] == "warning" and "name" in event]


@pytest.mark.sweep
def test_migrate_brings_a_new_database_up_to_date_and_then_has_nothing_to_do(env: dict[str, str]) -> None:
    first, second = (run(env, "migrate", "--json") for _ in range(2))
    assert json.loads(first.stdout)["applied"] > 0, first.stderr
    assert json.loads(second.stdout) == {"applied": 0}


@pytest.mark.sweep
def test_doctor_answers_json_alone_and_fails_when_something_is_wrong(env: dict[str, str]) -> None:
    well = run(env, "doctor", "--json")
    assert well.returncode == 0
    assert {check["name"] for check in json.loads(well.stdout)["checks"]} >= {"database", "migrations", "clock"}
    ill = run({**env, "ORBWEAVER_SMTP_HOST": "127.0.0.1", "ORBWEAVER_SMTP_PORT": "1"}, "doctor", "--json")
    assert ill.returncode == 1
    assert not json.loads(ill.stdout)["ok"]


@pytest.mark.sweep
@pytest.mark.parametrize("what", ["MAIL_DIR", "DATA_DIR", "KEYS_DIR"])
def test_doctor_names_a_folder_that_its_account_may_not_enter_and_ends_in_no_traceback(
    env: dict[str, str], tmp_path: Path, what: str
) -> None:
    shut = tmp_path / "shut"
    (shut / "inner" / "new").mkdir(parents=True)
    shut.chmod(0)
    mail = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "1",
        "BOUNCE_ADDRESS": "b@hotline.example",
        "MAIL_DIR": str(tmp_path),
    }
    given = {f"ORBWEAVER_{name}": value for name, value in {**mail, what: str(shut / "inner")}.items()}
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*drop, *COMMAND, "doctor", "--json"], env={**env, **given}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr[-2000:]
    name = {"MAIL_DIR": "mailbox", "DATA_DIR": "data folder", "KEYS_DIR": "keys folder"}[what]
    (check,) = (each for each in json.loads(done.stdout)["checks"] if each["name"] == name)
    assert check["level"] == "fail"
    assert str(shut) in check["found"]
    assert check["advice"]


@pytest.mark.sweep
def test_doctor_fails_and_up_says_so_while_a_placeholder_stands_for_the_hotline(env: dict[str, str]) -> None:
    bare = {name: value for name, value in env.items() if name not in IDENTITY}
    ill = run(bare, "doctor", "--json")
    assert ill.returncode == 1
    (check,) = (each for each in json.loads(ill.stdout)["checks"] if each["name"] == "who the hotline is")
    assert check["level"] == "fail"
    assert all(name in check["advice"] for name in IDENTITY)
    begun = bare | {"ORBWEAVER_AUTHORISED_HOTLINE": "true"}
    up = subprocess.Popen(
        (*COMMAND, "up", "--only", "web", "--port", str(free_port("127.0.0.1", 0)), "--json"),
        env=begun,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _, before = until(up, "ready")
        up.send_signal(signal.SIGTERM)
        until(up, "stopped")
        up.wait(20)
        assert gaps_in(before) == ["who the hotline is", "archive"]
    finally:
        up.kill()
        up.wait()
        assert up.stdout is not None
        up.stdout.close()


def test_the_version_is_that_of_the_package(env: dict[str, str]) -> None:
    assert run(env, "--version").stdout == f"orbweaver {version('orbweaver')}\n"


def test_a_wrong_part_is_a_wrong_usage(env: dict[str, str]) -> None:
    assert run(env, "up", "--only", "kitchen").returncode == 2


def test_up_serves_the_first_link_says_where_it_is_and_survives_a_killed_web_server(env: dict[str, str]) -> None:
    port = free_port("127.0.0.1", 0)
    up = subprocess.Popen(
        (*COMMAND, "up", "--only", "web", "--port", str(port), "--json"), env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        ready, before = until(up, "ready")
        assert gaps_in(before) == []
        link = next(event["url"] for event in before if event["event"] == "setup_link")
        assert urllib.request.urlopen(ready["address"]).status == 200
        assert urllib.request.urlopen(link).status == 200

        second = run(env, "up")
        assert second.returncode == 3
        assert ready["address"] in " ".join(second.stderr.split())

        arbiter = next(event["pid"] for event in before if event.get("part") == "web" and "pid" in event)
        workers = psutil.Process(arbiter).children()
        assert workers
        os.kill(arbiter, signal.SIGKILL)
        until(up, "state", part="web", state="running")
        _, left = psutil.wait_procs(workers, timeout=10)  # each sees by itself that its arbiter is gone
        assert not [each for each in left if each.status() != psutil.STATUS_ZOMBIE]

        begun = time.monotonic()
        up.send_signal(signal.SIGTERM)
        until(up, "stopped")
        assert up.wait(10) == 0
        assert time.monotonic() - begun < 20
    finally:
        up.kill()
        up.wait()
        assert up.stdout is not None
        up.stdout.close()
