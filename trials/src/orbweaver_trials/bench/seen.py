"""``orbweaver bench seen``: how soon new list entries meet what this machine saw before they came."""

from __future__ import annotations

import json
from typing import Any, Final

from orbweaver.doors.duties import DUTIES
from orbweaver_trials.bench.apart import run_apart, throw_away
from orbweaver_trials.bench.result import BenchResult, Progress

GOAL_S: Final = 60.0
"""From an entry's import to the places it hits waiting in the frontier, for the last 100 million fingerprints."""
GOAL_ROWS: Final = 100_000_000
QUICK, USUAL, FULL = 1_000_000, 10_000_000, GOAL_ROWS
"""Fingerprints that were seen."""
IMPORTS: Final = (1, 1_000, 100_000)
"""Entries that come at once."""
DUTY: Final = "new entries met with what was seen"


def run_seen(quick: bool, full: bool, progress: Progress) -> BenchResult:
    """Fill a store in a throw-away installation, import entries, and time the worker's duty. Raises NotMeasured."""
    rows = FULL if full else QUICK if quick else USUAL
    progress(f"writing {rows:,} fingerprints, then importing {', '.join(f'{each:,}' for each in IMPORTS)} entries")
    order = {"rows": rows, "imports": IMPORTS}
    with throw_away(SEEN_MILLIONS="1000") as environment:
        found = run_apart("orbweaver_trials.bench.seen_run", json.dumps(order), environment=environment)
    return result_of(found)


def result_of(found: dict[str, Any]) -> BenchResult:
    """The table. Whether the goal was met is said of what was measured alone: with 100 million."""
    rows, wait = found["rows"], next(each.every_s for each in DUTIES if each.name == DUTY)
    result = BenchResult(f"New entries meet {rows:,} fingerprints seen before them")
    figures = result.figures
    figures |= {"seen_rows": rows, "seen_recall": found["hit"] / found["planted"]}
    figures |= {"seen_memory_mb": found["memory_mb"], "seen_appended_per_s": found["appended_per_s"]}
    for each in found["imports"]:
        entries, lasted, cpu = each["entries"], each["seconds"], each["cpu_s"]
        result.rows.append(
            {
                "entries": entries,
                "hit": each["hit"],
                "s": lasted,
                "CPU s": cpu,
                "µs a row": cpu / rows * 1e6,
                "s with wait": lasted + wait,
            }
        )
        figures |= {
            f"seen_s_{entries}": lasted,
            f"seen_cpu_s_{entries}": cpu,
            f"seen_within_s_{entries}": lasted + wait,
        }
        if rows >= GOAL_ROWS and lasted + wait > GOAL_S:
            result.notes.append(f"{entries:,} entries: the goal of {GOAL_S:.0f} s for 100 million was missed here.")
    if rows < GOAL_ROWS:
        result.notes.append("The goal is a minute for 100 million fingerprints; --full measures that.")
    result.notes.append(f"The wait: the worker looks {wait:.0f} s after its last look at the latest.")
    return result
