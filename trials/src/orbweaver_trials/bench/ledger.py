"""``orbweaver bench ledger``: what matching a ledger with later lists costs, by one process and by two."""

from __future__ import annotations

import json
from typing import Any, Final

from orbweaver_trials.bench.apart import run_apart, throw_away
from orbweaver_trials.bench.result import BenchResult, Progress

GOAL_TWO: Final = 1.8
"""Times as many rows with two processes as with one, while each has a processor to itself."""
QUICK, USUAL, FULL = 100_000, 400_000, 2_000_000
"""Rows."""
ENTRIES: Final = 100_000
FEW: Final = 10_000


def run_ledger(quick: bool, full: bool, progress: Progress) -> BenchResult:
    """Fill a ledger in a throw-away installation, import entries, and match it in each way. Raises NotMeasured."""
    rows = FULL if full else QUICK if quick else USUAL
    entries = FEW if quick else ENTRIES
    progress(f"{rows:,} rows against {entries:,} hashes, by one process and by two")
    with throw_away() as environment:
        order = json.dumps({"rows": rows, "entries": entries})
        found = run_apart("orbweaver_trials.bench.ledger_run", order, environment=environment)
    return result_of(found)


def result_of(found: dict[str, Any]) -> BenchResult:
    """The table. Rows a core-second are of the processors' time of all processes that match, not of the database."""
    rows = found["rows"]
    result = BenchResult(f"A ledger of {rows:,} rows matched with {found['entries']:,} hashes")
    took = {run["way"]: run for run in found["runs"]}
    one, two = took["one process"], took["two processes"]
    for run in found["runs"]:
        name = run["way"]
        result.rows.append(
            {
                "way": name,
                "s": run["seconds"],
                "CPU s": run["cpu_s"],
                "rows a core-second": rows / run["cpu_s"],
                "hit": f"{run['leads']} of {found['planted']}",
            }
        )
        key = name.replace(" ", "_")
        result.figures |= {f"ledger_rows_per_core_s_{key}": rows / run["cpu_s"], f"ledger_s_{key}": run["seconds"]}
    result.figures |= {
        "ledger_two_times_by_processor": 2 * one["cpu_s"] / two["cpu_s"],
        "ledger_two_times_by_clock": one["seconds"] / two["seconds"],
    }
    if result.figures["ledger_two_times_by_processor"] < GOAL_TWO:
        result.notes.append(f"Two processes: the goal ({GOAL_TWO} times the rows of one) was missed here.")
    result.notes.append("By the clock two are as many times as fast only where nothing else uses the processors.")
    result.notes.append("Plain: one hash a picture, as in files of before mirrored ones were kept; else all eight.")
    return result
