"""No migration keeps those who use a table from it for long, or takes from the code of before it what that uses.

Each is played on tables that hold rows, and timed. ``make sweep`` has a few rows, and sees by the form of a table
whether a migration read it through. ``make soak`` has a million in each table that grows; ``SOAK_ROWS`` and
``SOAK_APPS`` say how many, and of what: ``review matching``, or one table of an app alone: ``evidence.evidenceobject``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.platform.runtime.test_migrate_additive import OF_BEFORE

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name("timed_migrations.py")
ROWS = int(os.environ.get("SOAK_ROWS", "1000000"))
APPS = os.environ.get("SOAK_APPS", "").split()
LONGEST_S = 1.0
"""For ten million rows: what grows with them takes a tenth of it for a million."""
KNOWN = {
    "linking.0002_position": ["linking_mediatrace"],
    "matching.0004_scanhits_organisation": ["matching_scanhits"],
    "notices.0002_together": ["notices_outboxmessage"],
    "notices.0003_concluding": ["notices_outboxmessage"],
}
"""Migrations of before this test which nothing may change any more, and the tables that they read through: with a
constraint made anew, or an index on a column that they add or rename. From now on one adds the column, and the next the
index."""


OF_DJANGO = {"contenttypes.0002_remove_content_type_name"}

Played = tuple[list[dict[str, Any]], dict[str, Any]]


def played(rows: int, *apps: str) -> Played:
    """What each migration did, and which tables had rows."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-timed-") as name:
        Path(name).chmod(0o711)
        own = {"ORBWEAVER_DATA_DIR": f"{name}/data", "ORBWEAVER_KEYS_DIR": f"{name}/keys", "ORBWEAVER_DATABASE_URL": ""}
        own["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-P", str(PROGRAM), str(rows), *apps]
        done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    *found, last = map(json.loads, done.stdout.splitlines())
    return found, last


@pytest.fixture(scope="module")
def on_a_few() -> Played:
    """What they did to a few rows of each table."""
    return played(500)


@pytest.mark.sweep
@pytest.mark.timeout(900)
def test_no_migration_builds_an_index_or_a_table_anew_while_it_keeps_others_from_it(on_a_few: Played) -> None:
    found, last = on_a_few
    assert {each["migration"]: each["read_through"] for each in found if each["read_through"]} == KNOWN
    assert last["with_rows"] > 80, last


@pytest.mark.sweep
@pytest.mark.timeout(900)
def test_code_of_before_a_migration_finds_its_columns_and_keys_and_puts_in_its_rows(on_a_few: Played) -> None:
    found, _ = on_a_few
    assert {each["migration"] for each in found if each["missed"]} - OF_DJANGO == OF_BEFORE, found


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_none_holds_a_table_up_for_longer_than_is_known(soak_figures: Callable[..., None]) -> None:
    found, last = played(ROWS, *APPS)
    held = {each["migration"]: each["held_s"] for each in found if each["held_s"]}
    held = {name: each for name, each in held.items() if name not in KNOWN}
    soak_figures(rows=ROWS, held_s=held)
    bound = LONGEST_S * min(1.0, ROWS / 10_000_000) + 0.1
    assert {name: each for name, each in held.items() if max(each.values()) > bound} == {}, last
