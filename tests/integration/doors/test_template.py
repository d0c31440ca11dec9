"""The process of which the parts of ``orbweaver up`` are forks, with the whole program loaded."""

from __future__ import annotations

import os
import time
from importlib.metadata import version
from pathlib import Path

from orbweaver.platform.runtime.installation import TEMPLATE
from orbweaver.platform.runtime.template import Template


def test_a_command_that_is_forked_does_what_it_does_when_it_is_started(tmp_path: Path) -> None:
    nobody = "postgresql://orbweaver@localhost:1/orbweaver"  # nothing may be asked of a database while it loads
    env = {**os.environ, "ORBWEAVER_DATA_DIR": str(tmp_path), "ORBWEAVER_RESOLVED_DATABASE_URL": nobody}
    said = tmp_path / "said"
    with said.open("ab") as log:
        template = Template(TEMPLATE, env, log.fileno())
        try:
            while template.is_loading():
                time.sleep(0.05)
            code = template.fork(["--version"], env, log.fileno()).wait()
        finally:
            template.close()
    assert (code, said.read_text()) == (0, f"orbweaver {version('orbweaver')}\n")
