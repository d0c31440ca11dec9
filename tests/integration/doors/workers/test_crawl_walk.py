"""Who follows one leased URL to its outcome reads few files and seldom goes back, as `tools/walk.py` counts."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[4]
MOST_FILES = 12
MOST_RETURNS = 12


@pytest.fixture
def walk(monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("walk", TOP / "tools" / "walk.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "walk", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.django_db(transaction=True)
def test_a_leased_url_leads_a_reader_through_twelve_files_and_back_twelve_times_at_most(walk: Any) -> None:
    layers = walk.layers_of(TOP / "pyproject.toml")
    walks = [each.by_the_door() for each in walk.crawled()]
    assert len(walks) == 2
    for each in walks:
        assert "fingerprints" in each.files
        assert len(each.files) <= MOST_FILES, walk.shown(each, layers)
        assert each.returns <= MOST_RETURNS, walk.shown(each, layers)
        assert not each.callbacks(layers), walk.shown(each, layers)


def test_a_file_that_is_called_from_two_places_is_gone_back_to(walk: Any) -> None:
    one = walk.Walk("a.py")
    for pair in (("a.py", "b.py"), ("b.py", "c.py"), ("a.py", "b.py"), ("a.py", "c.py"), ("b.py", "b.py")):
        one.note(*pair)
    assert one.files == ["a.py", "b.py", "c.py"]
    assert one.returns == 4  # from c to b, to a, to c, to a


def test_a_library_is_one_file_and_what_it_calls_is_its_own_affair(walk: Any) -> None:
    one = walk.Walk("doors/workers/crawl.py")
    one.note("doors/workers/crawl.py", "detect/extraction/page_reader.py")
    one.note("detect/extraction/page_reader.py", "detect/extraction/documents.py")
    one.note("detect/extraction/documents.py", "platform/network/urls.py")
    assert one.by_the_door().files == ["doors/workers/crawl.py", "detect/extraction"]
