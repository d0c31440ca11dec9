"""Whoever counts on a disk that is full goes on: a page is answered, and the process that answers it lives."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

COUNT = """
import os, sys
from pathlib import Path
folder = Path(sys.argv[1])
from orbweaver.platform.runtime.status import REGISTRY, count_together, figures
count_together(folder)
from prometheus_client import Histogram
seconds = Histogram("pages_seconds", "Of pages.", ["status"], registry=REGISTRY)
seconds.labels("2xx").observe(0.1)
def fill():
    with (folder / "filler").open("ab", buffering=0) as file:
        for size in (2**12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
fill()
for number in range(100):  # more than the first page of the file holds
    seconds.labels(f"{number}xx").observe(0.1)
if os.fork() == 0:  # a worker that begins while the disk is full
    fill()
    for number in range(100):
        seconds.labels(f"{number}xx").observe(0.1)
    os._exit(0)
_, status = os.wait()
assert status == 0, status
assert 'pages_seconds_count{status="99xx"} ' in figures().decode()
print("counted")
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_process_that_counts_outlives_a_full_disk(small_disk: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", COUNT, small_disk], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "counted\n"), done.stderr
    assert "counts for itself" in done.stderr
