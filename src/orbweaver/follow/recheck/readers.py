"""What the readers of a page have that a check has not: the cookies that the page set, and its language. Pure.

Hosts give a picture to whoever comes from its page with the page's cookie, or in one language alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.platform.network.urls import ParsedUrl

NOTHING_MORE: Final[Mapping[str, str]] = MappingProxyType({})

_COOKIE: Final = re.compile(
    r"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200})=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e\"]{0,2000})"
)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}", re.IGNORECASE)
_NAMED: Final = re.compile(r"<html\b[^>]{0,1000}?\slang\s{0,9}=\s{0,9}[\"']?([a-zA-Z0-9-]{2,20})", re.IGNORECASE)
_LOOKED_AT: Final = 16 * 1024
MOST_COOKIES: Final = 20


@dataclass(frozen=True)
class Readers:
    """``cookies`` as ``name=value``; ``language`` is that of the page ("" where it names none)."""

    cookies: tuple[str, ...] = ()
    language: str = ""


NOBODY: Final = Readers()


def readers_of(result: FetchResult) -> Readers:
    """What whoever opened this page has from then on."""
    cookies: dict[str, str] = {}
    for name, value in result.headers.items():
        if name.lower() == "set-cookie" and (found := _COOKIE.match(value.strip())):
            cookies[found[1]] = found[0]
    header = _LANGUAGE.match(result.headers.get("Content-Language", "").strip())
    named = _NAMED.search(result.body[:_LOOKED_AT].decode("utf-8", "replace"))
    language = header[0] if header else named[1] if named else ""
    return Readers(tuple(cookies.values())[:MOST_COOKIES], language.lower())


def headers_of_reader(url: ParsedUrl, pages: Iterable[tuple[ParsedUrl, Readers]]) -> dict[str, str]:
    """What a reader of these pages sends beside the headers of any visitor; empty where that changes nothing.

    Their language also where the address does not say (``Vary``) that its answer depends on it: few hosts say so.
    """
    cookies: list[str] = []
    languages: list[str] = []
    for page, readers in pages:
        if page.site == url.site:
            cookies += readers.cookies
        if readers.language and not readers.language.startswith("en"):
            languages.append(readers.language)
    sent = {"Cookie": "; ".join(cookies[:MOST_COOKIES])} if cookies else {}
    if languages:
        sent["Accept-Language"] = f"{languages[0]},en;q=0.3"
    return sent
