"""``security.txt`` (RFC 9116), read and judged. It is meant for flaws, not for abuse: the last of our sources. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.rules import clean_mail_address

PATH: Final = "/.well-known/security.txt"
MAX_BYTES: Final = 64 * 1024
"""RFC 9116, 5.4, lets a parser bound what it reads; real files have a few lines, signed ones a few kB."""
MAX_LINES: Final = 500
MAX_CONTACTS: Final = 5

_SIGNED: Final = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE: Final = "-----BEGIN PGP SIGNATURE-----"


@dataclass(frozen=True)
class SecurityTxt:
    """What the file says. ``mails`` and ``others`` (web forms, telephones) in its order of preference.

    ``signed`` says that it carries a signature; the signature is not checked, since whoever holds the host holds both.
    """

    mails: tuple[str, ...]
    others: tuple[str, ...]
    expires: dt.datetime | None
    canonical: tuple[str, ...]
    signed: bool

    def why_not(self, now: dt.datetime, url: str) -> str:
        """Why it must not be used, or "". ``url`` is where it was found.

        RFC 9116: without exactly one Expires it is invalid (2.5.5), past it stale; a Canonical that names other places
        alone speaks for these (2.5.2).
        """
        if self.expires is None:
            return "no_expiry"
        if self.expires <= now:
            return "expired"
        if self.canonical and url not in self.canonical:
            return "elsewhere"
        return "" if self.mails else "no_mail"


def parse(body: bytes) -> SecurityTxt:
    """Read a file of at most ``MAX_BYTES``. Lines that mean nothing are skipped, as the RFC asks; never raises."""
    lines, signed = _lines(body[:MAX_BYTES].decode("utf-8", errors="replace"))
    mails: dict[str, None] = {}
    others: dict[str, None] = {}
    canonical: list[str] = []
    expires: list[str] = []
    for line in lines[:MAX_LINES]:
        name, separator, value = line.partition(":")
        field, value = name.strip().lower(), value.strip()
        if not separator or line.startswith("#") or not value:
            continue
        if field == "contact":
            _contact(value, mails, others)
        elif field == "canonical":
            canonical.append(value)
        elif field == "expires":
            expires.append(value)
    return SecurityTxt(
        tuple(mails)[:MAX_CONTACTS],
        tuple(others)[:MAX_CONTACTS],
        _instant(expires[0]) if len(expires) == 1 else None,
        tuple(canonical),
        signed,
    )


def _lines(text: str) -> tuple[list[str], bool]:
    """The lines that count: of a signed file those between the armour's headers and the signature, unescaped."""
    lines = text.removeprefix("\ufeff").splitlines()
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not lines or lines[start].strip() != _SIGNED:
        return lines, False
    inside = lines[start + 1 :]
    blank = next((number for number, line in enumerate(inside) if not line.strip()), len(inside))
    inside = inside[blank + 1 :]
    end = next((number for number, line in enumerate(inside) if line.strip() == _SIGNATURE), None)
    if end is None:
        return [], True
    return [line.removeprefix("- ") for line in inside[:end]], True


def _contact(value: str, mails: dict[str, None], others: dict[str, None]) -> None:
    """RFC 9116 wants a URI; a bare mail address is what many write."""
    is_mailto = value.lower().startswith("mailto:")
    address = unquote(value.partition("?")[0].partition(":")[2]) if is_mailto else value
    try:
        mails[clean_mail_address(address)] = None
    except ProviderInvalid:
        if value.lower().startswith(("https://", "tel:")):
            others[value[:320]] = None


def _instant(text: str) -> dt.datetime | None:
    """RFC 3339, with a zone."""
    try:
        found = dt.datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return found if found.tzinfo else None
