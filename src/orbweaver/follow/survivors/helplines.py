"""Help lines by country: a table that is read by people in need, so the country of the hotline comes first."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from orbweaver.follow.survivors.settings import SurvivorSettings
from orbweaver.people.settings import HotlineSettings

EMERGENCY: Final = "112"
"""The number to call at once, in the European Union and from most mobile telephones in the world."""


@dataclass(frozen=True)
class HelpLine:
    """Its name, the number as people write it, and the language of the name (BCP 47)."""

    name: str
    number: str
    language: str
    audience: str
    """``children``, ``adults`` or ``everyone``."""
    texts: str = ""
    """The number for text messages; "" where it takes none."""

    @property
    def dial(self) -> str:
        """The number for a telephone."""
        return "".join(char for char in self.number if char.isdigit())


@dataclass(frozen=True)
class NationalHelp:
    """Who else helps in the hotline's country: ``kind`` is ``steps`` or ``report``; ``number`` "" where it has none."""

    name: str
    address: str
    language: str
    kind: str
    number: str

    @property
    def dial(self) -> str:
        """The number for a telephone."""
        return "".join(char for char in self.number if char.isdigit())


@dataclass(frozen=True)
class CountryLines:
    """The help lines of one country, and its emergency number."""

    country: str
    emergency: str
    lines: Sequence[HelpLine]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("helplines.toml").read_text(encoding="utf-8"))


def as_of() -> dt.date:
    """When the table was last gone through."""
    found: dt.date = _table()["as_of"]
    return found


def worldwide() -> list[tuple[str, str]]:
    """Directories of help lines everywhere: name and address."""
    return list(_table()["worldwide"].items())


def elsewhere() -> dict[str, str]:
    """Addresses of others who help: Take It Down (``under_18``), StopNCII (``adult``), Report Remove."""
    found: dict[str, str] = _table()["elsewhere"]
    return found


def national(language: str) -> list[NationalHelp]:
    """Who else helps in the hotline's country: in this language, else in English, else whoever there is."""
    country = HotlineSettings.current().hotline_country.upper()
    found = [NationalHelp(*each) for each in _table()["national"].get(country, ())]
    spoken = ([each for each in found if each.language == wanted] for wanted in (language, "en"))
    return next((those for those in spoken if those), found)


def search_engines() -> list[tuple[str, str]]:
    """Where search engines are asked not to show a page: name and address."""
    return list(_table()["search_engines"].items())


def lines_in(country: str) -> CountryLines:
    """Those of a country; none where the table has none, but always an emergency number."""
    table = _table()
    lines = [HelpLine(*line) for line in table["lines"].get(country, ())]
    return CountryLines(country, table["emergency"].get(country, EMERGENCY), lines)


def own_country() -> CountryLines:
    """Those of the hotline's country."""
    return lines_in(HotlineSettings.current().hotline_country.upper())


def own_line() -> str:
    """The hotline's own help line as the settings say it; "" where it has none."""
    return SurvivorSettings.current().survivor_help_line.strip()


def other_countries() -> list[CountryLines]:
    """All others in the table, by their codes."""
    own = HotlineSettings.current().hotline_country.upper()
    return [lines_in(country) for country in sorted(_table()["lines"]) if country != own]
