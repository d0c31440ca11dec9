from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("index_killing", Path(__file__).parent / "killing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Campaign(tmp_path, seed=11)


def test_an_index_killed_at_any_moment_opens_as_before_or_after_the_change(campaign: Any) -> None:
    """A sample; ``tests/soak/index`` runs the campaign at full size."""
    for _ in range(5):
        campaign.round()
    assert campaign.outcome.faults == []
    assert campaign.outcome.changes > 0
