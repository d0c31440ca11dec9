"""What stands in a picture's place: pages that say "gone", "prove that you are human", or nothing that we know. Pure.

A host that answers 200 with a page has not said that a picture is gone. It has when its page says so in words we know,
or when it gives the same page for a path that cannot exist (and another one for its front page). ``ruleset.py``.

``GONE_STATUSES``, ``Means`` and ``PageRule`` are those of the rules.
"""

from __future__ import annotations

import codecs
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import Final

from orbweaver.follow.recheck.ruleset import GONE_STATUSES, Means, PageRule, ruleset
from orbweaver.follow.recheck.sign_in import has_accounts, own_part, ways_to_sign_in, without
from orbweaver.follow.recheck.tongues import is_unread

__all__ = [
    "ALIKE",
    "GONE_STATUSES",
    "LEAST_SAID",
    "Means",
    "Page",
    "PageRule",
    "Shape",
    "is_scripted",
    "is_text",
    "known_pictures",
    "likeness",
    "missing_sibling",
    "page_rules",
    "read_page",
    "recognise",
    "rule_of_target",
    "same_target",
    "shape_of",
    "shingles_of",
    "varies_by_country",
    "visible_words",
]

MAX_LOOKED_AT: Final = 128 * 1024
"""Bytes of a page that are read."""
SHINGLE: Final = 3
"""Words that make one shingle."""
ALIKE: Final = 0.8
"""Least Jaccard similarity of two pages' shingles that makes them the same page with other details (a path, a date)."""

LEAST_SAID: Final = 5
"""Letters of a page from which it says something: below that it is a number, or "gone"."""

_DENSE: Final = "\u2e80"
"""From here on scripts write a syllable or a word with one sign (Chinese, Japanese, Korean)."""
_LETTERS_OF_ONE: Final = 3

_TEXT_TYPES: Final = ("text/", "application/xhtml", "application/xml", "application/json")
_TEXT_STARTS: Final = (
    *(
        b"<" + tag
        for tag in b"!doctype !-- ?xml html head body title style script iframe h1 div table font error".split()
    ),
    *(b"<a ", b"<b>", b"<br>", b"<p>", b"<p "),
)
"""How pages begin, much as browsers tell them where no type is named, and the errors of object stores."""
_SILENT: Final = ("script", "style", "noscript", "template", "svg")


@dataclass(frozen=True, slots=True)
class Shape:
    """What two answers are compared by: exact bytes, shingles of the visible text, where redirects led to; of a picture
    its PDQ hashes, the one as it stands first."""

    sha256: bytes
    shingles: frozenset[int] = frozenset()
    final_url: str = ""
    redirected: bool = False
    status: int = 200
    pdqs: tuple[bytes, ...] = ()
    letters: int = 0
    """How much its visible text says: letters, those of scripts that write a syllable or a word with one as three."""
    scripted: bool = False
    """Whether scripts may add to what it says."""
    ways_in: int = 0
    """How many ways to sign in its own part has (``sign_in``)."""
    accounts: bool = False
    """Whether it shows anywhere that one can sign in or register."""
    says_gone: bool = False
    """Whether its own part says in words that we know that something is missing or was removed."""
    unread: bool = False
    """Whether it speaks a language that no rule has words of (``tongues``)."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page in place of a picture: its shape, and the rule that knows it, if any does."""

    shape: Shape
    rule: PageRule | None = None


def is_text(content_type: str, body: bytes) -> bool:
    """Whether an answer is a page or text, by its header or by how it begins."""
    kind = content_type.strip().lower()
    return kind.startswith(_TEXT_TYPES) or body[:256].lstrip().lower().startswith(_TEXT_STARTS)


def read_page(body: bytes, headers: Mapping[str, str], shape: Shape) -> Page:
    """The page with its shingles, and the first rule that holds. ``shape`` brings what the fetch knows."""
    raw = _decode(body[:MAX_LOOKED_AT], headers.get("Content-Type", "")).lower()
    words = visible_words(raw)
    led_to = shape.final_url if shape.redirected else ""
    rule = recognise(raw, words, headers, led_to, shape.status)
    full = replace(
        shape,
        shingles=shingles_of(words),
        letters=letters_of(words),
        scripted=is_scripted(raw),
        ways_in=ways_to_sign_in(raw),
        accounts=has_accounts(raw),
        says_gone=_is_known_gone(rule) or _says_gone(own_part(raw)),
        unread=is_unread(raw, words, headers),
    )
    return Page(full, rule)


def _is_known_gone(rule: PageRule | None) -> bool:
    """Whether a removal is known by where it leads or how it is made, and not by words."""
    return rule is not None and rule.means is Means.GONE and not rule.phrases


def _says_gone(html: str) -> bool:
    """By what stands on the page, as walls have "not found" for a title, too; by the title where nothing else does."""
    words = visible_words(without(html, "title"))
    if letters_of(words) < LEAST_SAID:
        words = visible_words(html)
    return ruleset().says_gone(" ".join(words), len(words))


