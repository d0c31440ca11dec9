"""Formats of hash lists: one file each, behind one Protocol. Every module of this folder that has ``FORMAT`` is one."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import IO

from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.formats.lines import MAX_LINE
from orbweaver.detect.hashlists.formats.protocol import HoldsSomeClassifications, ListFormat, ListRow, RefusedRow
from orbweaver.detect.hashlists.messages import FILE_UNREADABLE, FORMAT_UNUSABLE, NOT_A_FILE, UNKNOWN_FORMAT
from orbweaver.errors import ConfigurationError

__all__ = [
    "USUAL",
    "HoldsSomeClassifications",
    "ListFormat",
    "ListRow",
    "RefusedRow",
    "format_named",
    "format_of",
    "formats",
    "opened",
]

USUAL = "csv"
"""What is written when none is named, and what a file is taken for that no format knows."""


def formats() -> dict[str, ListFormat]:
    """All formats by name, the usual one first. Raises ConfigurationError for a file that is none or takes a name."""
    found: dict[str, ListFormat] = {}
    for module in pkgutil.iter_modules(__path__):
        offered = getattr(importlib.import_module(f"{__name__}.{module.name}"), "FORMAT", None)
        if offered is None:
            continue
        if not isinstance(offered, ListFormat) or offered.name in found:
            raise ConfigurationError(FORMAT_UNUSABLE.of(name=module.name))
        found[offered.name] = offered
    return dict(sorted(found.items(), key=lambda each: each[0] != USUAL))


def format_named(name: str) -> ListFormat:
    """A format by its name. Raises BadList."""
    known = formats()
    if name not in known:
        raise BadList(UNKNOWN_FORMAT.of(name=name, known=", ".join(known)))
    return known[name]


def format_of(path: Path) -> ListFormat:
    """The format of a file by how it begins. Raises BadList when it cannot be read."""
    with opened(path) as file:
        beginning = file.read(MAX_LINE)
    known = formats()
    return next((each for each in known.values() if each.recognises(beginning)), known[USUAL])


def opened(path: Path) -> IO[str]:
    """The file as text: UTF-8 with or without its mark; what is not UTF-8 is replaced. Raises BadList."""
    if not path.is_file():
        raise BadList(NOT_A_FILE.of(path=str(path)))
    try:
        return path.open(encoding="utf-8-sig", errors="replace", newline="")
    except OSError as error:
        raise BadList(FILE_UNREADABLE.of(path=str(path), reason=str(error.strerror))) from None
