"""What parts of an installation load after they were forked from their template, each has for itself in memory.

A whole installation; what a template and its parts do is tried as a sample in `test_template.py`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from orbweaver.platform.runtime.installation import PARTS

LOADED = re.compile(r"^import time:.*\| +([\w.]+)$", re.M)
SETTLES_S = 5.0


@pytest.mark.sweep
@pytest.mark.timeout(300)
def test_no_two_parts_load_a_module_that_their_template_could_have_loaded(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ORBWEAVER_")}
    env |= {"ORBWEAVER_DATA_DIR": str(tmp_path / "data"), "PYTHONPROFILEIMPORTTIME": "1"}
    command = [sys.executable, "-P", "-m", "orbweaver", "up", "--port", "0", "--json"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as up:
        try:
            assert up.stdout is not None
            assert any(json.loads(line)["event"] == "ready" for line in up.stdout)
            time.sleep(SETTLES_S)
        finally:
            up.terminate()
            up.communicate()
    logs = {part: (tmp_path / "data" / "logs" / f"{part}.log").read_text() for part in PARTS}
    loaded = Counter(module for log in logs.values() for module in set(LOADED.findall(log)))
    assert "orbweaver.doors.workers.crawl" in loaded, "its figures are the crawler's alone"
    assert {module: count for module, count in loaded.items() if count > 1} == {}
