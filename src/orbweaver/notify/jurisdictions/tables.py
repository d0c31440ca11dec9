"""The tables that stand beside this file, with a hotline's own: a version in force, else rows of a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from orbweaver.errors import ConfigurationError, InvalidInput
from orbweaver.notify.jurisdictions.messages import NOT_A_COUNTRY, ROWS_NOT_TOML, ROWS_UNREADABLE, ROWS_UNUSABLE
from orbweaver.notify.jurisdictions.model import DutyRow, Hotline, LawRow, Tables
from orbweaver.notify.jurisdictions.settings import JurisdictionSettings
from orbweaver.platform.rule_tables import Body, RuleTable, version_of_file

Rows = list[dict[str, Any]]


class _Duties(BaseModel):
    model_config = ConfigDict(extra="forbid")
    duties: tuple[DutyRow, ...]


class _Hotlines(BaseModel):
    model_config = ConfigDict(extra="forbid")
    hotlines: tuple[Hotline, ...]


class _Laws(BaseModel):
    model_config = ConfigDict(extra="forbid")
    laws: tuple[LawRow, ...]


def _duties(body: Body) -> tuple[DutyRow, ...]:
    found = _Duties.model_validate(body).duties
    _expect_countries(code for row in found for code in row.countries)
    named = [(code, row.notice_type) for row in found for code in row.countries]
    if len(set(named)) != len(named):
        raise ValueError("two rows speak for the same country and type")
    return found


def _hotlines(body: Body) -> tuple[Hotline, ...]:
    rows = {name: value for name, value in body.items() if name != "sources"}
    found = _Hotlines.model_validate({**rows, "hotlines": _with_sources(body)}).hotlines
    _expect_countries(row.country for row in found)
    return found


def _laws(body: Body) -> tuple[LawRow, ...]:
    found = _Laws.model_validate(body).laws
    _expect_countries(row.country for row in found)
    return found


def _expect_countries(codes: Iterable[str]) -> None:
    for code in codes:
        if code not in _countries():
            raise InvalidInput(NOT_A_COUNTRY.of(code=code))


def _with_sources(body: Body) -> Rows:
    """Rows of hotlines with their sources in words: of those at the head of the table, or written in the row."""
    sources = body.get("sources", {})
    return [{**row, "source": sources.get(row.get("source"), row.get("source"))} for row in body["hotlines"]]


def _duties_over(ours: Body, own: Body) -> Body:
    rows: Rows = own["duties"]
    said = {(code, row["notice_type"]) for row in rows for code in row["countries"]}
    kept = [
        row | {"countries": left}
        for row in ours["duties"]
        if (left := [code for code in row["countries"] if (code, row["notice_type"]) not in said])
    ]
    return {**own, "duties": [*rows, *kept]}


def _hotlines_over(ours: Body, own: Body) -> Body:
    rows = _with_sources(own)
    there = {row["country"] for row in rows}
    kept = [row for row in ours["hotlines"] if row["country"] not in there]
    return {**own, "sources": ours.get("sources", {}), "hotlines": [*rows, *kept]}


_FOLDER: Final = "notify/jurisdictions"
DUTIES: Final = RuleTable(
    "duties",
    f"{_FOLDER}/duties.toml",
    _duties,
    keys={"duties": ("countries", "notice_type")},
    lay_over=_duties_over,
)
HOTLINES: Final = RuleTable(
    "hotlines",
    f"{_FOLDER}/hotlines.toml",
    _hotlines,
    keys={"hotlines": ("country", "name")},
    lay_over=_hotlines_over,
    ordered=True,
)
LAWS: Final = RuleTable("laws", f"{_FOLDER}/laws.toml", _laws, keys={"laws": ("country", "kind")})


def tables() -> Tables:
    """The tables in force. Raises ConfigurationError for a hotline's file that cannot be used.

    A version that a second person agreed to goes before the rows of a file.
    """
    file = JurisdictionSettings.current().jurisdiction_rows
    found = packaged() if file is None else _with_rows_of(file)
    own: dict[str, Any] = {table.name: table.in_force() for table in (DUTIES, HOTLINES, LAWS) if table.is_agreed}
    return found.model_copy(update=own) if own else found


def version_of(table: RuleTable[Any]) -> str:
    """The name of what holds of one of the three tables: with that of a hotline's file where its rows lie over it."""
    file = JurisdictionSettings.current().jurisdiction_rows
    return table.version() if file is None or table.is_agreed else f"{table.version()}+{_file_version(file)}"


@cache
def _file_version(file: Path) -> str:
    return version_of_file(file.read_text(encoding="utf-8"))


@cache
def packaged() -> Tables:
    """The packaged tables by country, read once a process."""
    return Tables.model_validate(_packaged())


def _packaged() -> dict[str, Any]:
    return {
        "countries": {code: {"code": code, "name": name} for code, name in _countries().items()},
        "duties": DUTIES.packaged[1]["duties"],
        "hotlines": _with_sources(HOTLINES.packaged[1]),
        "laws": LAWS.packaged[1]["laws"],
    }


@cache
def _countries() -> dict[str, str]:
    file = resources.files("orbweaver.notify.jurisdictions").joinpath("countries.toml")
    names: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))["countries"]
    return names


@cache
def _with_rows_of(file: Path) -> Tables:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        raise ConfigurationError(ROWS_UNREADABLE) from None
    return with_rows(text)


def with_rows(text: str) -> Tables:
    """The packaged tables with the rows of a TOML file over them. Raises ConfigurationError with where and why.

    A duty or law of the file stands in place of ours for the same country and kind; hotlines of a country in place of
    all of ours there. Each row names its source and date, as ours do; ``unknown`` takes back what we say.
    """
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(ROWS_NOT_TOML.of(error=str(error))) from None
    strange = own.keys() - {"duties", "hotlines", "laws"}
    if strange:
        raise ConfigurationError(ROWS_UNUSABLE.of(where=min(strange), why="no such table"))
    try:
        return Tables.model_validate(_laid_over(_packaged(), own))
    except (ValidationError, TypeError, KeyError, AttributeError) as error:
        raise ConfigurationError(ROWS_UNUSABLE.of(where=_where(error), why=_why(error))) from None


def _laid_over(ours: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    laws: Rows = own.get("laws", [])
    known = {(row["country"], row["kind"]) for row in laws}
    return (
        ours
        | _duties_over(ours, {"duties": own.get("duties", [])})
        | {"hotlines": _hotlines_over(ours, {"hotlines": own.get("hotlines", [])})["hotlines"]}
        | {"laws": [*laws, *(row for row in ours["laws"] if (row["country"], row["kind"]) not in known)]}
    )


def _where(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"]) or "rows"
    return "rows"


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors(include_url=False, include_input=False)[0]["msg"])
    return f"a row lacks {error}" if isinstance(error, KeyError) else "a row is no table of names and values"
