"""Kinds of site (R2) and walled gardens (R3), by rules in data/kinds.toml and data/walled_gardens.toml. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from orbweaver.platform.rule_tables import Body, RuleTable

Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
UNKNOWN: Final = "unknown"
MAX_LOOKED_AT: Final = 128 * 1024
"""Bytes of a page that are looked at; software says its name in the head or, at the foot, in a small page."""

_GENERATOR: Final = re.compile(
    r"<meta\s[^<>]{0,200}?name\s{0,5}=\s{0,5}[\"']?generator[\"']?\s[^<>]{0,200}?content\s{0,5}=\s{0,5}[\"']?([^\"'<>]{1,200})"
    r"|<meta\s[^<>]{0,200}?content\s{0,5}=\s{0,5}[\"']([^\"'<>]{1,200})[\"']\s[^<>]{0,200}?name\s{0,5}=\s{0,5}[\"']?generator"
)


@dataclass(frozen=True, slots=True)
class KindRule:
    """Holds when any of its conditions does; the file says what each means."""

    name: str
    kind: str
    hosts: frozenset[str]
    labels: frozenset[str]
    generator: tuple[str, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WalledGarden:
    """A service that cannot be crawled. ``why``: login, private, encrypted or forbidden. ``source`` says where from."""

    name: str
    hosts: frozenset[str]
    why: str
    source: str


def kind_of_host(host: str) -> str:
    """The kind that the host's name alone tells, or ``unknown``. ``host`` is in lower case."""
    above = set(_and_above(host))
    labels = set(host.split("."))
    return next((rule.kind for rule in kind_rules() if rule.hosts & above or rule.labels & labels), UNKNOWN)


def kind_of(host: str, html: bytes = b"") -> str:
    """The kind that the host or else one of its pages tells, a value of ``Site.Kind``; else ``unknown``."""
    kind = kind_of_host(host)
    if kind != UNKNOWN or not html:
        return kind
    text = html[:MAX_LOOKED_AT].decode("utf-8", "replace").lower()
    found = _GENERATOR.search(text)
    generator = (found[1] or found[2] or "").strip() if found else ""
    for rule in kind_rules():
        if generator.startswith(rule.generator) or any(hint in text for hint in rule.hints):
            return rule.kind
    return UNKNOWN


def walled_gardens() -> tuple[WalledGarden, ...]:
    """All that are known, for the note on every figure that it is an undercount."""
    return _gardens()


def walled_garden_of(host: str) -> WalledGarden | None:
    """The walled garden that a host belongs to."""
    above = set(_and_above(host))
    return next((garden for garden in _gardens() if garden.hosts & above), None)


def _and_above(host: str) -> list[str]:
    """The host and every name above it: a.b.c, b.c, c."""
    labels = host.split(".")[-10:]
    return [".".join(labels[number:]) for number in range(len(labels))]


def kind_rules() -> tuple[KindRule, ...]:
    """The rules in the order of the file."""
    return KINDS.in_force()


def _gardens() -> tuple[WalledGarden, ...]:
    return COVER.in_force()


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Text
    kind: Literal["imageboard", "forum", "chat", "file_host", "image_host", "adult", "social", "archive", "other"]
    """Values of ``Site.Kind``."""
    hosts: frozenset[Text] = frozenset()
    labels: frozenset[Text] = frozenset()
    generator: tuple[Text, ...] = ()
    hints: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> _Rule:
        if not (self.hosts or self.labels or self.generator or self.hints):
            raise ValueError("a rule has no condition")
        return self


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rule: tuple[_Rule, ...]


class _Garden(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Text
    hosts: frozenset[Text]
    why: Literal["login", "private", "encrypted", "forbidden"]
    source: Text


class _Gardens(BaseModel):
    model_config = ConfigDict(extra="forbid")

    garden: tuple[_Garden, ...]


def _read_rules(body: Body) -> tuple[KindRule, ...]:
    rows = _Rules.model_validate(body).rule
    return tuple(KindRule(each.name, each.kind, each.hosts, each.labels, each.generator, each.hints) for each in rows)


def _read_gardens(body: Body) -> tuple[WalledGarden, ...]:
    rows = _Gardens.model_validate(body).garden
    return tuple(WalledGarden(each.name, each.hosts, each.why, each.source) for each in rows)


KINDS: Final = RuleTable("kinds", "detect/crawl/data/kinds.toml", _read_rules, keys={"rule": ("name",)}, ordered=True)
COVER: Final = RuleTable("cover", "detect/crawl/data/walled_gardens.toml", _read_gardens, keys={"garden": ("name",)})
