"""The format of hash lists that docs/developers/plug-ins.md shows, taken from the page and put to work."""

from __future__ import annotations

import ast
import datetime as dt
import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orbweaver.detect.hashlists import formats
from orbweaver.detect.hashlists.exporting import export_rows
from orbweaver.detect.hashlists.importing import import_list
from orbweaver.detect.hashlists.rules import COLUMNS
from orbweaver.detect.hashlists.selectors import get_list

from .walkthroughs import TOP, files_in

FILES = files_in("docs/developers/plug-ins.md", "A format of hash lists")
TESTS = "tests/unit/detect/hashlists"
FORMATS = "src/orbweaver/detect/hashlists/formats"
BESIDE = """
from orbweaver.detect.hashlists import formats
formats.__path__.append({folder!r})
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_it_takes_at_most_three_files() -> None:
    assert 2 <= len(FILES) <= 3
    assert not any((TOP / name).exists() for name in FILES)


def test_it_says_nothing_that_catalogues_and_the_list_of_codes_would_have_to_follow(world: Path) -> None:
    """A message of its own would need its French, the compiled catalogue and a line in the reference: three more."""
    (module,) = (world / FORMATS).glob("*.py")
    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)}
    assert not called & {"Message", "_", "gettext", "gettext_lazy", "ngettext"}


@pytest.mark.sweep
def test_it_keeps_what_every_format_promises(world: Path) -> None:
    shutil.copy(TOP / TESTS / "list_format_conformance.py", world / TESTS)
    (world / TESTS / "conftest.py").write_text(BESIDE.format(folder=str(world / FORMATS)))
    (world / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n")
    command = [sys.executable, "-m", "pytest", TESTS]
    done = subprocess.run(command, cwd=world, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_it_keeps_the_house_s_rules(world: Path) -> None:
    shutil.copy(TOP / "pyproject.toml", world)
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ruff")), *command, "--no-cache", "src", "tests"],
            cwd=world,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_its_files_are_known_by_how_they_begin_and_exports_can_be_imported_again(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(world / FORMATS)])
    path = world / "known.txt"
    path.write_text(f"md5:{'01' * 16}\nnonsense\nsha256:{'02' * 32}\n")
    at = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
    run = import_list(path, list_name="Plain", supplier="NCMEC", now=at)
    assert (run.added, [each.line for each in run.rejections.all()]) == (2, [2])
    rows = list(export_rows(get_list("Plain")))
    assert [(row["classification"], row["source"]) for row in rows] == [("unclassified", "NCMEC")] * 2
    written = io.StringIO()
    plain = formats.format_named("plain")
    assert plain.write(rows, written) == 2
    assert written.getvalue() == f"md5:{'01' * 16}\nsha256:{'02' * 32}\n"
    assert set(plain.columns) < set(COLUMNS)
