"""What every format says of a referral, read once. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Seen:
    """A place, and when it was there. ``address``: of the host, where it is known."""

    url: str
    page_url: str
    address: str
    first: dt.datetime
    last: dt.datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Digests in hexadecimal. ``file`` is the medium's name in the bundle, empty where it is not there."""

    referral: str
    made_at: dt.datetime
    hotline: str
    country: str
    """Of the force: what numbers of its schemes mean differs by it."""
    because: str
    item: str
    sha256: str
    sha1: str
    md5: str
    mime: str
    size: int
    file: str
    seen: Sequence[Seen]
    classification: str
    """As analysts decided; empty where nobody did yet."""
    identified: bool
    baseline: bool
    """Interpol's, as it was decided."""
    ages: tuple[int, int] | None
    """In years, of the youngest child, as analysts estimated."""
    words: str
    """What analysts wrote of it, for people."""


class Format(Protocol):
    """One way to write it."""

    file_name: str
    """In the bundle."""

    def written(self, facts: Facts) -> bytes:
        """The file."""
