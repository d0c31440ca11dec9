"""What an installation at rest costs: ``orbweaver up`` with an empty database of its own, all of its processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from orbweaver.errors import Unavailable
from orbweaver_trials.bench.result import BenchResult, Progress

SETTLE_S: Final = 420.0
"""Seconds after which what follows a start is over: decoders that came up for it end after five minutes, and all that
waits for changes asks every two seconds (``platform.pulse``)."""
START_WITHIN_S: Final = 300.0
STOP_WITHIN_S: Final = 60.0
WAKES: Final = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)", re.M)
PARTS: Final = (
    "worker",
    "crawl-worker",
    "copies-worker",
    "web",
    "api",
    "up",
    "keeper",
    "warden",
    "template",
    "fingerprints",
)


def run_idle(seconds: float, progress: Progress) -> BenchResult:
    """Start an installation, let it settle, and count the processor time of everything it runs."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-idle-") as folder:
        progress("starting an installation")
        up = _started(Path(folder))
        try:
            progress(f"letting it settle for {SETTLE_S:.0f} s")
            time.sleep(SETTLE_S)
            progress(f"watching it for {seconds:.0f} s")
            return _measured(up.pid, Path(folder), seconds)
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(STOP_WITHIN_S)


def _started(folder: Path) -> subprocess.Popen[str]:
    """An installation that says it is ready. Raises Unavailable when it does not."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ORBWEAVER_")}
    env["ORBWEAVER_DATA_DIR"] = str(folder)
    command = [sys.executable, "-P", "-m", "orbweaver", "up", "--port", "0", "--json"]
    up = subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert up.stdout is not None
    deadline = time.monotonic() + START_WITHIN_S
    for line in up.stdout:
        if json.loads(line)["event"] == "ready":
            return up
        if time.monotonic() > deadline:
            break
    up.terminate()
    up.wait(STOP_WITHIN_S)
    raise Unavailable("The installation did not start, so there is nothing to measure.")


def _measured(pid: int, folder: Path, seconds: float) -> BenchResult:
    keeper = int(json.loads((folder / "server.json").read_text())["keeper"])
    before, began = _times(pid, keeper), time.monotonic()
    time.sleep(seconds)
    after, lasted = _times(pid, keeper), time.monotonic() - began
    by_part: dict[str, list[float]] = {}
    for each, now in after.items():
        sums = by_part.setdefault(now.part, [0.0, 0.0, 0.0, 0.0])
        then = before.get(each)
        sums[0] += now.seconds - (then.seconds if then else 0.0)
        sums[1] += now.memory / 2**20
        sums[2] += 1
        sums[3] += max(0, now.wakes - then.wakes) if then else now.wakes
    result = BenchResult(f"An installation at rest, for {lasted:.0f} s")
    for part, (spent, held, count, wakes) in sorted(by_part.items(), key=lambda item: -item[1][0]):
        result.rows.append(
            {
                "part": part,
                "% of one core": round(100 * spent / lasted, 2),
                "wakes/s": round(wakes / lasted, 1),
                "MB": round(held),
                "processes": int(count),
            }
        )
    totals = [sum(column) for column in zip(*by_part.values(), strict=True)]
    result.figures["idle_core_percent"] = 100 * totals[0] / lasted
    result.figures["idle_memory_mb"] = totals[1]
    result.figures["idle_processes"] = totals[2]
    result.figures["idle_wakes_per_s"] = totals[3] / lasted
    result.notes.append(
        f"Altogether {100 * totals[0] / lasted:.2f} % of one core, {totals[3] / lasted:.0f} wakes a second, "
        f"{totals[2]:.0f} processes, {totals[1]:.0f} MB (what processes share counted once). What a wake costs is the "
        "machine's: on a virtual one that sleeps in between, five times what it costs where something keeps it awake."
    )
    return result


@dataclass(frozen=True)
class _Seen:
    """What a process has taken so far: processor seconds, memory in bytes (PSS), wakes of all of its threads."""

    part: str
    seconds: float
    memory: int
    wakes: int


def _times(*roots: int) -> dict[int, _Seen]:
    """What each process below these has taken."""
    found: dict[int, _Seen] = {}
    for root in roots:
        top = psutil.Process(root)
        for process in (top, *top.children(recursive=True)):
            try:
                spent: Any = process.cpu_times()
                memory = process.memory_full_info().pss
                found[process.pid] = _Seen(_part(process), spent.user + spent.system, memory, _wakes(process.pid))
            except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                continue
    return found


def _wakes(pid: int) -> int:
    """How often the threads of a process gave up the processor by themselves."""
    told = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status"))
    return sum(int(match[1]) for text in told if (match := WAKES.search(text)))


def _part(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    if "postgres" in process.name():
        return "PostgreSQL"
    return next((part for part in PARTS if f".{part}" in words or f" {part}" in words or f"/{part}." in words), "other")
