"""Reads the tables that stand beside this file, once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from orbweaver.notify.jurisdictions.model import Tables


@cache
def tables() -> Tables:
    """The packaged tables by country, read once a process."""
    countries, hotlines = _read("countries"), _read("hotlines")
    sources = hotlines["sources"]
    return Tables.model_validate(
        {
            "countries": {code: {"code": code, "name": name} for code, name in countries["countries"].items()},
            "duties": _read("duties")["duties"],
            "hotlines": [{**row, "source": sources[row["source"]]} for row in hotlines["hotlines"]],
            "laws": _read("laws")["laws"],
        }
    )


def _read(name: str) -> dict[str, Any]:
    file = resources.files("orbweaver.notify.jurisdictions").joinpath(f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
