"""What a look at the machine or the settings says. Rooms bring looks of their own to ``orbweaver doctor``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


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
