"""Where an answer leads on without a redirect of HTTP: the header ``Refresh``, and the element that says it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

_TARGET: Final = re.compile(
    r"^[\s\d.]{0,20}[;,\s]\s{0,9}(?:url\s{0,9}=\s{0,9})?[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE
)
_META: Final = re.compile(rb"<meta\s[^>]{0,2000}>", re.IGNORECASE)
_IS_REFRESH: Final = re.compile(rb"http-equiv\s{0,9}=\s{0,9}[\"']?refresh\b", re.IGNORECASE)
_CONTENT: Final = re.compile(
    rb"content\s{0,9}=\s{0,9}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s>]{1,2000}))", re.IGNORECASE
)
_LOOKED_AT: Final = 64 * 1024
"""Bytes of a page in which the element is looked for."""


def leads_on(headers: Mapping[str, str], body: bytes, base: ParsedUrl) -> ParsedUrl | None:
    """The address to which a browser goes on from this answer by itself, if it does."""
    said = headers.get("Refresh") or _in_html(body[:_LOOKED_AT])
    found = _TARGET.match(said) if said else None
    if found is None:
        return None
    try:
        target = parse(found[1], base=base)
    except InvalidUrl:
        return None
    return target if target.normal != base.normal else None


def _in_html(html: bytes) -> str:
    for meta in _META.finditer(html):
        if _IS_REFRESH.search(meta[0]) and (content := _CONTENT.search(meta[0])):
            return next(each for each in content.groups() if each is not None).decode("utf-8", "replace")
    return ""
