"""The first change of docs/developers/first-change.md, taken from the page and carried out."""

from __future__ import annotations

import copy
import importlib.util
import re
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .walkthroughs import FILE, TOP

PAGE = (TOP / "docs/developers/first-change.md").read_text(encoding="utf-8")
TEMPLATE = "web/public/crawler.html"
TEMPLATES = TOP / "src/orbweaver/doors/web/templates"


def block(language: str) -> str:
    """The one block in this language that is no file of its own."""
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def the_promise(tmp_path: Path) -> Any:
    """The function of the test file that the page shows."""
    ((name, text),) = FILE.findall(PAGE)
    assert not (TOP / name).exists()
    path = tmp_path / Path(name).name
    path.write_text(text, encoding="utf-8")
    (promise,) = (value for name, value in runpy.run_path(str(path)).items() if name.startswith("test_"))
    return promise


def changed_page() -> str:
    """The template with the line of the walkthrough at the end of the list that it names."""
    before, heading, after = (
        (TEMPLATES / TEMPLATE).read_text(encoding="utf-8").partition('{% translate "What it does" %}')
    )
    assert heading
    return before + heading + after.replace("</ul>", block("html").strip() + "</ul>", 1)


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What ``make translations`` runs."""
    spec = importlib.util.spec_from_file_location("translations", TOP / "tools/translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "translations", module)  # where its dataclasses look
    spec.loader.exec_module(module)
    return module


def test_its_test_fails_before_the_change(db: None, client: Any, the_promise: Any) -> None:
    with pytest.raises(AssertionError):
        the_promise(None, client)


def test_its_test_passes_with_the_change(
    db: None, client: Any, the_promise: Any, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / TEMPLATE).parent.mkdir(parents=True)
    (tmp_path / TEMPLATE).write_text(changed_page(), encoding="utf-8")
    changed = copy.deepcopy(settings.TEMPLATES)
    changed[0]["DIRS"] = [tmp_path]
    settings.TEMPLATES = changed
    the_promise(None, client)


def test_its_text_is_found_and_its_french_is_right(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(changed_page(), encoding="utf-8")
    (tmp_path / "fr.po").write_text(block("po"), encoding="utf-8")
    (entry,) = tool.read(tmp_path / "fr.po").values()
    assert (entry.text, "") in set(tool._of_template(tmp_path / "page.html"))
    assert tool.problems("fr", entry) == []
