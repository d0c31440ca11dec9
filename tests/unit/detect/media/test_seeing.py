"""What a person is shown is made by a process of its own, which nobody has to end."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import atexit, psutil
atexit.register(lambda: print(len(psutil.Process().children())))  # the first to be registered runs last
import django
django.setup()
from orbweaver.detect.media import seeing
assert seeing.fingerprints_of(b"no picture").error
assert psutil.Process().children()
"""


def test_the_process_that_makes_pictures_ends_with_the_program_that_started_it() -> None:
    asked = [sys.executable, "-c", PROGRAM]
    assert subprocess.run(asked, env=os.environ, capture_output=True, text=True, check=True).stdout.strip() == "0"
