"""The picture of the folders shows the code as it is, and no import leads up."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[3]


@pytest.fixture
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("structure_picture", TOP / "tools" / "structure_picture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_in_the_documents_is_that_of_this_code(tool: Any) -> None:
    assert tool.PICTURE.read_text("utf-8") == tool.picture(TOP), "Run `make docs`."


def test_no_folder_imports_from_one_above_it(tool: Any) -> None:
    names = tool.folders(TOP, by_name=False)
    assert len(names) == 10
    pairs = tool.imports(TOP / "src" / "orbweaver", names)
    assert ("detect", "fingerprints") in pairs
    assert [pair for pair in pairs if names.index(pair[0]) > names.index(pair[1])] == []
    assert 'class="up"' not in tool.picture(TOP)
