"""XML as it is found: a tolerant reader of tags and texts. No entity is defined or fetched, so no bomb can go off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Final

MAX_TAG: Final = 10_000
"""Characters of a tag that are read; a longer one is taken for text that is not closed, and ends the document."""

_TAG: Final = re.compile(r"<(/?)([A-Za-z_][\w.:-]{0,100})")
_ATTRIBUTE: Final = re.compile(r"(?<![\w.:-])([A-Za-z_][\w.:-]{0,100})\s{0,20}=\s{0,20}(?:\"([^\"]*)\"|'([^']*)')")
_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]{0,100}:)?([A-Za-z_][\w.-]{0,100})")


@dataclass(frozen=True, slots=True)
class Token:
    """A start (``name`` with prefix, lower case), an end (``/name``), or a text (no name)."""

    name: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""


def root_name(start: str) -> str:
    """The first element's local name in lower case, or "": declarations and comments come before it."""
    found = _ROOT.search(start)
    return found[1].lower() if found else ""


def tokens(text: str) -> Iterator[Token]:
    """Every tag and text in order; a broken rest is left out."""
    at = 0
    while True:
        tag = text.find("<", at)
        if tag < 0:
            return
        if tag > at and (plain := text[at:tag].strip()):
            yield Token(text=unescape(plain))
        if text.startswith("<![CDATA[", tag):
            end = text.find("]]>", tag)
            if end < 0:
                return
            yield Token(text=text[tag + 9 : end].strip())
            at = end + 3
        else:
            at = _end_of_tag(text, tag)
            if at < 0:
                return
            yield from _tag(text[tag:at])


def _end_of_tag(text: str, tag: int) -> int:
    """Where the tag or comment ends, or -1."""
    if text.startswith("<!--", tag):
        end = text.find("-->", tag + 4)
        return end + 3 if end >= 0 else -1
    end = text.find(">", tag, tag + MAX_TAG)
    return end + 1 if end >= 0 else -1


def _tag(written: str) -> Iterator[Token]:
    found = _TAG.match(written)
    if found is None:
        return
    name = found[2].lower()
    if found[1]:
        yield Token(name="/" + name)
        return
    pairs = _ATTRIBUTE.findall(written, found.end())
    yield Token(name, {key.lower(): unescape(double or single) for key, double, single in pairs})
    if written.endswith("/>"):
        yield Token(name="/" + name)
