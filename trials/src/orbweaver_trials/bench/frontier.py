"""``orbweaver bench frontier``: what a URL costs PostgreSQL when one and when many crawlers use one frontier."""

from __future__ import annotations

import json
from typing import Any, Final

from orbweaver_trials.bench.apart import run_apart, throw_away
from orbweaver_trials.bench.result import BenchResult, Progress

GOAL_KEPT: Final = 0.9
"""Of one crawler's URLs for each second of PostgreSQL's processors, with many."""
GOAL_WAITING: Final = 0.05
"""Share of sessions that wait for locks."""
QUICK, USUAL = (1, 8), (1, 16, 64)
"""Crawlers at once."""


def run_frontier(quick: bool, progress: Progress) -> BenchResult:
    """Fake crawlers on the frontier's own functions, in a throw-away installation. Raises NotMeasured."""
    workers = QUICK if quick else USUAL
    order = {"workers": workers, "seconds": 8 if quick else 20}
    progress(f"{', '.join(map(str, workers))} crawlers that fetch nothing, 2,000 hosts, ten links a page")
    with throw_away() as environment:
        found = run_apart("orbweaver_trials.bench.frontier_run", json.dumps(order), environment=environment)
    return result_of(found)


def result_of(found: dict[str, Any]) -> BenchResult:
    """The table, and how much of one crawler's rate is kept."""
    result = BenchResult("The frontier with many crawlers")
    first = found["runs"][0]
    for run in found["runs"]:
        workers = run["workers"]
        rate = run["urls"] / run["database_cpu_s"]
        kept = rate / (first["urls"] / first["database_cpu_s"])
        result.rows.append(
            {
                "crawlers": workers,
                "URLs": run["urls"],
                "URLs a PostgreSQL second": rate,
                "kept": kept,
                "waiting for locks": run["waiting"],
            }
        )
        result.figures |= {
            f"frontier_urls_per_database_s_{workers}": rate,
            f"frontier_kept_{workers}": kept,
            f"frontier_waiting_{workers}": run["waiting"],
        }
        if kept < GOAL_KEPT or run["waiting"] > GOAL_WAITING:
            result.notes.append(f"{workers} crawlers: the goal (0.9 kept, 5 % waiting) was missed here.")
    return result
