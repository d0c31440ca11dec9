"""What an installation at rest costs: ``orbweaver up`` with an empty database of its own, all of its processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psutil

from orbweaver.errors import Unavailable
from orbweaver_trials.bench.result import BenchResult, Progress

SETTLE_S: Final = 360.0
"""Seconds after which what follows a start is over: decoders that came up for it end after five minutes."""
START_WITHIN_S: Final = 300.0
STOP_WITHIN_S: Final = 60.0
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
    for each, (part, used, memory) in after.items():
        sums = by_part.setdefault(part, [0.0, 0.0, 0.0])
        sums[0] += used - (before[each][1] if each in before else 0.0)
        sums[1] += memory / 2**20
        sums[2] += 1
    result = BenchResult(f"An installation at rest, for {lasted:.0f} s")
    for part, (spent, held, count) in sorted(by_part.items(), key=lambda item: -item[1][0]):
        share = round(100 * spent / lasted, 2)
        result.rows.append({"part": part, "% of one core": share, "MB": round(held), "processes": int(count)})
    totals = [sum(column) for column in zip(*by_part.values(), strict=True)]
    result.figures["idle_core_percent"] = 100 * totals[0] / lasted
    result.figures["idle_memory_mb"] = totals[1]
    result.figures["idle_processes"] = totals[2]
    result.notes.append(
        f"Altogether {100 * totals[0] / lasted:.2f} % of one core, {totals[2]:.0f} processes, {totals[1]:.0f} MB (what "
        "processes share counted once). On a busy machine the same work takes more processor time."
    )
    return result


def _times(*roots: int) -> dict[int, tuple[str, float, int]]:
    """Part, processor seconds and memory in bytes (PSS) of each process below these."""
    found: dict[int, tuple[str, float, int]] = {}
    for root in roots:
        top = psutil.Process(root)
        for process in (top, *top.children(recursive=True)):
            try:
                spent: Any = process.cpu_times()
                found[process.pid] = (_part(process), spent.user + spent.system, process.memory_full_info().pss)
            except psutil.NoSuchProcess:
                continue
    return found


def _part(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    if "postgres" in process.name():
        return "PostgreSQL"
    return next((part for part in PARTS if f".{part}" in words or f" {part}" in words or f"/{part}." in words), "other")
