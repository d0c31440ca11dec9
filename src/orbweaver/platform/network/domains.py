"""Which part of a host's name somebody registered, by the Public Suffix List. Pure."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import cache
from typing import Final

import ada_url
from publicsuffixlist import PublicSuffixList

from orbweaver.platform.network.urls import defang

_NO_NAME: Final = re.compile(r"[\s/?#@:%\\\[\]\x00-\x1f]")
"""What stands in URLs beside a name, or for other characters: none of it is part of a name that somebody types."""

PUNYCODE = "xn--"
"""How a label begins that stands for other letters than those of ASCII."""


@cache
def _suffixes() -> PublicSuffixList:
    # Registries' suffixes alone: a platform such as github.io is a provider although its users' names are separate.
    return PublicSuffixList(only_icann=True)


def is_address(host: str) -> bool:
    """Whether a host is an IP address (IPv6 with or without brackets)."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def domains_of(host: str) -> list[str]:
    """The host and its parents down to the registrable domain, most specific first; empty for an IP address."""
    name = host.lower().rstrip(".")
    if not name or is_address(name):
        return []
    registrable = _suffixes().privatesuffix(name)
    if registrable is None:
        return [name]
    labels = name.split(".")
    last = len(labels) - registrable.count(".") - 1
    return [".".join(labels[index:]) for index in range(last + 1)]


def registrable_domain(host: str) -> str:
    """The domain that somebody registered, for a host below it; "" for an address or a bare suffix."""
    name = host.lower().rstrip(".")
    return "" if not name or is_address(name) else _suffixes().privatesuffix(name) or ""


def readable(host: str) -> str:
    """A host as people write it, by the standard of URLs (UTS 46): ``faß.example`` for ``xn--fa-hia.example``.

    As it is where it stands for no other letters, or is no name that the standard knows.
    """
    if PUNYCODE not in host:
        return host
    shown = str(ada_url.idna_to_unicode(host))
    try:
        is_same = ada_url.URL(f"https://{shown}/").hostname == host
    except ValueError:
        return host
    return shown if is_same else host


def for_people(host: str) -> str:
    """A host as people write it, with its ASCII form after it where that is another one; nothing opens it. Letters of
    other scripts that look like ours are told apart by the ASCII form alone."""
    shown = readable(host)
    return defang(host) if shown == host else f"{defang(shown)} ({defang(host)})"


def as_typed(text: str) -> str:
    """A host that somebody typed, in the form in which hosts are kept: lower case, and ASCII by the standard of URLs
    (UTS 46). In lower case where it is no name of that standard; a dot before it stays."""
    typed = text.strip()
    if typed.isascii() or _NO_NAME.search(typed):
        return typed.lower()
    name = typed.lstrip(".")
    try:
        return typed[: len(typed) - len(name)] + str(ada_url.URL(f"https://{name}/").hostname)
    except ValueError:
        return typed.lower()


def part_as_typed(text: str) -> str:
    """A part of a name that somebody typed, as ``readable`` shows it: each letter by itself in lower case, composed."""
    return "".join(letter.lower() for letter in unicodedata.normalize("NFKC", text.strip()))


def url_for_people(url: str) -> str:
    """A URL as it may be shown, with the other form of its host after it, where there is one: as people write it, or in
    ASCII where it was typed otherwise."""
    host = _authority(url)
    if not host or (host.isascii() and PUNYCODE not in host.lower()):
        return defang(url)
    name = re.sub(r":\d+$", "", host).lower()
    other = readable(name) if name.isascii() else as_typed(name)
    return defang(url) if other == name else f"{defang(url)} ({defang(other)})"


def _authority(url: str) -> str:
    """What of a URL names its host and port."""
    _, separator, rest = url.partition("://")
    return re.split(r"[/?#]", rest if separator else url, maxsplit=1)[0].rpartition("@")[2]
