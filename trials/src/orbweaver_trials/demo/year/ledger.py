"""What truly happened, written down by the world itself, never read from the system."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from orbweaver_trials.demo.year.characters import Host


@dataclass
class Place:
    """One picture at one address."""

    url: str
    path: str
    host: Host
    body: bytes
    there: bool = True
    told_at: dt.datetime | None = None
    """When the first notice about it arrived, at whomever."""
    gone_at: list[dt.datetime] = field(default_factory=list)
    """Each time it was taken down."""
    back_at: list[dt.datetime] = field(default_factory=list)
    """Each time it was put back."""
    shown_gone_since: dt.datetime | None = None
    """The first of the unbroken row of visits, up to the last one, that were shown that it is gone."""
    found_gone_at: dt.datetime | None = None
    """The first of two such visits in a row, unless it was seen there again since."""

    def show_there(self) -> None:
        """A visitor sees the picture."""
        self.shown_gone_since = self.found_gone_at = None

    def show_gone(self, now: dt.datetime) -> None:
        """A visitor is told that there is nothing (any more)."""
        if self.shown_gone_since is None:
            self.shown_gone_since = now
        elif now > self.shown_gone_since:
            self.found_gone_at = self.found_gone_at or self.shown_gone_since

    def show_nothing(self) -> None:
        """A visitor learns nothing: the server is out of order."""
        self.shown_gone_since = None


@dataclass
class Arrived:
    """One notice, in the mailbox of one addressee."""

    at: dt.datetime
    is_step: bool
    """Somebody else had been told of the same places before: after a deadline, or past a silent provider."""
    mails: int = 0


@dataclass
class Ledger:
    """All of it."""

    places: dict[str, Place] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=dict)
    """Mailbox → addresses that it has been told of."""
    notices: dict[str, dict[str, Arrived]] = field(default_factory=dict)
    """Mailbox → reference → the notice."""
    message_ids: Counter[str] = field(default_factory=Counter)
    """Of all mails: notices, reminders, answers to objections."""
    answers: Counter[str] = field(default_factory=Counter)
    """Mailbox → answers to its objections that arrived."""
    push_backs: Counter[str] = field(default_factory=Counter)
    """Mailbox → times that it asked for proof."""
    claims: Counter[str] = field(default_factory=Counter)
    """Mailbox → times that it said it had removed."""
    moves: int = 0
    """Pictures that were put up again at another address."""
    scans: Counter[str] = field(default_factory=Counter)
    """Host → uploads that were checked against the lists."""
    problems: list[str] = field(default_factory=list)
    """Mails that an addressee could not read."""

    def of(self, host: Host) -> list[Place]:
        """The places of one provider."""
        return [place for place in self.places.values() if place.host == host]

    def at(self, mailbox: str) -> list[Arrived]:
        """The notices that arrived there."""
        return list(self.notices.get(mailbox, {}).values())

    def reminders(self, mailbox: str) -> int:
        """Mails about a notice after its first, as they arrived there."""
        return sum(each.mails - 1 for each in self.at(mailbox))
