"""No two modules import one another, at the head of a file or within a function."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def tool() -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("cycles_of_tools", TOP / "tools" / "cycles.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_no_two_modules_of_ours_import_one_another(tool: Any) -> None:
    found = tool.imports_of()
    assert any(each.deferred for each in found)
    assert tool.circles(found) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("import package.two", "from package import one"),
        ("from package.two import name", "def late():\n    from package.one import name"),
        ("from package import two", "class Holder:\n    def late(self):\n        import package.one"),
    ],
)
def test_a_circle_is_found_however_it_is_hidden(tool: Any, tmp_path: Path, one: str, other: str) -> None:
    (tmp_path / "package").mkdir()
    for name, text in {"__init__": "", "one": one, "two": other, "three": "import package.one"}.items():
        (tmp_path / "package" / f"{name}.py").write_text(text)
    [circle] = tool.circles(tool.imports_of((tmp_path,)))
    assert [(each.importer, each.imported) for each in circle] == [
        ("package.one", "package.two"),
        ("package.two", "package.one"),
    ]


def test_an_import_for_types_alone_makes_no_circle(tool: Any, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import two")
    (tmp_path / "two.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import one")
    assert tool.circles(tool.imports_of((tmp_path,))) == []
