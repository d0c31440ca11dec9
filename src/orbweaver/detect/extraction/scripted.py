"""Whether a page must be drawn with a browser before it shows anything. Pure; the words are ``data/scripted.toml``.

A browser costs a thousand times what reading costs, so a page is drawn only when it has a script, next to nothing to
read or follow, and a sign that a script makes the rest: an empty mount of a framework, or a sentence that asks for
JavaScript.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from orbweaver.detect.extraction.page import Page

MAX_SHELL: Final = 256 * 1024
"""Bytes of a page that may be a mere shell; larger ones are not looked at."""
MAX_MARKUP: Final = 32 * 1024
"""Bytes of it beside its scripts and styles, which are parsed: a shell has few, and parsers take time in the square of
nesting, seconds for a hostile page of ``MAX_SHELL``."""
_SCRIPT: Final = re.compile(rb"<script[\s>]", re.IGNORECASE)
_NO_MARKUP: Final = re.compile(rb"<(script|style)(?=[\s>/])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """What ``data/scripted.toml`` says."""

    most_media: int
    most_links: int
    most_text: int
    mounts: frozenset[str]
    phrases: tuple[str, ...]


@cache
def rule() -> Rule:
    """The rule, read once."""
    values = tomllib.loads(files("orbweaver.detect.extraction").joinpath("data/scripted.toml").read_text("utf-8"))
    return Rule(
        values["most_media"],
        values["most_links"],
        values["most_text"],
        frozenset(values["mounts"]),
        tuple(values["phrases"]),
    )


def needs_script(body: bytes, page: Page) -> bool:
    """Whether this page, as sent and as read, is a shell that a script fills."""
    known = rule()
    if len(page.media) > known.most_media or len(page.links) > known.most_links:
        return False
    if len(body) > MAX_SHELL or not _SCRIPT.search(body):
        return False
    markup = _without_scripts(body)
    if len(markup) > MAX_MARKUP:
        return False
    tree = LexborHTMLParser(markup.decode("utf-8", "replace"))
    quiet = " ".join(node.text() for node in tree.css("noscript"))
    tree.strip_tags(["template", "noscript"])
    shown = " ".join((tree.body.text(separator=" ") if tree.body else "").split())
    if len(shown) > known.most_text:
        return False
    text = f"{shown} {quiet}".lower()
    return any(phrase in text for phrase in known.phrases) or _has_empty_mount(tree, known)


def _without_scripts(body: bytes) -> bytes:
    """The page without its scripts and styles, which hold no elements: each from its start to the next end."""
    kept: list[bytes] = []
    lowered, at = body.lower(), 0
    while found := _NO_MARKUP.search(lowered, at):
        kept.append(body[at : found.start()])
        end = lowered.find(b"</" + found[1], found.end())
        at = lowered.find(b">", end) + 1 if end >= 0 else 0
        if not at:
            return b"".join(kept)
    return b"".join([*kept, body[at:]])


def _has_empty_mount(tree: LexborHTMLParser, known: Rule) -> bool:
    """Whether an element that a framework fills is there and holds nothing worth reading."""
    return any(
        (node.attributes.get("id") or "") in known.mounts and len(node.text(strip=True)) <= known.most_text // 4
        for node in tree.css("[id]")
    )
