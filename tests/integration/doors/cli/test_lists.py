"""``lists import`` and ``lists export`` as a script uses them, in every format.

A sweep; a sample of the formats is in `test_import.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = f"kind,value,classification\nmd5,{'01' * 16},csam\nmd5,zz,csam\n"


@pytest.mark.sweep
@pytest.mark.django_db(transaction=True)
def test_a_list_goes_out_in_one_format_and_comes_in_again_by_how_its_file_begins(
    database_url: str, tmp_path: Path
) -> None:
    env = os.environ | {"ORBWEAVER_DATABASE_URL": database_url, "ORBWEAVER_DATA_DIR": str(tmp_path / "data")}

    def lists(*words: str | Path) -> tuple[str, int]:
        command = [sys.executable, "-m", "orbweaver", "lists", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=100, check=False)
        return done.stdout, done.returncode

    (tmp_path / "first.csv").write_text(ROWS)
    text, code = lists("import", tmp_path / "first.csv", "--json")
    assert (json.loads(text)["added"], json.loads(text)["rejected"], code) == (1, 1, 4)
    whole, code = lists("export", "first")
    columns = "kind,value,classification,identified,series,source,baseline,id,member,media,time,state,history"
    assert (whole.splitlines()[0], code) == (columns, 0)
    assert lists("export", "first", "--format", "jsonl", "-o", tmp_path / "second")[1] == 0
    assert lists("import", tmp_path / "second", "--supplier", "first", "--json")[1] == 0
    assert lists("export", "second")[0] == whole
    assert lists("export", "first", "--format", "xlsx")[1] == 1
