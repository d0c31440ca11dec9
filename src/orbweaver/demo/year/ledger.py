"""What truly happened, written down by the world itself, never read from the system."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from orbweaver.demo.year.characters import Host


@dataclass
class Place:
    """One picture at one address."""

    url: str
    path: str
    host: Host
    body: bytes
    there: bool = True
    told_at: dt.datetime | None = None
    """When the first notice about it arrived."""
    gone_at: list[dt.datetime] = field(default_factory=list)
    """Each time it was taken down."""
    back_at: list[dt.datetime] = field(default_factory=list)
    """Each time it was put back."""


@dataclass
class Ledger:
    """All of it."""

    places: dict[str, Place] = field(default_factory=dict)
    notices: dict[str, set[str]] = field(default_factory=dict)
    """Mailbox → references of the notices that arrived there."""
    mails: Counter[str] = field(default_factory=Counter)
    """Mailbox → mails, reminders too."""
    message_ids: Counter[str] = field(default_factory=Counter)
    push_backs: Counter[str] = field(default_factory=Counter)
    """Mailbox → answers that asked for proof."""
    scans: Counter[str] = field(default_factory=Counter)
    """Mailbox → uploads that were checked against the lists."""
    problems: list[str] = field(default_factory=list)
    """Mails that a provider could not read."""

    def of(self, host: Host) -> list[Place]:
        """The places of one provider."""
        return [place for place in self.places.values() if place.host == host]
