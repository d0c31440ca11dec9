"""Campaign: the world that shares none of the program's assumptions, and a year of it. Its ledger decides.

A world takes some four minutes on a quiet machine. WILD_DAYS (60 unless set) is how long the year is, at twelve seconds
a day. Figures go to build/soak/wild*.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DAYS = int(os.environ.get("WILD_DAYS", "60"))
FIGURES = (
    "false_removals",
    "missed_removals",
    "unheard_answers",
    "false_answers",
    "misplaced_notices",
    "lost_media",
    "unheeded_identifications",
)

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


@pytest.mark.parametrize("options", [[], ["--year", "--days", str(DAYS)]], ids=["a world", "a year"])
def test_nothing_that_the_program_says_of_another_world_is_false(options: list[str]) -> None:
    command = [sys.executable, "-m", "orbweaver", "demo", "--wild", "--json", *options]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3_600 + 40 * DAYS)
    assert answer.stdout.strip(), answer.stderr
    result: dict[str, Any] = json.loads(answer.stdout)
    report = Path("build/soak") / f"wild{'_year' if options else ''}.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(result, indent=1), encoding="utf-8")
    beyond = result[
        "lost_media_beyond_a_hash"
    ]  # with the reason, measured on the file: crops of what is on a list alone
    expected = dict.fromkeys(FIGURES, 0) | {"lost_media": len(beyond)}
    assert {figure: result[figure] for figure in FIGURES} == expected, result["wild_cases"]
    assert all("crop" in each["kind"] and each["why"] for each in beyond)
    assert result["stills_seen"] == result["stills_expected"]
    assert answer.returncode == 0
