"""What continuous integration runs: the tests on the newest Python, and again on the oldest that is supported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[3] / ".ci" / "run"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout in which every program only says that it was called; `.venv` is of Python 3.13."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(RUN, tmp_path / ".ci" / "run")
    make_program(tmp_path / "tools" / "browser.sh", "")
    make_program(tmp_path / "bin" / "make", 'echo "make $1"')
    make_program(tmp_path / ".venv" / "bin" / "python", "exit 1")  # to the question whether it is the oldest
    make_program(tmp_path / ".venv" / "bin" / "uv", "exit 0")  # to the question whether there is one
    return tmp_path


def make_program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def run(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{clone / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    command = ["bash", str(clone / ".ci" / "run")]
    return subprocess.run(command, env={"PATH": path} | environment, capture_output=True, text=True, check=False)


def test_the_tests_run_on_the_oldest_then_on_the_newest(clone: Path) -> None:
    done = run(clone)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "make setup",
        "make check",
        "make supply",
        "make oldest",
        "make sweep",
        "make test",
    ]


def test_they_run_once_where_the_newest_is_the_oldest(clone: Path) -> None:
    make_program(clone / ".venv" / "bin" / "python", "exit 0")
    assert "make oldest" not in run(clone).stdout


def test_where_the_oldest_is_missing_it_says_so_and_ends_with_the_tests(clone: Path) -> None:
    make_program(clone / ".venv" / "bin" / "uv", "exit 2")
    done = run(clone)
    assert done.returncode == 0
    assert "no Python 3.11 is installed" in done.stdout
    assert done.stdout.splitlines()[-1] == "make test"


def test_where_the_oldest_is_missing_but_required_it_fails_before_the_tests(clone: Path) -> None:
    make_program(clone / ".venv" / "bin" / "uv", "exit 2")
    done = run(clone, CI_REQUIRE_OLDEST="1")
    assert done.returncode == 1
    assert "make test" not in done.stdout


@pytest.mark.parametrize("step", ["check", "oldest", "sweep", "test"])
def test_it_fails_with_each_step(clone: Path, step: str) -> None:
    make_program(clone / "bin" / "make", f'echo "make $1"; [ "$1" != {step} ]')
    assert run(clone).returncode != 0


def test_the_questions_it_asks_are_answered_by_real_programs(tmp_path: Path) -> None:
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    question = next(line for line in RUN.read_text().splitlines() if "version_info" in line)
    asked = question.strip().removeprefix("if ").removesuffix("; then")
    is_oldest = subprocess.run(["bash", "-c", asked], cwd=tmp_path, check=False).returncode == 0
    assert is_oldest == (sys.version_info[:2] == (3, 11))
