"""``kill -9`` in the middle of an import, and the same command again: the same run goes on, nothing is there twice.

A sweep; a sample without processes is in `test_import.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orbweaver.detect.hashlists.importing import BATCH
from orbweaver.detect.hashlists.models import HashListEntry, ListImport

pytestmark = [pytest.mark.sweep, pytest.mark.django_db(transaction=True)]
ROWS = int(os.environ.get("ROWS", 4 * BATCH))
PATIENCE_S = 120.0


def test_an_import_that_was_killed_goes_on_as_the_same_run_and_nothing_is_doubled(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    rows = "".join(f"md5,{number:032x},csam,,,,\n" for number in range(ROWS))
    path.write_text("kind,value,classification,identified,series,source,baseline\n" + rows, encoding="ascii")
    command = [sys.executable, "-P", "-m", "orbweaver", "lists", "import", str(path), "--list", "Large", "--json"]
    env = os.environ | {"ORBWEAVER_DATABASE_URL": database_url, "ORBWEAVER_DATA_DIR": str(tmp_path / "data")}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as first:
        end = time.monotonic() + PATIENCE_S
        while not ListImport.objects.filter(added__gte=BATCH).exists():
            assert first.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < end, "it does not import"
            time.sleep(0.02)
        first.kill()
    broken = ListImport.objects.get()
    assert (broken.finished_at, broken.added < ROWS) == (None, True)
    assert HashListEntry.objects.count() >= broken.added
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    run = ListImport.objects.get()
    assert run.pk == broken.pk
    assert (run.state, run.added, run.changed, run.unchanged) == ("done", ROWS, 0, 0)
    assert HashListEntry.objects.count() == ROWS
