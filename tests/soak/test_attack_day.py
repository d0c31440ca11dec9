"""An attack day: every finding of the assessment, tried again in one go, and what came of each as a figure."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FINDINGS = TESTS / "soak" / "attack_day.toml"


def findings() -> dict[str, list[str]]:
    """Finding → the tests that would fail were it there."""
    parts = tomllib.loads(FINDINGS.read_text(encoding="utf-8"))
    return {finding: tests for part in parts.values() for finding, tests in part.items()}


def outcomes(report: Path) -> dict[str, str]:
    """Test (``path::name`` below ``tests``) → passed, skipped or failed; a test of several cases is as its worst is."""
    found: dict[str, str] = {}
    worst = ("passed", "skipped", "failed")
    for case in ET.parse(report).iter("testcase"):
        module, dot, group = case.get("classname", "").removeprefix("tests.").partition(".Test")
        path = module.replace(".", "/") + ".py"
        name = f"Test{group}::" * bool(dot) + case.get("name", "").partition("[")[0]
        kinds = {each.tag for each in case}
        said = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        for key in (f"{path}::{name}", path):
            found[key] = max(said, found.get(key, "passed"), key=worst.index)
    return found


@pytest.mark.soak
def test_no_finding_is_there_again(tmp_path: Path, soak_figures: Callable[..., None]) -> None:
    wanted = findings()
    nodes = sorted({str(TESTS / node) for tests in wanted.values() for node in tests})
    report, began = tmp_path / "report.xml", time.monotonic()
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *nodes]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "ORBWEAVER_"))}
    done = subprocess.run(argv, cwd=TESTS.parent, env=kept, check=False, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-2000:]  # 4: a test is not there, so none ran
    came = outcomes(report)
    per_finding = {finding: sorted({came.get(node, "not run") for node in tests}) for finding, tests in wanted.items()}
    soak_figures(findings=len(wanted), tests=len(nodes), seconds=round(time.monotonic() - began), outcomes=per_finding)
    left = {finding: said for finding, said in per_finding.items() if said != ["passed"]}
    assert left == {}, done.stdout[-6000:]
