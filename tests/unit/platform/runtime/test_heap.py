"""Processes that live for long give back what they needed to start."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

HOLDS = """
from pathlib import Path
from orbweaver.platform.runtime.heap import give_back

def held_kb():
    return int(Path("/proc/self/smaps_rollup").read_text().partition("Anonymous:")[2].split()[0])

many = [bytes(1000) for _ in range(50_000)]
pins = many[::500]  # what is kept lies between: nothing of this goes by itself
del many
before = held_kb()
give_back()
print(before - held_kb())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library gives nothing back")
def test_what_was_needed_once_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", HOLDS], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 30_000
