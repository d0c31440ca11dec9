"""Which part of a host's name somebody registered, by the Public Suffix List. Pure."""

from __future__ import annotations

import ipaddress
from functools import cache

import ada_url
from publicsuffixlist import PublicSuffixList

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
