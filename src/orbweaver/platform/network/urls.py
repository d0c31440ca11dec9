"""URLs: the exact one is kept for the notice, the key is the SHA-256 of its normal form.

The normal form is that of the WHATWG URL standard, without fragment and with the order of the query untouched.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import ada_url

from orbweaver.errors import InvalidInput
from orbweaver.platform.network.messages import NO_HOST, NOT_AN_ADDRESS, ONLY_HTTP, TOO_LONG

MAX_LENGTH = 8192
"""Longest URL that is accepted, in characters; longer ones are traps or mistakes (servers take 8 kB at most)."""


class InvalidUrl(InvalidInput):
    """Not a URL that can be fetched and notified."""

    code = "invalid_url"


@dataclass(frozen=True, slots=True)
class ParsedUrl:
    """A URL in its normal form with the parts that politeness and notices need."""

    normal: str
    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def key(self) -> bytes:
        """32 bytes that stand for this URL in the database."""
        return hashlib.sha256(self.normal.encode()).digest()

    @property
    def site(self) -> str:
        """``host:port``, the unit of politeness."""
        return f"{self.host}:{self.port}"


_SEGMENT = r"/[A-Za-z0-9_~!$&()*+,;=:@%-][A-Za-z0-9._~!$&()*+,;=:@%-]*"
_PATH = rf"(?=/)(?:{_SEGMENT})*/?(?:\?[A-Za-z0-9._~!$&()*+,;=:@%/?-]*)?"
_PLAIN_REFERENCE = re.compile(_PATH)
_PLAIN_URL = re.compile(
    rf"(https?)://((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*|127\.0\.0\.1)(?::([1-9][0-9]{{0,4}}))?({_PATH})"
)
"""What is in its normal form already: most addresses are, and the full parser costs ten times as much."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse(url: str, base: str | ParsedUrl | None = None) -> ParsedUrl:
    """The normal form of an http or https URL. Raises InvalidUrl, never showing the URL itself.

    ``base`` is what a relative reference is resolved against; a ParsedUrl is quicker when there are many.
    """
    return _parse_plain(url, base) or _parse_any(url, base.normal if isinstance(base, ParsedUrl) else base)


def _parse_plain(url: str, base: str | ParsedUrl | None) -> ParsedUrl | None:
    """The same for addresses that are normal as they stand, or None when the full parser must look."""
    if len(url) > MAX_LENGTH or "%2" in url:  # %2e is a dot, and dots are resolved
        return None
    if url.startswith("/"):
        if not isinstance(base, ParsedUrl) or not _PLAIN_REFERENCE.fullmatch(url):
            return None
        path, _, query = url.partition("?")
        origin = base.normal[: base.normal.index("/", 8)]
        return None if url.endswith("?") else ParsedUrl(origin + url, base.scheme, base.host, base.port, path, query)
    found = _PLAIN_URL.fullmatch(url)
    if found is None or url.endswith("?") or "xn--" in url:
        return None
    scheme, host, port_text, rest = found.groups()
    port = int(port_text) if port_text else _DEFAULT_PORTS[scheme]
    if port > 65535 or (port_text and port == _DEFAULT_PORTS[scheme]):
        return None
    path, _, query = rest.partition("?")
    return ParsedUrl(url, scheme, host, port, path, query)


def _parse_any(url: str, base: str | None) -> ParsedUrl:
    if len(url) > MAX_LENGTH:
        raise InvalidUrl(TOO_LONG.of(most=MAX_LENGTH))
    try:
        parts = ada_url.URL(url.strip(), base=base)
    except ValueError:
        raise InvalidUrl(NOT_AN_ADDRESS) from None
    if parts.protocol not in ("http:", "https:"):
        raise InvalidUrl(ONLY_HTTP)
    if not parts.hostname:
        raise InvalidUrl(NO_HOST)
    parts.hash = ""
    normal = parts.href
    scheme = parts.protocol[:-1]
    port = int(parts.port) if parts.port else _DEFAULT_PORTS[scheme]
    return ParsedUrl(normal, scheme, parts.hostname, port, parts.pathname, parts.search.removeprefix("?"))


def defang(url: str) -> str:
    """The URL as it may be shown: ``hxxps://example[.]org/…``, so that no click and no preview opens it."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url.replace(".", "[.]")
    authority, slash, path = rest.partition("/")
    return scheme.replace("tt", "xx", 1) + "://" + authority.replace(".", "[.]") + slash + path
