"""Which Python `make setup` takes: the one that called, another where that does not fit or is much slower."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

SETUP = Path(__file__).parents[3] / "tools" / "setup.py"


@pytest.fixture(name="setup")
def load_setup() -> ModuleType:
    """The script as a module, its work not begun."""
    spec = importlib.util.spec_from_file_location("setup_script", SETUP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_python(folder: Path, minor: int, pace: int | None) -> str:
    """A program that answers the script's two questions as an interpreter would; no ``pace``: it cannot make one."""
    folder.mkdir(exist_ok=True)
    program = folder / f"python3.{minor}"
    answer = "exit 1" if pace is None else f"echo {pace}"
    program.write_text(f'#!/bin/sh\ncase "$3" in *ensurepip*) {answer};; *) echo 3 {minor};; esac\n')
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that alone is the PATH, in which the Python that calls is 3.11 at a pace of 100."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'first'}{os.pathsep}{tmp_path / 'second'}")
    monkeypatch.setattr(sys, "executable", make_python(tmp_path / "own", 11, 100))
    return tmp_path


def test_the_one_that_called_is_taken_where_none_is_much_faster(setup: ModuleType, on_path: Path) -> None:
    make_python(on_path / "first", 13, 80)
    assert setup.find_interpreter(only_this=False) == sys.executable


def test_a_much_faster_one_is_taken_and_named(
    setup: ModuleType, on_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_python(on_path / "first", 13, 90)
    faster = make_python(on_path / "second", 13, 50)  # behind another of the same name
    assert setup.find_interpreter(only_this=False) == faster
    assert faster in capsys.readouterr().out


def test_the_newest_of_the_much_faster_ones_is_taken(setup: ModuleType, on_path: Path) -> None:
    make_python(on_path / "first", 12, 30)
    newest = make_python(on_path / "second", 13, 50)
    assert setup.find_interpreter(only_this=False) == newest


def test_a_fast_one_that_cannot_make_environments_is_left(setup: ModuleType, on_path: Path) -> None:
    make_python(on_path / "first", 13, None)
    assert setup.find_interpreter(only_this=False) == sys.executable


@pytest.mark.parametrize("said", ["echo Welcome to Python", "cat", "sleep 60", "exit 3", "kill -9 $$", ":"])
def test_a_program_that_is_no_python_is_passed_over(
    setup: ModuleType, on_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    Path(make_python(on_path / "first", 13, 1)).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{said}\n")
    monkeypatch.setattr(setup, "PATIENCE_S", 0.5)
    assert setup.find_interpreter(only_this=False) == sys.executable


def test_one_that_was_asked_for_is_kept_however_slow(setup: ModuleType, on_path: Path) -> None:
    make_python(on_path / "first", 13, 1)
    assert setup.find_interpreter(only_this=True) == sys.executable


def test_one_that_was_asked_for_and_does_not_fit_is_refused(
    setup: ModuleType, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_python(on_path / "first", 13, 50)
    monkeypatch.setattr(sys, "executable", make_python(on_path / "own", 9, 1))
    with pytest.raises(SystemExit, match="is not Python"):
        setup.find_interpreter(only_this=True)


def test_where_the_one_that_called_cannot_make_environments_another_is_taken(
    setup: ModuleType, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", make_python(on_path / "own", 11, None))
    other = make_python(on_path / "first", 12, 90)
    assert setup.find_interpreter(only_this=False) == other


def test_one_too_new_or_too_old_is_never_taken(setup: ModuleType, on_path: Path) -> None:
    make_python(on_path / "first", 15, 1)
    make_python(on_path / "first", 10, 1)
    assert setup.find_interpreter(only_this=False) == sys.executable


def test_where_the_one_that_called_is_too_old_the_newest_is_taken(
    setup: ModuleType, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", make_python(on_path / "own", 9, 1))
    make_python(on_path / "first", 12, 10)
    newest = make_python(on_path / "first", 13, 90)
    assert setup.find_interpreter(only_this=False) == newest


def test_where_none_fits_it_says_what_to_install(
    setup: ModuleType, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", make_python(on_path / "own", 9, 1))
    with pytest.raises(SystemExit, match="apt install"):
        setup.find_interpreter(only_this=False)


def test_the_pace_of_a_real_interpreter_is_a_number_of_nanoseconds(setup: ModuleType) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
    assert setup.pace_of(str(base)) > 10_000
    assert setup.pace_of("/nowhere/python3.13") == 0
