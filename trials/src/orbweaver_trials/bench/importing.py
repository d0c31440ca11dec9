"""``orbweaver bench import``: how long a list takes to come in, to come again, and to be written."""

from __future__ import annotations

import json
from typing import Any, Final

from orbweaver_trials.bench.apart import run_apart, throw_away
from orbweaver_trials.bench.result import BenchResult, Progress

GOAL_S: Final = 600.0
"""For 10 million rows on two cores: within this, if their processor time, spread over both, is less."""
GOAL_ROWS: Final = 10_000_000
QUICK, USUAL, FULL = 100_000, 1_000_000, GOAL_ROWS
CORES: Final = 2
STEPS: Final = {"import": "import", "again": "the same file again", "export": "export"}


def run_import(quick: bool, full: bool, progress: Progress) -> BenchResult:
    """Write a file, import it twice and export it, in an installation that is thrown away. Raises NotMeasured."""
    rows = FULL if full else QUICK if quick else USUAL
    progress(f"importing {rows:,} rows twice, then exporting them")
    with throw_away() as environment:
        found = run_apart("orbweaver_trials.bench.import_run", json.dumps({"rows": rows}), environment=environment)
    return result_of(found)


def result_of(found: dict[str, Any]) -> BenchResult:
    """The table. Processor time is that of this process and of its PostgreSQL together."""
    rows = found["rows"]
    result = BenchResult(f"A list of {rows:,} rows, one hash each, as CSV")
    for name, title in STEPS.items():
        step = found[name]
        spent = step["own_cpu_s"] + step["database_cpu_s"]
        result.rows.append(
            {
                "step": title,
                "s": step["seconds"],
                "rows/s": rows / step["seconds"],
                "CPU s": spent,
                "of it database": step["database_cpu_s"],
                "µs a row": spent / rows * 1e6,
                "peak MB": step["peak_mb"],
            }
        )
        result.figures |= {
            f"{name}_s": step["seconds"],
            f"{name}_cpu_s": spent,
            f"{name}_rows_per_s": rows / step["seconds"],
            f"{name}_peak_mb": step["peak_mb"],
        }
    expected = result.figures["import_cpu_s"] / rows * GOAL_ROWS / CORES
    result.notes.append(f"10 million rows on {CORES} idle cores, by the processor time a row: {expected:.0f} s.")
    if rows >= GOAL_ROWS and result.figures["import_s"] > GOAL_S:
        result.notes.append(f"The goal of {GOAL_S:.0f} s for 10 million rows was missed here by the clock.")
    return result
