"""Where a browser goes on by itself from an answer, and what it shows within it, beside redirects of HTTP. Pure.

The header ``Refresh``, the element that says it, scripts that set ``location``, frames, and addresses in JSON. No
script is run: one that goes somewhere that is not written out is told as such (``hides_where``), and nothing is
concluded then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any, Final

from orbweaver.follow.recheck.pages import is_scripted, visible_words
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

_TARGET: Final = re.compile(
    r"^[\s\d.]{0,20}[;,\s]\s{0,9}(?:url\s{0,9}=\s{0,9})?[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE
)
_META: Final = re.compile(r"<meta\s[^>]{0,2000}>", re.IGNORECASE)
_IS_REFRESH: Final = re.compile(r"http-equiv\s{0,9}=\s{0,9}[\"']?refresh\b", re.IGNORECASE)
_VALUE: Final = r"\s{0,9}=\s{0,9}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s>]{1,2000}))"
_CONTENT: Final = re.compile("content" + _VALUE, re.IGNORECASE)
_FRAME: Final = re.compile(r"<i?frame\s[^>]{0,2000}>", re.IGNORECASE)
_SRC: Final = re.compile(r"\ssrc" + _VALUE, re.IGNORECASE)
_BASE: Final = re.compile(r"<base\s[^>]{0,2000}>", re.IGNORECASE)
_HREF: Final = re.compile(r"\shref" + _VALUE, re.IGNORECASE)
_SCRIPTED: Final = re.compile(
    r"(?<![-:\w])location\b[\"']?\]?(?:\.href)?\s{0,9}(?:=(?!=)|\.\s{0,9}(?:replace|assign)\s{0,9}\()\s{0,9}"
    r"(?:(?P<quote>[\"'`])(?P<to>[^\"'`\n]{1,2000})(?P=quote)(?P<more>\s{0,9}\+)?)?"
)
"""A script that goes somewhere; ``to`` is missing where that is not written out."""
_FILE: Final = re.compile(
    r"[\"'`(]([^\"'`()\s<>]{1,500}\.(?:jpe?g|png|gif|webp|avif|heic|mp4|webm)(?:\?[^\"'`()\s<>]{0,500})?)[\"'`)]",
    re.IGNORECASE,
)
"""A picture or film that a script names: it may write it into the page."""
_LOOKED_AT: Final = 64 * 1024
"""Bytes of a page in which all this is looked for."""
_JSON_STRINGS: Final = 500
MOST: Final = 3
"""Addresses of each kind that are given back."""


def leads_on(headers: Mapping[str, str], body: bytes, base: ParsedUrl) -> list[ParsedUrl]:
    """The addresses to which a browser goes on from this answer by itself, at most ``MOST`` of each kind."""
    html = _text(body)
    redirects = [headers.get("Refresh", ""), *_refreshes(html)]
    targets = [unescape(found[1]) for each in redirects if (found := _TARGET.match(each))]
    scripted = [target for target in _scripted(html) if target is not None]
    return _addresses([*targets[:MOST], *scripted[:MOST]], _base_of(html, base), base)


def frames(body: bytes, base: ParsedUrl) -> list[ParsedUrl]:
    """The pages that this page shows within itself, at most ``MOST``."""
    html = _without("noscript", _text(body))
    found = [_attribute(_SRC, frame[0]) for frame in _FRAME.finditer(html)]
    return _addresses([each for each in found if each][:MOST], _base_of(html, base), base)


def hides_where(body: bytes) -> bool:
    """Whether its scripts may go on to, or show, what cannot be read: a way not written out, or nothing but scripts."""
    html = _text(body)
    if any(target is None for target in _scripted(html)):
        return True
    return is_scripted(html.lower()) and not visible_words(_without("title", html))


def named_in_json(body: bytes, base: ParsedUrl) -> list[ParsedUrl]:
    """The addresses that an answer in JSON names, at most ``MOST``."""
    try:
        strings = list(_strings(json.loads(body[:_LOOKED_AT])))
    except (ValueError, RecursionError):
        return []
    return _addresses([each for each in strings if each.startswith(("/", "http://", "https://"))], base, base)[:MOST]


def named_in_scripts(body: bytes, base: ParsedUrl, most: int = MOST) -> list[ParsedUrl]:
    """The pictures and films that the page names between quotes, wherever, at most ``most``: scripts may show them."""
    html = unescape(_text(body).replace("\\/", "/").replace('\\"', '"'))
    if not is_scripted(html.lower()) and "srcdoc" not in html.lower():
        return []
    found = [each[1] for each in _FILE.finditer(html)]
    return _addresses(found, _base_of(html, base), base)[:most]


def _text(body: bytes) -> str:
    return body[:_LOOKED_AT].decode("utf-8", "replace")


def _without(name: str, html: str) -> str:
    """The page without the elements of this name."""
    lower, kept, at = html.lower(), [], 0
    while (start := lower.find(f"<{name}", at)) >= 0:
        kept.append(html[at:start])
        closing = lower.find(f"</{name}", start)
        at = lower.find(">", closing) + 1 if closing >= 0 else 0
        if at == 0:
            return "".join(kept)
    return "".join([*kept, html[at:]])


def _refreshes(html: str) -> Iterator[str]:
    for meta in _META.finditer(html):
        if _IS_REFRESH.search(meta[0]):
            yield _attribute(_CONTENT, meta[0])


def _scripted(html: str) -> Iterator[str | None]:
    """Where scripts go; None for each way that is not written out."""
    for found in _SCRIPTED.finditer(html):
        is_whole = found["to"] and not found["more"] and "${" not in found["to"]
        yield found["to"] if is_whole else None


def _attribute(pattern: re.Pattern[str], element: str) -> str:
    found = pattern.search(element)
    return unescape(next((each for each in found.groups() if each is not None), "")) if found else ""


def _base_of(html: str, base: ParsedUrl) -> ParsedUrl:
    element = _BASE.search(html)
    named = _attribute(_HREF, element[0]) if element else ""
    return next(iter(_addresses([named], base, None)), base) if named else base


def _addresses(texts: Iterable[str], base: ParsedUrl, itself: ParsedUrl | None) -> list[ParsedUrl]:
    found: dict[str, ParsedUrl] = {}
    for each in texts:
        try:
            target = parse(each, base=base)
        except InvalidUrl:
            continue
        if itself is None or target.normal != itself.normal:
            found[target.normal] = target
    return list(found.values())


def _strings(value: Any) -> Iterator[str]:
    waiting, seen = [value], 0
    while waiting and seen < _JSON_STRINGS:
        each, seen = waiting.pop(), seen + 1
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
