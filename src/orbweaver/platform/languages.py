"""The languages of pages and letters. Each is one folder below ``locale/``, and nothing elsewhere names one.

``language.toml``: its name in itself, gettext's rule of its plurals, what its typography refuses,
how the first day of a month is written. ``LC_MESSAGES/``:
the texts of pages, as gettext keeps them (English has none: it is what is translated). ``letters/``: what goes to
companies. ``docs/developers/translations.md`` says how one is added.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("locale")
FIRST: Final = "en"
"""The language in which everything is written, shown where a language is not there."""


@dataclass(frozen=True)
class Language:
    """One language. ``plurals`` is "" for the one that is translated."""

    code: str
    name: str
    plurals: str = ""
    refused: str = ""
    """A regular expression of what its typography refuses in a translation; "" refuses nothing."""
    why: str = ""
    """What to write instead, in words."""
    first: str = ""
    """The first day of a month as it is written before its name; "" for a plain 1."""

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return FOLDER / self.code


@cache
def languages() -> tuple[Language, ...]:
    """All that are here, English first."""
    found = (
        Language(path.parent.name, **tomllib.loads(path.read_text(encoding="utf-8")))
        for path in FOLDER.glob("*/language.toml")
    )
    return tuple(sorted(found, key=lambda each: (each.code != FIRST, each.name)))


def choices() -> list[tuple[str, str]]:
    """The code and the name of each, as forms take them."""
    return [(each.code, each.name) for each in languages()]


def codes() -> str:
    """The codes of all, for a sentence."""
    return ", ".join(each.code for each in languages())


def of(code: str) -> Language:
    """The language of this code; English for an unknown one, such as one removed after somebody chose it."""
    return next((each for each in languages() if each.code == code), languages()[0])


def known(code: str) -> bool:
    """Whether there is a language of this code."""
    return any(each.code == code for each in languages())
