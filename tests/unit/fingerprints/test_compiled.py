"""Machine code that an installation compiled serves every account that may read it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numba.core.caching import _CacheLocator

SOURCE = """
from orbweaver.fingerprints.compiled import compiled

@compiled
def doubled(numbers):
    return numbers * 2
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program_of_a_test.py"
    path.write_text(SOURCE)
    return path


def loaded(path: Path) -> ModuleType:
    """The module as a new process has it."""
    spec = importlib.util.spec_from_file_location("program_of_a_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def refuse(_: object) -> None:
    raise PermissionError("read-only")


def test_what_lies_beside_the_source_is_read_where_nothing_can_be_written(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert loaded(program).doubled(3) == 6
    kept = set(program.parent.rglob("*.nb?"))
    assert kept
    monkeypatch.setattr(_CacheLocator, "ensure_cache_path", refuse)
    read = loaded(program).doubled
    assert read(4) == 8
    assert sum(read.stats.cache_hits.values()) == 1
    assert not read.stats.cache_misses
    assert read(np.float64(1.5)) == 3.0, "what was not compiled before is compiled for this process alone"
    assert set(program.parent.rglob("*.nb?")) == kept


def test_what_lies_beside_another_source_is_not_taken(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(program).doubled(3) == 6
    program.write_text(
        SOURCE.replace("* 2", "* 30")
    )  # of another length: Python, too, keeps what it compiled within one second
    monkeypatch.setattr(_CacheLocator, "ensure_cache_path", refuse)
    assert loaded(program).doubled(3) == 90
