"""The scan API compared with HMA's own path: the same pictures, hashes and clients, one after the other."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from orbweaver.errors import Unavailable
from orbweaver.index import IndexStore
from orbweaver_trials.bench.api_peer import HASHES
from orbweaver_trials.bench.load import busy
from orbweaver_trials.bench.photos import photographs
from orbweaver_trials.bench.result import BenchResult, Progress, peer, this_machine

CLIENTS: Final = 16
BATCH: Final = 10_000
START_S: Final = 240.0
GOALS: Final = {"throughput_vs_hma": 8.0, "p99_vs_hma": 5.0}
MOST_CPU_MS: Final = 4.2
LEAST_PDQ: Final = 100_000.0


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a load: answers, seconds it took, latencies in milliseconds, processor seconds of the server."""

    answers: int
    seconds: float
    latencies: Sequence[float]
    cpu_s: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def p99_ms(self) -> float:
        """The latency that one answer in a hundred exceeds."""
        return statistics.quantiles(self.latencies, n=100)[98]

    @property
    def cpu_ms(self) -> float:
        """Processor time of the server for one answer."""
        return 1000 * self.cpu_s / self.answers


def run_api(quick: bool, progress: Progress) -> BenchResult:
    """Measure. ``quick`` has 100,000 entries and six seconds each, else a million and twenty. Raises PeersMissing."""
    peer("threatexchange.signal_type.pdq.signal")
    entries, seconds = (100_000, 6.0) if quick else (1_000_000, 20.0)
    rng = np.random.default_rng(17)
    hashes = rng.integers(0, 256, (entries, 32), np.uint8)
    progress("making photographs of 1 MP")
    photos = photographs("1mp", 8)
    with tempfile.TemporaryDirectory(prefix="orbweaver-bench-api-") as folder:
        progress(f"HMA's path, {entries:,} entries")
        with _hma(Path(folder), hashes) as (address, server):
            theirs = _load(address, {}, photos, seconds, server)
        progress(f"ours, {entries:,} entries")
        with _ours(Path(folder), hashes) as (address, server, key):
            headers = {"Authorization": f"Bearer {key}"}
            ours = _load(f"{address}/v1/media/", headers, photos, seconds, server)
            progress(f"batches of {BATCH:,} hashes")
            bodies = [_batch(rng) for _ in range(4)]
            batches = _load(f"{address}/v1/pdq/", headers, bodies, seconds / 2, server, clients=2)
    return _result(entries, theirs, ours, batches)


def _batch(rng: np.random.Generator) -> bytes:
    rows = rng.integers(0, 256, (BATCH, 32), np.uint8)
    return json.dumps({"hashes": [base64.b64encode(row.tobytes()).decode() for row in rows]}).encode()


def _result(entries: int, theirs: Run, ours: Run, batches: Run) -> BenchResult:
    packages = ("orbweaver", "threatexchange", "faiss-cpu", "gunicorn", "aiohttp")
    result = BenchResult(f"The scan API, 1 MP JPEGs, {CLIENTS} clients", machine=this_machine(packages))
    for name, run in (("threatexchange behind gunicorn, 2 workers", theirs), ("orbweaver api", ours)):
        result.rows.append(
            {
                "server": name,
                "entries": entries,
                "pictures/s": run.per_second,
                "CPU ms a picture": run.cpu_ms,
                "p50 ms": statistics.median(run.latencies),
                "p99 ms": run.p99_ms,
            }
        )
    result.ratios["throughput_vs_hma"] = ours.per_second / theirs.per_second
    result.ratios["p99_vs_hma"] = theirs.p99_ms / ours.p99_ms
    result.ratios["cpu_vs_hma"] = theirs.cpu_ms / ours.cpu_ms
    result.figures["cpu_ms_per_picture"] = ours.cpu_ms
    result.figures["pdq_per_s"] = BATCH * batches.per_second
    ratios = result.ratios
    missed = [f"{name} is {ratios[name]:.2f}, below {goal}" for name, goal in GOALS.items() if ratios[name] < goal]
    if ours.cpu_ms > MOST_CPU_MS:
        missed.append(f"cpu_ms_per_picture is {ours.cpu_ms:.2f}, above {MOST_CPU_MS}")
    if result.figures["pdq_per_s"] < LEAST_PDQ:
        missed.append(f"pdq_per_s is {result.figures['pdq_per_s']:,.0f}, below {LEAST_PDQ:,.0f}")
    result.notes += [f"Goal missed: {each}." for each in missed]
    result.notes.append(
        "The clients run on the same machine and take processor time, too, the more of it the faster the server is."
    )
    return result


@contextmanager
def _hma(folder: Path, hashes: Any) -> Iterator[tuple[str, psutil.Process]]:
    file, port = folder / "hashes.npy", _free_port()
    np.save(file, hashes)
    command = [sys.executable, "-m", "gunicorn", "--workers", "2", "--preload", "--log-level", "error"]
    command += ["--bind", f"127.0.0.1:{port}", "--timeout", "120", "orbweaver_trials.bench.api_peer:application()"]
    with _server(command, {HASHES: str(file)}) as process:
        address = f"http://127.0.0.1:{port}/"
        _wait(address, process)
        yield address, process


@contextmanager
def _ours(folder: Path, hashes: Any) -> Iterator[tuple[str, psutil.Process, str]]:
    data, port = folder / "data", _free_port()
    env = {"ORBWEAVER_DATA_DIR": str(data), "ORBWEAVER_API_SCANS_PER_MINUTE": "100000000"}
    orbweaver = [sys.executable, "-P", "-m", "orbweaver"]
    made = subprocess.run(
        [*orbweaver, "keys", "create", "bench", "--organisation", "Bench", "--json"],
        env=_clean(env), check=True, capture_output=True, timeout=START_S,
    )  # fmt: skip
    store = IndexStore(data / "index" / "embedded" / "pdq")
    store.rebuild(hashes, np.arange(1, len(hashes) + 1, dtype=np.int64), 0)
    store.close()
    with _server([*orbweaver, "api", "--port", str(port)], env) as process:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process)
        yield address, process, json.loads(made.stdout)["key"]


@contextmanager
def _server(command: Sequence[str], env: Mapping[str, str]) -> Iterator[psutil.Process]:
    started = subprocess.Popen(
        command, env=_clean(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield psutil.Process(started.pid)
    finally:
        started.terminate()
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def _clean(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORBWEAVER_", "DJANGO_"))}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"} | dict(more)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait(address: str, process: psutil.Process) -> None:
    """Until somebody answers there. Raises Unavailable."""
    deadline = time.monotonic() + START_S
    host, port = address.removeprefix("http://").strip("/").split(":")
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE or time.monotonic() > deadline:
                raise Unavailable("A server did not start, so there is nothing to measure.") from None
            time.sleep(0.2)


def _load(
    address: str,
    headers: Mapping[str, str],
    bodies: Sequence[bytes],
    seconds: float,
    server: psutil.Process,
    clients: int = CLIENTS,
) -> Run:
    """Keep a server busy with so many clients, each asking again once it has its answer; first a while unmeasured."""
    asyncio.run(busy(address, headers, bodies, min(seconds, 3.0), clients))
    before, began = _cpu_s(server), time.monotonic()
    latencies = asyncio.run(busy(address, headers, bodies, seconds, clients))
    lasted = time.monotonic() - began
    return Run(len(latencies), lasted, latencies, _cpu_s(server) - before)


def _cpu_s(server: psutil.Process) -> float:
    """Processor seconds of a server and its children so far."""
    times = [each.cpu_times() for each in (server, *server.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))