def recognise(
    raw: str, words: list[str], headers: Mapping[str, str], led_to: str = "", status: int = 200
) -> PageRule | None:
    """The first rule that holds for a page: HTML and visible words in lower case, where a redirect led to."""
    text = " ".join(words)
    sent = {name.lower(): value.lower() for name, value in headers.items()}
    for rule in page_rules():
        if not rule.is_heard(status):
            continue
        if _is_led_to(rule, led_to) or any(
            sent.get(name, "").startswith(value) for name, value in rule.headers if name in sent
        ):
            return rule
        if len(words) > rule.max_words:
            continue
        if rule.says(text) or any(mark in raw for mark in rule.raw):
            return rule
    return None


def rule_of_target(led_to: str) -> PageRule | None:
    """The first rule that knows the address to which a redirect led, whatever stands there."""
    return next((rule for rule in page_rules() if _is_led_to(rule, led_to)), None)


def _is_led_to(rule: PageRule, led_to: str) -> bool:
    """Whether a part of the path is one that the rule names; for "gone" the last part, as a user may be called so."""
    parts = led_to.partition("?")[0].lower().rstrip("/").split("/")[3:]
    return bool(rule.paths.intersection(parts[-1:] if rule.means is Means.GONE else parts))


def varies_by_country(headers: Mapping[str, str]) -> bool:
    """Whether an answer says of itself that it depends on the country of whoever asks."""
    known = ruleset()
    varies = headers.get("Vary", "").lower()
    return any(mark in varies for mark in known.vary) or any(name in headers for name in known.country_headers)


def visible_words(html: str) -> list[str]:
    """The words between tags, without scripts and styles, as they are read: entities resolved, apostrophes as typed.

    One pass: no page makes it slow.
    """
    parts: list[str] = []
    at, end = 0, len(html)
    while at < end:
        opening = html.find("<", at)
        if opening < 0:
            parts.append(html[at:])
            break
        parts.append(html[at:opening])
        silent = next((name for name in _SILENT if html.startswith(name, opening + 1)), None)
        closing = html.find(f"</{silent}", opening) if silent else html.find(">", opening)
        if closing < 0:
            break
        at = html.find(">", closing) + 1 if silent else closing + 1
        if at == 0:
            break
    return unescape(" ".join(parts)).lower().replace("\u2019", "'").split()


def is_scripted(html: str) -> bool:
    """Whether a page in lower case has scripts that a browser runs when it comes."""
    return "<script" in html or " onload" in html


def shingles_of(words: list[str]) -> frozenset[int]:
    """Checksums of each ``SHINGLE`` words in a row, numbers left out: they are what differs from path to path."""
    kept = [word for word in words if word.isalpha() or not any(sign.isdigit() or sign == "/" for sign in word)]
    if len(kept) < SHINGLE:
        return frozenset({zlib.crc32(" ".join(kept).encode())}) if kept else frozenset()
    return frozenset(zlib.crc32(" ".join(kept[at : at + SHINGLE]).encode()) for at in range(len(kept) - SHINGLE + 1))


def letters_of(words: list[str]) -> int:
    """How much these words say (``Shape.letters``); numbers and paths say nothing."""
    plain = "".join(word for word in words if not any(sign.isdigit() or sign == "/" for sign in word))
    return sum(_LETTERS_OF_ONE if sign >= _DENSE else 1 for sign in plain if sign.isalpha())


def likeness(one: Shape, other: Shape) -> float:
    """How much two answers are the same page: 0 to 1. Pages without words are compared by their bytes."""
    if one.sha256 == other.sha256:
        return 1.0
    if not one.shingles or not other.shingles:
        return 0.0
    return len(one.shingles & other.shingles) / len(one.shingles | other.shingles)


def same_target(one: Shape, other: Shape) -> bool:
    """Whether both were redirected, and to the same address."""
    return one.redirected and other.redirected and one.final_url == other.final_url


def shape_of(body: bytes, headers: Mapping[str, str], *, final_url: str, redirected: bool, status: int) -> Shape:
    """The shape of any answer; text gets its shingles."""
    shape = Shape(hashlib.sha256(body).digest(), frozenset(), final_url, redirected, status)
    if not is_text(headers.get("Content-Type", ""), body):
        return shape
    return read_page(body, headers, shape).shape


def missing_sibling(url: str, token: str) -> str:
    """A path beside this one that cannot exist: its last part becomes ``token``, its ending stays."""
    head, _, _ = url.partition("?")
    folder, _, name = head.rpartition("/")
    dot = name.rfind(".")
    ending = name[dot:] if dot > 0 and len(name) - dot <= 6 else ""
    return f"{folder}/{token}{ending}"


def page_rules() -> tuple[PageRule, ...]:
    """The rules in the order in which they are tried."""
    return ruleset().rules


def known_pictures() -> Mapping[bytes, Means]:
    """Pictures that stand for another wherever they are seen, by SHA-256."""
    return ruleset().pictures


def _decode(body: bytes, content_type: str) -> str:
    _, _, charset = content_type.lower().partition("charset=")
    try:
        name = codecs.lookup(charset.split(";")[0].strip("\"' ") or "utf-8").name
        return body.decode(name, "replace")
    except (LookupError, ValueError, UnicodeError):
        return body.decode("utf-8", "replace")
