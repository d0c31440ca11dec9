"""The framework's chart of responses: age class × category × identified, 18 cells, each with a word (R53). Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from orbweaver.assess.criteria import AgeClass, Category

AGE_CLASSES = tuple(AgeClass)
CATEGORIES = tuple(Category)


class Response(StrEnum):
    """How providers respond to a kind of material."""

    MOSTLY_REMOVED = "mostly_removed"
    OFTEN_QUESTIONED = "often_questioned"
    UNLIKELY = "unlikely"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CellCounts:
    """Addresses of one cell: notified at all, removed since, open for longer than the grace, questioned, straddling."""

    notified: int = 0
    removed: int = 0
    open_long: int = 0
    questioned: int = 0
    straddling: int = 0


@dataclass(frozen=True)
class ResponseRules:
    """data/responses.toml, read once."""

    version: str
    fewest: int
    grace_days: int
    questioned_share: float
    removed_share: float


@cache
def response_rules() -> ResponseRules:
    """The thresholds in force."""
    text = (files("orbweaver.account_for.transparency") / "data" / "responses.toml").read_text(encoding="utf-8")
    return ResponseRules(**tomllib.loads(text))


def response_of(cell: CellCounts, rules: ResponseRules | None = None) -> Response:
    """The word for a cell."""
    rules = rules or response_rules()
    countable = cell.removed + cell.open_long
    if cell.notified < rules.fewest:
        return Response.UNKNOWN
    if cell.questioned >= rules.questioned_share * cell.notified:
        return Response.OFTEN_QUESTIONED
    if countable == 0:
        return Response.UNKNOWN
    return Response.MOSTLY_REMOVED if cell.removed >= rules.removed_share * countable else Response.UNLIKELY
