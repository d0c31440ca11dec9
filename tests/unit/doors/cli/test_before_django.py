"""Every command is there before Django is set up: a module of commands that needs models at import ends all of them."""

from __future__ import annotations

import subprocess
import sys

ALL = "from orbweaver.doors.cli import build; build(); from django.apps import apps; print(apps.ready)"


def test_all_commands_load_without_models() -> None:
    asked = subprocess.run([sys.executable, "-c", ALL], capture_output=True, text=True, check=False)
    assert (asked.stdout.strip(), asked.stderr) == ("False", "")
