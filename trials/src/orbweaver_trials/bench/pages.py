"""``orbweaver bench pages``: how soon every page answers for every role, with much in it and analysts at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from orbweaver_trials.bench.apart import NotMeasured, run_apart
from orbweaver_trials.bench.result import BenchResult, Progress
from orbweaver_trials.demo.surroundings import TIRELESS, free_port, scrubbed
from orbweaver_trials.sample.settings import settings_of

ITEMS, NOTICES, ROUNDS = 1_000_000, 100_000, 40
QUICK: Final = 100
"""What ``--quick`` measures is so many times smaller, and each page is loaded half as often."""
GOAL_MS: Final = 300.0
NO_PAGE: Final = 405
"""What an address answers that takes a form alone."""


def run_pages(quick: bool, progress: Progress) -> BenchResult:
    """Fill a throw-away installation, serve it, load its pages. Raises NotMeasured."""
    much, rounds = {"items": ITEMS, "notices": NOTICES}, ROUNDS
    if quick:
        much, rounds = {name: number // QUICK for name, number in much.items()}, ROUNDS // 2
    with tempfile.TemporaryDirectory(prefix="orbweaver-bench-pages-") as folder:
        room = Path(folder)
        room.chmod(0o711)  # PostgreSQL's own account passes through when this is root
        chosen = settings_of(room, free_port()) | TIRELESS | {"DEBUG_QUERIES": "true"}
        environment = scrubbed(os.environ) | {f"ORBWEAVER_{name}": value for name, value in chosen.items()}
        progress("seeding a small hotline")
        _seed(room, environment)
        progress(f"filling to {much['items']:,} items and {much['notices']:,} notices")
        filled = run_apart("orbweaver_trials.bench.pages_run", json.dumps(much), environment=environment)
        progress("loading every page")
        order = json.dumps({"rounds": rounds})
        return result_of(filled | run_apart("orbweaver_trials.bench.pages_run", order, environment=environment))


def _seed(room: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-P", "-m", "orbweaver_trials.sample", "--seed-only", "--data-dir", str(room)]
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
        raise NotMeasured("The sample could not be seeded; what it said is above.")


def result_of(found: dict[str, Any]) -> BenchResult:
    """The table, slowest first. A page that does not answer 200 or leads elsewhere is said, and counts for nothing."""
    counts, work = found["counts"], found["work"]
    result = BenchResult(f"Pages with {counts['items']:,} items, {counts['notices']:,} notices, analysts at work")
    right = [each for each in found["pages"] if each["status"] == 200 and not each["is_file"]]
    files = [each for each in found["pages"] if each["status"] == 200 and each["is_file"]]
    for each in sorted(right, key=lambda row: -row["p95"]):
        result.rows.append({
            "page": each["page"], "role": each["role"], "p50 ms": each["p50"], "p95 ms": each["p95"],
            "queries": each["queries"], "kB": each["kB"],
        })  # fmt: skip
    slowest = result.rows[0]
    result.rows += [
        {"file": each["page"], "role": each["role"], "p95 ms": each["p95"], "kB": each["kB"]} for each in files
    ]
    result.figures |= {"p95_ms": slowest["p95 ms"], "pages": len(right), "items_answered": work["items"]}
    result.answers = {"p95_ms": slowest["p95 ms"], "slowest": f"{slowest['page']} ({slowest['role']})"}
    over = [each for each in right if each["p95"] > GOAL_MS]
    result.figures["pages_over_goal"] = len(over)
    if over:
        result.notes.append(f"Goal missed: {len(over)} pages take longer than {GOAL_MS:.0f} ms at the 95th percentile.")
    refused = [each for each in found["pages"] if each["status"] >= 400 and each["status"] != NO_PAGE]
    wrong = [f"{each['page']} ({each['role']}): {each['status']}" for each in refused]
    if wrong:
        result.notes.append(f"Not answered as they should be: {', '.join(wrong)}.")
    if found["without"]:
        result.notes.append(f"Nothing in this database to open these with: {', '.join(found['without'])}.")
    if not work["looks"]:
        result.notes.append(
            "No analyst could look at a picture: what looks cost beside the pages is not in these figures."
        )
    result.notes += [
        f"Filled in {found['filled_s']:.0f} s: {', '.join(f'{n:,} {name}' for name, n in counts.items())}.",
        f"The analysts answered {work['items']} items and looked at {work['looks']} pictures meanwhile; "
        f"{work['refused']} times they got nothing.",
        f"Times are those of a visitor on this machine, by the clock; its load was {os.getloadavg()[0]:.1f}.",
    ]
    return result
