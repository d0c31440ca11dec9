"""``ledger match`` and ``ledger compact`` as scripts use them: a real process."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orbweaver.detect.crawl.ledger import Ledger, LedgerRow

ROW = LedgerRow(b"u" * 32, None, b"s" * 32, b"1" * 20, b"5" * 16, None, None, dt.datetime(2026, 11, 24, tzinfo=dt.UTC))


def ledger(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orbweaver", "ledger", *words]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env, timeout=100, check=False)


def test_the_whole_ledger_is_matched_and_the_figures_are_json(database_url: str, tmp_path: Path) -> None:
    env = {"ORBWEAVER_DATABASE_URL": database_url, "ORBWEAVER_DATA_DIR": str(tmp_path)}
    Ledger(tmp_path / "ledger").append([ROW], ROW.seen_at.date())
    done = ledger("match", "--json", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"files": 1, "rows": 1, "matching": 0, "leads": 0, "without_address": 0}


@pytest.mark.sweep
def test_small_files_are_put_together_without_a_database(tmp_path: Path) -> None:
    for _ in range(3):
        Ledger(tmp_path / "ledger").append([ROW], ROW.seen_at.date())
    env = {"ORBWEAVER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "ORBWEAVER_DATA_DIR": str(tmp_path)}
    done = ledger("compact", "--json", env=env)
    assert (done.returncode, done.stderr, json.loads(done.stdout)) == (0, "", {"files": 3, "became": 1})
    assert ledger("compact", env=env).stdout == "There is nothing to put together.\n"
