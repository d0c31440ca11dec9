"""Pages that a query makes, told by the rules in data/queries.toml: never the object of a notice. Pure."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qsl

from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

MAX_PARAMETERS: Final = 100
"""Parameters of an address that are looked at."""
MAX_PATH: Final = 2000


@dataclass(frozen=True, slots=True)
class QueryRule:
    """All conditions that are given must hold; the file says what each means."""

    name: str
    host: re.Pattern[str] | None
    path: re.Pattern[str] | None
    any_of: frozenset[str]

    def holds(self, url: ParsedUrl, parameters: frozenset[str]) -> bool:
        """Whether the address is one that this rule is about. ``parameters`` are those with a value."""
        if self.host is not None and not self.host.fullmatch(url.host.removeprefix("www.")):
            return False
        if self.path is not None and not self.path.match(url.path[:MAX_PATH]):
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


@cache
def query_rules() -> tuple[QueryRule, ...]:
    """The rules, in the order of the file."""
    text = (files("orbweaver.detect.crawl") / "data" / "queries.toml").read_text(encoding="utf-8")
    return tuple(_rule(each) for each in tomllib.loads(text)["rule"])


def _rule(written: dict[str, Any]) -> QueryRule:
    unknown = written.keys() - {"name", "host", "path", "any_of"}
    if unknown or len(written) < 2:
        raise ValueError("A rule in data/queries.toml has no condition, or one that is not known.")
    return QueryRule(
        name=written["name"],
        host=re.compile(written["host"]) if "host" in written else None,
        path=re.compile(written["path"], re.IGNORECASE) if "path" in written else None,
        any_of=frozenset(written.get("any_of", ())),
    )
