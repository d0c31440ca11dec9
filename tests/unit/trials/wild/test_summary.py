"""What a wild run says to scripts: all that the demonstration says, and what its ledger decides."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from orbweaver_trials.demo import driver as demo
from orbweaver_trials.demo import summary as demo_summary
from orbweaver_trials.wild.driver import Outcome
from orbweaver_trials.wild.judgement import Case
from orbweaver_trials.wild.plan import Plan
from orbweaver_trials.wild.summary import as_json

FINE = Outcome(
    figures={"notices": 3},
    cases=[],
    unplayed=[],
    waiting=[],
    stills_seen=4,
    stills_expected=4,
    book={"mails": []},
    plan=cast(Plan, None),
    seconds=1.0,
    days=2.0,
    setbacks=[],
    answered={"ada": 1},
    restarts=0,
)
LOST = Case("lost_media", "crop", "plain.example", "nothing", "there")


def test_it_has_every_key_of_the_demonstration_and_what_the_ledger_decides() -> None:
    nothing: Any = SimpleNamespace(
        figures={}, ok=True, seconds=1.0, restarts=0, kills=[], setbacks=[], ledger={"mails": []}, checks=[]
    )
    said = as_json(FINE)
    assert demo_summary.as_json(cast(demo.Outcome, nothing)).keys() <= said.keys()
    decided = {"false_removals", "missed_removals", "unheard_answers", "misplaced_notices", "lost_media", "stills_seen"}
    assert decided <= said.keys()
    assert all(check["ok"] for check in said["checks"])


@pytest.mark.parametrize(
    ("outcome", "fails"),
    [
        (replace(FINE, cases=[LOST]), 1),
        (replace(FINE, cases=[replace(LOST, beyond="no hash finds it")]), 0),
        (replace(FINE, stills_seen=3, unplayed=["a bounce"]), 2),
    ],
)
def test_its_checks_fail_where_the_run_does(outcome: Outcome, fails: int) -> None:
    said = as_json(outcome)
    assert sum(not check["ok"] for check in said["checks"]) == fails
    assert said["ok"] == (not fails)
