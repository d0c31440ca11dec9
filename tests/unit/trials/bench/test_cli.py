"""``orbweaver bench`` as people call it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from orbweaver_trials.bench.cli import app


@pytest.mark.parametrize("option", ["--quick", "--json", "--full"])
def test_an_option_before_what_is_measured_is_refused_and_not_passed_over(option: str) -> None:
    ran = CliRunner().invoke(app, [option, "frontier", "--help"])
    assert ran.exit_code == 2
    assert "stand behind" in ran.stderr
