"""A ledger is matched whole, each lead once, with several processes at it that are killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.detect.matching.ledger_kills import PLANTED, check, kill_while_matching, plant

from orbweaver.detect.matching import claims
from orbweaver.detect.matching.engines import run_of
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.rematch import rematch
from orbweaver.detect.matching.settings import Engine
from orbweaver.platform.clock import now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def one_file_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "PART_BYTES", 1)


@pytest.mark.parametrize("engine", list(Engine))
def test_every_engine_gives_the_same_leads_and_counts(engine: Engine, tmp_path: Path) -> None:
    planted, index = plant(tmp_path), ListIndex(tmp_path / "index")
    planted.come()
    found = rematch(planted.ledger, index, now(), run=run_of(engine))
    assert found.leads == PLANTED
    check(planted, found)
    assert rematch(planted.ledger, index, now(), run=run_of(engine)).leads == 0
    check(planted, found)


@pytest.mark.sweep
def test_killed_processes_leave_no_row_unmatched_and_make_no_lead_twice(tmp_path: Path) -> None:
    planted = plant(tmp_path)
    hit, found = kill_while_matching(planted, tmp_path, kills=4)
    assert hit
    check(planted, found)
