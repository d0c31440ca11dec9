"""The measured import, in a process of its own: ``python -m orbweaver_trials.bench.import_run <order as JSON>``.

The environment names a database and a data folder that are thrown away. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

KINDS: Final = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
CHUNK: Final = 50_000
TICKS: Final = os.sysconf("SC_CLK_TCK")


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Import a file of random hashes twice and export the list."""
    from orbweaver.detect.hashlists.exporting import export_list
    from orbweaver.detect.hashlists.formats import format_named
    from orbweaver.detect.hashlists.importing import import_list
    from orbweaver.detect.hashlists.selectors import get_list

    rows, folder = int(order["rows"]), Path(os.environ["ORBWEAVER_DATA_DIR"])
    path = folder / "list.csv"
    write_file(path, rows)

    def take() -> None:
        run = import_list(path, list_name="Benchmark", supplier="benchmark", now=now())
        if run.rows != rows or run.rejected:
            raise RuntimeError(f"{run.rows} of {rows} rows were read, {run.rejected} refused")

    def give() -> None:
        with (folder / "out.csv").open("w", encoding="utf-8", newline="") as file:
            report = export_list(get_list("Benchmark"), format_named("csv"), file)
        if report.hashes != rows:
            raise RuntimeError(f"{report.hashes} of {rows} hashes were written")

    return {"rows": rows} | {name: timed(step) for name, step in (("import", take), ("again", take), ("export", give))}


def write_file(path: Path, rows: int) -> None:
    """A list with as many rows of each kind, all random."""
    generator, names = np.random.default_rng(1), list(KINDS)
    with path.open("w", encoding="ascii") as file:
        file.write("kind,value,classification,identified,series,source,baseline\n")
        for first in range(0, rows, CHUNK):
            count = min(CHUNK, rows - first)
            text = generator.bytes(count * 32).hex()
            for number in range(count):
                kind = names[number % len(names)]
                value = text[number * 64 : number * 64 + 2 * KINDS[kind]]
                file.write(f"{kind},{value},csam,unidentified,,NCMEC,no\n")


def timed(step: Callable[[], None]) -> dict[str, float]:
    """Seconds by the clock and of processor time, and this process's greatest memory so far."""
    clock, own, database = time.perf_counter(), time.process_time(), database_cpu_s()
    step()
    return {
        "seconds": time.perf_counter() - clock,
        "own_cpu_s": time.process_time() - own,
        "database_cpu_s": database_cpu_s() - database,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def database_cpu_s() -> float:
    """Processor time of all processes of the database that are there, in seconds."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    parent = _status(Path(f"/proc/{backend}"))[1]
    family = [_status(each) for each in Path("/proc").iterdir() if each.name.isdecimal()]
    return sum(ticks for _, above, ticks in family if above == parent) / TICKS


def _status(process: Path) -> tuple[int, int, int]:
    """Number, parent and ticks of processor time of a process; zeros for one that has just gone."""
    try:
        told = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0, 0
    return int(process.name), int(told[1]), int(told[11]) + int(told[12])


def main(order: dict[str, Any]) -> None:
    """Measure and print."""
    with open_session():
        print(json.dumps(measure(order)), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    main(json.loads(sys.argv[1]))
