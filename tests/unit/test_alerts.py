"""The alert rules: Prometheus' own tool tries them, and each figure they use is one that parts give."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
RULES = TOP / "deploy" / "prometheus"


def test_the_rules_fire_when_they_must_and_at_no_other_time() -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not here (Debian: apt-get install promtool)")
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run([tool, *command], cwd=RULES, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_figure_in_a_rule_is_one_that_the_program_gives() -> None:
    sources = "".join(path.read_text("utf-8") for path in (TOP / "src/orbweaver/doors").rglob("*.py"))
    used = set(re.findall(r"orbweaver_[a-z_]+", (RULES / "alerts.yml").read_text("utf-8")))
    missing = {name for name in used if f'"{name.removesuffix("_total")}"' not in sources}
    assert used
    assert not missing


def test_each_rule_is_tried() -> None:
    rules = re.findall(r"alert: (\w+)", (RULES / "alerts.yml").read_text("utf-8"))
    tried = re.findall(r"alertname: (\w+)", (RULES / "alerts_test.yml").read_text("utf-8"))
    assert rules
    assert {name: tried.count(name) for name in rules} == dict.fromkeys(rules, 2), "once when it is so, once when not"
