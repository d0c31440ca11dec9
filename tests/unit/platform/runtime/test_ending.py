"""A process that was asked to stop, and waits for something that does not come."""

from __future__ import annotations

import subprocess
import sys

import pytest

_WAITS = """
import signal, threading
from orbweaver.platform.runtime.ending import ended_in_time
with ended_in_time({seconds}, 4) as asked:
    signal.signal(signal.SIGTERM, lambda *_: asked())
    signal.raise_signal(signal.SIGTERM)
    {what}
raise SystemExit(7)
"""


@pytest.mark.parametrize(
    ("seconds", "what", "code"), [(0.1, "threading.Event().wait()", 4), (3600, "pass", 7)], ids=["waits", "ends"]
)
def test_it_ends_with_the_code_that_was_named_unless_it_ends_by_itself(seconds: float, what: str, code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _WAITS.format(seconds=seconds, what=what)], capture_output=True, timeout=60, check=False
    )
    assert (ended.returncode, b"ended without it" in ended.stderr) == (code, code == 4)
