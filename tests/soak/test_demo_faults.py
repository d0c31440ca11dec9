"""Campaign: kill -9 at random moments of whole demo runs. Nothing is lost, no mail is sent twice.

SOAK_ROUNDS runs (8 unless set), each with a seed of its own; figures go to build/soak/demo_faults.json.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "8"))
KILLS_A_ROUND = 4
PARTS = ("crawl-worker", "worker", "worker", "web", "up")
MOMENTS = {"crawl": 12, "fingerprint": 50, "match": 8, "review": 8, "notice": 8, "recheck": 12, "removal": 5}
"""Step → the greatest count at which a kill may strike."""
REPORT = Path("build/soak/demo_faults.json")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


def kills_of(seed: int) -> list[str]:
    chance = random.Random(seed)
    moments = [(stage, chance.randint(1, MOMENTS[stage])) for stage in chance.choices(list(MOMENTS), k=KILLS_A_ROUND)]
    return [f"{chance.choice(PARTS)}@{stage}:{count}+{chance.uniform(0, 2):.2f}" for stage, count in moments]


def play(seed: int, room: Path) -> dict[str, Any]:
    kills = [argument for kill in kills_of(seed) for argument in ("--kill", kill)]
    command = [sys.executable, "-m", "orbweaver_trials.demo", "--json", "--patience", "420", *kills]
    answer = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"TMPDIR": str(room)}, check=False, timeout=600
    )
    result: dict[str, Any] = json.loads(answer.stdout) if answer.stdout.strip() else {"checks": [], "ok": False}
    failed = [check for check in result["checks"] if not check["ok"]]
    kept = ("ok", "seconds", "restarts", "setbacks", "kills", "mails_received", "removed", "notices_sent")
    return {
        "seed": seed,
        "planned": kills_of(seed),
        "exit_code": answer.returncode,
        "failed": failed,
        "timeline": answer.stderr.splitlines()[-30:],
    } | {key: result.get(key) for key in kept}


def open_room(factory: pytest.TempPathFactory) -> Path:
    """A temporary folder that PostgreSQL's own account may pass through, as /tmp is."""
    room = factory.mktemp("faults")
    for folder in (room, room.parent, room.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o011)
    return room


def processes_in(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            seen = [*process.cmdline(), process.cwd(), process.environ().get("TMPDIR", "")]
            if any(str(folder) in each for each in seen):
                found.append(" ".join(process.cmdline()))
    return found


def test_a_demo_that_is_killed_itself_leaves_nothing_running(tmp_path_factory: pytest.TempPathFactory) -> None:
    room = open_room(tmp_path_factory)
    command = [sys.executable, "-m", "orbweaver_trials.demo"]
    environment = os.environ | {"TMPDIR": str(room)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Fingerprint" in line:
                break
        process.kill()
    deadline = time.monotonic() + 20
    while (left := processes_in(room)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def test_nothing_is_lost_and_no_mail_is_sent_twice_whatever_is_killed_and_when(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rounds = []
    for seed in range(ROUNDS):
        rounds.append(play(seed, open_room(tmp_path_factory)))
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        struck = [kill["part"] for each in rounds for kill in each["kills"] or []]
        summary = {
            "rounds": len(rounds),
            "failed_rounds": sum(each["exit_code"] != 0 for each in rounds),
            "kills": {part: struck.count(part) for part in sorted(set(struck))},
            "details": rounds,
        }
        REPORT.write_text(json.dumps(summary, indent=1))
    assert [(each["seed"], each["failed"], each["timeline"]) for each in rounds if each["exit_code"] != 0] == []
