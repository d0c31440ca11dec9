"""How far the demonstration has come: what it waits by."""

from __future__ import annotations

import io

from rich.console import Console

from orbweaver_trials.demo.stages import Stages


def test_it_has_come_further_with_every_step_and_no_further_than_all_of_them() -> None:
    stages = Stages(Console(file=io.StringIO()))
    reached = [stages.reached_in_all()]
    for name, done in [("crawl", 1), ("crawl", 2), ("recheck", 1), ("recheck", 900)]:
        stages.update(name, done, 2)
        reached.append(stages.reached_in_all())
    assert reached == [0, 1, 2, 3, 4], "checks go on for ever, and are no sign that anything else does"
