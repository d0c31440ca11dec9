"""What a look at the machine or the settings says. Rooms bring looks of their own to ``orbweaver doctor``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from orbweaver.platform.runtime.walled import why_absent


class Level(StrEnum):
    """How bad it is: nothing to do, something to know, something that must be put right."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. ``advice`` is empty when there is nothing to do."""

    name: str
    level: Level
    found: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        """The check as JSON values."""
        return {name: str(value) for name, value in asdict(self).items()}


CheckGroup = tuple[str, Callable[[], Iterable[Check]]]
"""What is looked at, and how: rooms above bring theirs."""


def mode_of(path: Path) -> int | None:
    """Of what is there; None where nothing is. Raises OSError where we may not look, as ``Path.exists`` does not in all
    versions of Python."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def held_check(name: str, held: Mapping[str, bool], consequence: str) -> Check:
    """Which walls hold around a process. ``consequence``: what happens where it could be left."""
    from orbweaver.fingerprints.pool import CONFINED_BY

    missing = sorted(wall for wall, holds in held.items() if not holds)
    if not missing:
        return Check(name, Level.OK, f"shut in: {', '.join(sorted(held))}")
    found = f"not held: {', '.join(missing)}"
    if CONFINED_BY in missing:
        advice = f"Run it on Linux on x86-64 or ARM64 with seccomp: here {consequence}."
        return Check(name, Level.FAIL, found, advice)
    advice = "The others hold. Landlock (files) needs Linux 5.13; an empty network needs user namespaces or root."
    return Check(name, Level.WARN, found, advice)


def absence_check(name: str, module: str, consequence: str, *arguments: str) -> Check:
    """The failed check of a walled process that does not come up, or does not answer."""
    return Check(name, Level.FAIL, f"does not come up: {consequence}", why_absent(module, *arguments))
