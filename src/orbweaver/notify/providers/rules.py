"""Which contact is strongest, how old one may be, which forms are accepted. Pure."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from enum import StrEnum
from urllib.parse import urlsplit

from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.messages import (
    ASN_RANGE,
    COUNTRY_CODE,
    NOT_A_DOMAIN,
    NOT_A_MAIL_ADDRESS,
    NOT_A_NETWORK,
    NOT_AN_ADDRESS_OF_CHANNEL,
    PUBLIC_SUFFIX,
)
from orbweaver.platform.network.domains import is_address, registrable_domain
from orbweaver.platform.network.urls import InvalidUrl, parse

SOURCE_STRENGTH = {"hand": 0, "published": 1, "rdap": 1, "security_txt": 2}
"""Order of trust: the operator's own table first; security.txt is meant for flaws, not abuse, hence last."""

CONTACT_STALE = dt.timedelta(days=180)
"""Age after which a contact is shown as stale and looked for again: registries must review theirs once a year."""

UNKNOWN = "unknown"
"""The country of a network of which nothing is known; a value like the others."""


class RdapOutcome(StrEnum):
    """What came of asking. All but the first leave the registry as it is."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NO_CONTACT = "no_contact"
    NO_SERVER = "no_server"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TOO_LARGE = "too_large"
    BAD_ANSWER = "bad_answer"


_NO_NAME = re.compile(r"[\s/?#@:%\\\[\]\x00-\x1f]")
"""What stands in URLs beside a name, or for other characters: none of it is part of a name that somebody types."""
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_MAIL = re.compile(r"[!-?A-~]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


def alias_key(name: str) -> str:
    """A name as it is looked up: lower case, blanks run together."""
    return " ".join(name.lower().split())[:200]


def is_stale(seen_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a contact was found too long ago to be trusted without a new look."""
    return now - seen_at > CONTACT_STALE


def clean_country(text: str) -> str:
    """A code of two letters in capitals, or "". Raises ProviderInvalid."""
    code = text.strip().upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise ProviderInvalid(COUNTRY_CODE)
    return code


def clean_asn(text: str | int) -> int:
    """The number of an autonomous system, written with or without AS. Raises ProviderInvalid."""
    digits = str(text).strip().upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 2**32):
        raise ProviderInvalid(ASN_RANGE)
    return int(digits)


def clean_domain(text: str) -> str:
    """A domain in lower case and ASCII, by the standard of URLs (UTS 46, not transitional). Raises ProviderInvalid."""
    typed = text.strip()
    if _NO_NAME.search(typed):
        raise ProviderInvalid(NOT_A_DOMAIN)
    try:
        name = parse(f"https://{typed}/").host.rstrip(".")
    except InvalidUrl:
        raise ProviderInvalid(NOT_A_DOMAIN) from None
    if is_address(name) or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ProviderInvalid(NOT_A_DOMAIN)
    if "." in name and not registrable_domain(name):
        raise ProviderInvalid(PUBLIC_SUFFIX)
    return name


def clean_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network such as 192.0.2.0/24. Raises ProviderInvalid."""
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError:
        raise ProviderInvalid(NOT_A_NETWORK) from None


def clean_endpoint(text: str) -> str:
    """A URL that notices may go to. Raises ProviderInvalid.

    ``https://``; ``http://`` is for loopback alone, since notices hold exact addresses.
    """
    address = text.strip()
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    plain = address.isascii() and address.isprintable() and " " not in address and len(address) <= 320
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if not (plain and secure and host and parts.username is None and not parts.fragment):
        raise ProviderInvalid(NOT_AN_ADDRESS_OF_CHANNEL)
    return address


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def _domain_in_ascii(domain: str) -> str:
    try:
        return clean_domain(domain)
    except ProviderInvalid:
        raise ProviderInvalid(NOT_A_MAIL_ADDRESS) from None


def clean_mail_address(text: str) -> str:
    """An address that can stand in a mail header as it is, its domain in ASCII as in URLs (UTS 46). Raises
    ProviderInvalid."""
    local, _, domain = text.strip().rpartition("@")
    address = f"{local}@{domain if domain.isascii() else _domain_in_ascii(domain)}"
    if not _MAIL.fullmatch(address):
        raise ProviderInvalid(NOT_A_MAIL_ADDRESS)
    return address
