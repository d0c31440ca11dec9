"""The framework's chart of responses: age class × category × identified, 18 cells, each with a word (R53). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from orbweaver.account_for.transparency.suppression import FEWEST
from orbweaver.assess.criteria import AgeClass, Category
from orbweaver.platform.rule_tables import Body, RuleTable

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
    """The table ``chart``: data/responses.toml, or the hotline's own."""

    version: str
    fewest: int
    grace_days: int
    questioned_share: float
    removed_share: float


class _Chart(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fewest: int = Field(ge=FEWEST)
    """A word about fewer would say what the page hides."""
    grace_days: int = Field(ge=1, le=3650)
    questioned_share: float = Field(gt=0, le=1)
    removed_share: float = Field(gt=0, le=1)


def _read(body: Body) -> _Chart:
    return _Chart.model_validate(body)


CHART: Final = RuleTable("chart", "account_for/transparency/data/responses.toml", _read, keys={})


def response_rules() -> ResponseRules:
    """The thresholds in force."""
    return ResponseRules(version=CHART.version(), **CHART.in_force().model_dump())


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
