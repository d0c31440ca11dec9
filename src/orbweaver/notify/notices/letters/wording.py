"""What a letter says in a few words: kinds, ages, instants, spans, the subject. One table of words for each language.

The long texts are templates beside the table (``platform/locale/<language>/letters/``); ``languages.py`` reads it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from orbweaver.platform.languages import of


@dataclass(frozen=True)
class Words:
    """One language. Pairs are singular and plural, with ``%d`` for the number, ``%s`` for words."""

    language: str
    kinds: dict[tuple[str, str], tuple[str, str]]
    """Name and explanation by notice type and sub-type (R37)."""
    ages: dict[str, str]
    """By age class, with ``%d`` for its first and its last year: they differ between versions of the criteria."""
    months: tuple[str, ...]
    minutes: tuple[str, str]
    hours: tuple[str, str]
    days: tuple[str, str]
    addresses: tuple[str, str]
    subjects: dict[str, str]
    """By route: what the mail is about; ``%s`` for kind and number of addresses."""
    reminder: str
    """Of a reminder on the first day; ``%d`` for its number, ``%s`` for what is asked."""
    still_there: str
    """Of a later one: for how long it was told, and what is asked. A number of reminders would help nobody."""
    joined: str
    """Of a mail with several notices: ``%s`` for the first one's reference, ``%d`` for how many more."""
    all_kinds: str
    """What such a mail is about, when it is about several kinds."""
    demonstration: str
    trial: str
    answer_subject: str
    """Of an answer to an objection; ``%s`` for the reference."""
    reasons: dict[str, str]
    """Reasons of the criteria, which are written in English, in this language."""
    notes: dict[str, str]
    """Notes on duties to report (``jurisdictions/duties.toml``), likewise."""
    day: str
    """Format of a date, with ``%d``."""
    nought_is_plural: bool
    keeps_capital: bool
    """Whether what a mail is about keeps its capital within a sentence, as nouns do in German."""
    narrow_space: bool
    """Whether ``: ; ? !`` and quotation marks are set off with a space that must not break."""

    def reason(self, text: str) -> str:
        """A reason of the criteria in this language; one that nobody has translated yet stays as it is."""
        return self.reasons.get(text, text)

    def note(self, text: str) -> str:
        """A note on a duty in this language; "" for one that nobody has translated yet, as the law itself is named."""
        return text if self.language == "en" else self.notes.get(text, "")

    def counted(self, pair: tuple[str, str], number: int) -> str:
        """Such as ``3 addresses``."""
        return pair[number > 1 or (number == 0 and self.nought_is_plural)] % number

    def instant(self, at: dt.datetime) -> str:
        """Such as ``24 Nov 2026, 14:05 UTC``: always UTC, and it says so."""
        return f"{self.date(at)}, {at.astimezone(dt.UTC):%H:%M} UTC"

    def date(self, at: dt.datetime) -> str:
        """Such as ``24 Nov 2026``, in UTC."""
        utc = at.astimezone(dt.UTC)
        first = of(self.language).first if utc.day == 1 else ""
        return f"{first or self.day % utc.day} {self.months[utc.month - 1]} {utc.year}"

    def span(self, hours: float) -> str:
        """Such as ``24 hours``; minutes below two hours."""
        if hours < 2:
            return self.counted(self.minutes, max(1, round(hours * 60)))
        return self.counted(self.hours, round(hours))

    def subject(
        self,
        kind: tuple[str, str] | None,
        route: str,
        reference: str,
        count: int,
        reminder: int,
        *,
        mark: str,
        told_days: int = 0,
    ) -> str:
        """The subject line: what is asked, about how much, under which reference. Never an address.

        ``kind`` is None where a mail is about several. ``mark`` stands before it all: that it is a test or a
        demonstration; "" for what is meant. ``told_days``: of a reminder, whole days since the first message.
        """
        name = self.kinds[kind][0] if kind else self.all_kinds
        name = name if self.keeps_capital else f"{name[0].lower()}{name[1:]}"
        asked = self.subjects[route] % f"{name}, {self.counted(self.addresses, count)}"
        if reminder and told_days:
            asked = self.still_there % (self.counted(self.days, told_days), asked)
        elif reminder:
            asked = self.reminder % (reminder, asked)
        return f"{mark}: {asked} [{reference}]" if mark else f"{asked} [{reference}]"
