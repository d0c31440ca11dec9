"""Pages that a query makes, told by the rules in data/queries.toml: never the object of a notice. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator, model_validator

from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse
from orbweaver.platform.patterns import Holds, beginning, require_few, whole
from orbweaver.platform.rule_tables import Body, Own, RuleTable, adopted

MAX_PARAMETERS: Final = 100
"""Parameters of an address that are looked at."""
MAX_PATH: Final = 2000


@dataclass(frozen=True, slots=True)
class QueryRule:
    """All conditions that are given must hold; the file says what each means."""

    name: str
    host: Holds | None
    path: Holds | None
    any_of: frozenset[str]

    def holds(self, url: ParsedUrl, parameters: frozenset[str]) -> bool:
        """Whether the address is one that this rule is about. ``parameters`` are those with a value."""
        if self.host is not None and not self.host(url.host.removeprefix("www.")):
            return False
        if self.path is not None and not self.path(url.path[:MAX_PATH]):
            return False
        return not self.any_of or bool(self.any_of & parameters)


def is_query_page(url: str) -> bool:
    """Whether a query made the page at this address. False for what is no http or https address."""
    try:
        parsed = parse(url)
    except InvalidUrl:
        return False
    return is_made_by_query(parsed)


def is_made_by_query(url: ParsedUrl) -> bool:
    """The same of an address that is parsed already."""
    fields = "&".join(url.query.split("&", MAX_PARAMETERS)[:MAX_PARAMETERS])
    parameters = frozenset(name.lower() for name, value in parse_qsl(fields) if value)
    return any(rule.holds(url, parameters) for rule in query_rules())


def query_rules() -> tuple[QueryRule, ...]:
    """The rules in force, in the order of their table."""
    own = adopted.get(QUERIES.name)
    rules = _rules_of.get(own)
    if rules is None:
        _rules_of.clear()
        rules = _rules_of[own] = QUERIES.in_force()
    return rules


_rules_of: Final[dict[Own | None, tuple[QueryRule, ...]]] = {}
"""Those of the version in force alone: every address with a query is asked for, and nothing else changes them."""


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
    host: str | None = None
    path: str | None = None
    any_of: frozenset[str] = frozenset()

    @field_validator("host")
    @classmethod
    def _usable_host(cls, value: str | None) -> str | None:
        if value is not None:
            whole(value)
        return value

    @field_validator("path")
    @classmethod
    def _usable_path(cls, value: str | None) -> str | None:
        if value is not None:
            beginning(value)
        return value

    @model_validator(mode="after")
    def _says_something(self) -> _Rule:
        if self.host is None and self.path is None and not self.any_of:
            raise ValueError("a rule has no condition")
        return self


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rule: tuple[_Rule, ...]

    @model_validator(mode="before")
    @classmethod
    def _few(cls, written: Body) -> Body:
        rows = (row for row in written.get("rule", ()) if isinstance(row, dict))
        require_few(str(row[name]) for row in rows for name in ("host", "path") if name in row)
        return written


def _read(body: Body) -> tuple[QueryRule, ...]:
    return tuple(_rule(each) for each in _Rules.model_validate(body).rule)


def _rule(written: _Rule) -> QueryRule:
    host = None if written.host is None else whole(written.host)
    path = None if written.path is None else beginning(written.path)
    return QueryRule(written.name, host, path, written.any_of)


QUERIES: Final = RuleTable("queries", "detect/crawl/data/queries.toml", _read, keys={"rule": ("name",)}, ordered=True)
