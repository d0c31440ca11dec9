"""A measurement in a process of its own, with an installation of its own that is thrown away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from orbweaver.errors import Unavailable

ENDING_S: Final = 30.0
"""Seconds that a broken-off measurement gets to end by itself."""


class NotMeasured(Unavailable):
    """What was measured ended without a result."""

    code = "bench_failed"


@contextmanager
def throw_away(**settings: str) -> Iterator[dict[str, str]]:
    """The environment of an installation that is gone after the block: ``settings`` are ours, without the prefix."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-bench-") as room:
        Path(room).chmod(0o711)  # PostgreSQL's own account passes through when this is root
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ORBWEAVER_")}
        yield kept | {
            "ORBWEAVER_DATA_DIR": f"{room}/data",
            "ORBWEAVER_KEYS_DIR": f"{room}/keys",
            "DJANGO_SETTINGS_MODULE": "orbweaver.platform.django_settings",
            **{f"ORBWEAVER_{name}": value for name, value in settings.items()},
        }


def run_apart(module: str, *arguments: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON object on the last line that a module prints. Raises NotMeasured."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process, _ending(process):
        said = process.communicate()[0]
    if process.returncode or not said.strip():
        raise NotMeasured("The measurement failed; what it said is above. Nothing of it was kept.")
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


@contextmanager
def _ending(process: subprocess.Popen[str]) -> Iterator[None]:
    """When this is broken off, by Ctrl-C or SIGTERM, the process ends first: its database lies in our folder."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    except BaseException:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDING_S)
        process.kill()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
