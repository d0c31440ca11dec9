"""Campaign: kill -9 at 100 random moments of matching a ledger, by two processes at once (SOAK_KILLS makes it smaller).

Figures go to build/soak.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.detect.matching.ledger_kills import check, kill_while_matching, plant

from orbweaver.detect.matching import claims

KILLS = int(os.environ.get("SOAK_KILLS", "100"))

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0), pytest.mark.django_db(transaction=True)]


def test_a_ledger_is_matched_whole_and_each_lead_made_once_whatever_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soak_figures: Callable[..., None]
) -> None:
    monkeypatch.setattr(claims, "PART_BYTES", 1)
    planted = plant(tmp_path)
    hit, found = kill_while_matching(planted, tmp_path, KILLS)
    check(planted, found)
    soak_figures(kills=KILLS, hit_at_work=hit, rows=found.rows, matching=found.matching, leads=len(planted.urls))
