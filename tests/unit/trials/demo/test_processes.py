"""Commands of a demonstration: what does not end is said, not thrown at whoever looks on."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from orbweaver_trials.demo.processes import DemoFailed, run_command


def test_a_command_that_does_not_end_fails_the_demonstration_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def never_ends(*_: Any, **options: Any) -> None:
        raise subprocess.TimeoutExpired("orbweaver", options["timeout"])

    monkeypatch.setattr(subprocess, "run", never_ends)
    with pytest.raises(DemoFailed, match="`orbweaver lists import` did not end within 5 seconds"):
        run_command(["lists", "import", "list.csv"], {}, 5)
