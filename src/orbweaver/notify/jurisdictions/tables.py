"""Reads the tables that stand beside this file, and a hotline's own rows over them, once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orbweaver.errors import ConfigurationError
from orbweaver.notify.jurisdictions.messages import ROWS_NOT_TOML, ROWS_UNREADABLE, ROWS_UNUSABLE
from orbweaver.notify.jurisdictions.model import Tables
from orbweaver.notify.jurisdictions.settings import JurisdictionSettings

Rows = list[dict[str, Any]]


def tables() -> Tables:
    """The tables in force. Raises ConfigurationError for a hotline's file that cannot be used."""
    file = JurisdictionSettings.current().jurisdiction_rows
    return packaged() if file is None else _with_rows_of(file)


@cache
def packaged() -> Tables:
    """The packaged tables by country, read once a process."""
    return Tables.model_validate(_packaged())


def _packaged() -> dict[str, Any]:
    countries, hotlines = _read("countries"), _read("hotlines")
    sources = hotlines["sources"]
    return {
        "countries": {code: {"code": code, "name": name} for code, name in countries["countries"].items()},
        "duties": _read("duties")["duties"],
        "hotlines": [{**row, "source": sources[row["source"]]} for row in hotlines["hotlines"]],
        "laws": _read("laws")["laws"],
    }


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
    duties: Rows = own.get("duties", [])
    said = {(code, row["notice_type"]) for row in duties for code in row["countries"]}
    kept = [
        row | {"countries": left}
        for row in ours["duties"]
        if (left := [code for code in row["countries"] if (code, row["notice_type"]) not in said])
    ]
    hotlines: Rows = own.get("hotlines", [])
    there = {row["country"] for row in hotlines}
    laws: Rows = own.get("laws", [])
    known = {(row["country"], row["kind"]) for row in laws}
    return ours | {
        "duties": [*duties, *kept],
        "hotlines": [*hotlines, *(row for row in ours["hotlines"] if row["country"] not in there)],
        "laws": [*laws, *(row for row in ours["laws"] if (row["country"], row["kind"]) not in known)],
    }


def _where(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"]) or "rows"
    return "rows"


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors(include_url=False, include_input=False)[0]["msg"])
    return f"a row lacks {error}" if isinstance(error, KeyError) else "a row is no table of names and values"


def _read(name: str) -> dict[str, Any]:
    file = resources.files("orbweaver.notify.jurisdictions").joinpath(f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
