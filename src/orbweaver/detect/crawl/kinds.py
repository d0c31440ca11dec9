"""Kinds of site (R2) and walled gardens (R3), by rules in data/kinds.toml and data/walled_gardens.toml. Pure."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

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


@cache
def kind_rules() -> tuple[KindRule, ...]:
    """The rules in the order of the file."""
    return tuple(_rule(each) for each in _read("kinds.toml")["rule"])


@cache
def _gardens() -> tuple[WalledGarden, ...]:
    return tuple(
        WalledGarden(**(each | {"hosts": frozenset(each["hosts"])})) for each in _read("walled_gardens.toml")["garden"]
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("orbweaver.detect.crawl") / "data" / name).read_text(encoding="utf-8"))


def _rule(written: dict[str, Any]) -> KindRule:
    hosts, labels = frozenset(written.get("hosts", ())), frozenset(written.get("labels", ()))
    generator, hints = tuple(written.get("generator", ())), tuple(written.get("hints", ()))
    known = {"name", "kind", "hosts", "labels", "generator", "hints"}
    if written.keys() - known or not any((hosts, labels, generator, hints)):
        raise ValueError("A rule in data/kinds.toml has no condition, or one that is not known.")
    return KindRule(written["name"], written["kind"], hosts, labels, generator, hints)
