"""What a notice says, as plain data: everything a message is made from and nothing it must not hold.

There is no field for a name, a series, a police reference or the text of a page (R39), so none can slip in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from orbweaver.assess.criteria import AgeClass, current
from orbweaver.assess.criteria.model import AgeBand
from orbweaver.notify.jurisdictions import DutyNote


@dataclass(frozen=True)
class Hotline:
    """The assessing hotline, as notices give it."""

    name: str
    domain: str
    contact: str
    country: str


@dataclass(frozen=True)
class LetterUrl:
    """One URL that is to be cleared. Hashes are hexadecimal, or "" where they are withheld (sub-type b)."""

    url: str
    pages: tuple[str, ...]
    host: str
    address: str | None
    seen_at: dt.datetime
    identified: bool
    age_class: str
    baseline: bool
    act: str
    detection: str
    sha256: str
    sha1: str
    md5: str
    mime: str
    reasons: tuple[str, ...]
    criteria_version: str
    number: int = 0
    """Position in the notice, from 1; given when the letter is made."""
    age_band: AgeBand | None = None
    """The years of its age class by the criteria that decided; None for those that come with the program."""


@dataclass(frozen=True)
class Finding:
    """URLs that share a decision: same reasons, age class, identification and criteria."""

    reasons: tuple[str, ...]
    age_class: str
    identified: bool
    criteria_version: str
    urls: tuple[LetterUrl, ...]

    @property
    def age_band(self) -> AgeBand | None:
        """Its age class with the years by the criteria that decided; None where no class is given."""
        if not self.age_class:
            return None
        return self.urls[0].age_band or current().age_class(AgeClass(self.age_class))


@dataclass(frozen=True)
class Preservation:
    """What the hotline asks to be kept for the authorities (R63): for how many days, and on which legal basis."""

    days: int
    basis: str


@dataclass(frozen=True)
class Letter:
    """One message about many URLs. ``occasion`` 0 is the first notice, then each reminder.

    ``route`` is one of ``Notice.Route`` and decides what is asked of the addressee. ``unheard`` counts earlier messages
    that are known not to have arrived: a reminder of what nobody got reads like a first notice. ``about`` names the
    provider that hosts it where the letter goes to another, which was told at ``parent_first_sent_at``. ``deadline_at``
    is that of a referral. ``country`` is the hosting country's code or ``unknown``.
    """

    reference: str
    occasion: int
    notice_type: str
    sub_type: str
    composed_at: dt.datetime
    first_sent_at: dt.datetime | None
    respond_by: dt.datetime
    reminder_hours: float
    to_address: str
    provider_name: str
    reduced: bool
    clause: str
    terms_url: str
    answer_url: str
    hotline: Hotline
    demonstration: bool
    urls: tuple[LetterUrl, ...]
    language: str = "en"
    route: str = "provider"
    unheard: int = 0
    about: str = ""
    parent_first_sent_at: dt.datetime | None = None
    deadline_at: dt.datetime | None = None
    country: str = "unknown"
    duty: DutyNote | None = None
    duties_version: str = ""
    cadence_version: str = ""
    """Of the tables by which ``duty`` and the next reminder are told: kept with the message, not written in it."""
    preservation: Preservation | None = None
    reply_to: str = ""
    """Where answers go; "" for the hotline's contact."""
    newly_identified: bool = False
    """Police have identified a child of it since the message before: this one goes at once, and says why."""
    by_hand: bool = False
    """A person hands over its words alone: nothing hangs on them, so they end with the exact addresses (``hand``)."""
    part: int = 1
    parts: int = 1
    """Which of how many parts of one mail it is: what is the same for all of them stands in the first and the last."""
    references: tuple[str, ...] = ()
    """Of a part that is about several notices: all their references, its own first."""
    all_references: tuple[str, ...] = ()
    """Of a mail with several notices: those of all its parts."""
    trial: bool = False
    """A test of a channel: about nothing real, and it says so."""

    @property
    def reminder(self) -> int:
        """0 for what reads as a first notice, else the number of the reminder."""
        return max(0, self.occasion - self.unheard)

    @property
    def told_days(self) -> int:
        """Whole days since the first message; 0 where none is known."""
        return (self.composed_at - self.first_sent_at).days if self.first_sent_at else 0

    @property
    def message_id(self) -> str:
        """The same for the same occasion, whenever it is composed."""
        return f"<{self.reference}.{self.occasion}@{self.hotline.domain}>"

    def findings(self) -> list[Finding]:
        """The URLs grouped by what was decided of them, in the order of their numbers within each."""

        def decision(url: LetterUrl) -> tuple[tuple[str, ...], str, bool, str]:
            return url.reasons, url.age_class, url.identified, url.criteria_version

        ordered = sorted(self.urls, key=lambda url: (decision(url), url.number))
        return [Finding(*key, urls=tuple(group)) for key, group in groupby(ordered, key=decision)]


def numbered(urls: Sequence[LetterUrl]) -> tuple[LetterUrl, ...]:
    """The URLs with their numbers, those with the same decision next to each other."""
    ordered = sorted(
        urls, key=lambda each: (each.reasons, each.age_class, each.identified, each.criteria_version, each.url)
    )
    return tuple(replace(url, number=number) for number, url in enumerate(ordered, start=1))
