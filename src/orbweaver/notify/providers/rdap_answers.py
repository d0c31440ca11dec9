"""What a question of RDAP needs and brings. Apart from what asks, whose libraries take 9 MB and are seldom needed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from orbweaver.notify.providers.rules import RdapOutcome

MAX_BYTES: Final = 2 * 2**20
"""Largest answer that is read; real ones are a few kB."""
SOURCE: Final = "https://data.iana.org/rdap/"


@dataclass(frozen=True)
class Fetched:
    """An HTTP answer, or ``error``: ``too_large``, or any other word for not having got one."""

    status: int = 0
    body: bytes = b""
    error: str = ""


Fetch = Callable[[str], Awaitable[Fetched]]
"""Gets a URL, redirects followed; never raises for what the other side does."""


@dataclass(frozen=True)
class Finding:
    """What RDAP said. ``name`` is the holder's or the registrar's; ``contacts`` are abuse addresses, as found."""

    outcome: RdapOutcome
    name: str = ""
    handle: str = ""
    country: str = ""
    asn: int | None = None
    network: str = ""
    contacts: tuple[str, ...] = ()
