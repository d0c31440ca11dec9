"""References and secrets, who comes first, and from when on a person is shown what happened. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import random
import secrets
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final

from orbweaver.platform.identifiers import ALPHABET

REFERENCE_DIGITS: Final = 10
SECRET_LETTERS: Final = 16
"""79 bits of chance: nobody guesses it, so that a wrong one need not be counted, nor anybody locked out."""
UPDATED_AT: Final = dt.time(12, tzinfo=dt.UTC)
FIRST_AFTER: Final = dt.timedelta(hours=24)
"""What happened is shown once a day, for the first time a day after the request at the earliest. So nobody can tell by
how soon something is shown that others asked for the same, or that we knew of it (R56)."""

SHOWN_AGAIN: Final = dt.timedelta(minutes=15)
"""For how long the same form, sent again, is answered again. Later it may be somebody else, by the browser's button."""


class Surety(StrEnum):
    """How survivor support made sure that whoever wants to stop a request is the person who sent it. The number alone
    is not enough: whoever looks over a shoulder has it."""

    WORDS = "words"
    SAFE_CONTACT = "safe_contact"
    IN_PERSON = "in_person"


STOPS_AFTER: Final = dt.timedelta(days=7)
"""How long a request goes on after two of ours agreed to stop it for somebody who lost its code. Who shares the device
may know what was written in it, and its safe contact; whoever has the code can say meanwhile that it goes on, and does
not look every day. The pages say how long this is."""


def stops_at(surety: Surety, now: dt.datetime, *, alone: bool = False) -> dt.datetime:
    """When a request stops to whose end two of ours have agreed: now for who came in person; else, or where one of
    ours was ``alone``, at the first noon, UTC, a week later: that is one day wherever the person reads of it."""
    if surety == Surety.IN_PERSON and not alone:
        return now
    earliest = (now + STOPS_AFTER).astimezone(dt.UTC)
    noon = dt.datetime.combine(earliest.date(), UPDATED_AT)
    return noon if noon >= earliest else noon + dt.timedelta(days=1)


class Stage(StrEnum):
    """What a person is told of one thing that they asked for; in the order in which the page shows them."""

    BACK = "back"
    REFUSED = "refused"
    """The company says that it does not remove it; it is asked on."""
    TOLD = "told"
    WRITING = "writing"
    ASSESSING = "assessing"
    LOOKING = "looking"
    SILENT = "silent"
    """Its host answers nobody, which is no removal."""
    GONE = "gone"
    UNREACHABLE = "unreachable"
    NOT_ASKED = "not_asked"
    READING = "reading"
    """Words: somebody of ours reads the page."""
    WORDS_FOUND = "words_found"
    WORDS_TOLD = "words_told"
    WORDS_SILENT = "words_silent"
    """The company has not answered, and nobody has seen that they are gone."""
    WORDS_REFUSED = "words_refused"
    WORDS_BACK = "words_back"
    WORDS_GONE = "words_gone"
    WORDS_NOT_SEEN = "words_not_seen"
    WORDS_LEFT = "words_left"
    """Our people have read them, and do not ask the company."""


BY_PEOPLE: Final = frozenset(stage for stage in Stage if stage == Stage.READING or stage.startswith("words_"))
"""Told of texts, or legal pictures, which people of ours read; all others are of what the crawler looks for."""


class AddressState(StrEnum):
    """Where one address of something stands, as notices and checks say."""

    ASSESSING = "assessing"
    NOT_ASKED = "not_asked"
    WRITING = "writing"
    TOLD = "told"
    REFUSED = "refused"
    BACK = "back"
    SILENT = "silent"
    GONE = "gone"


class WordsEvent(StrEnum):
    """What happens to words at one address: the company is asked, and what people of ours see and hear."""

    MADE = "made"
    SENT = "sent"
    ANSWERED = "answered"
    """The company has written: it is not silent, whatever it says."""
    THERE = "there"
    NOT_THERE = "not_there"
    REFUSED = "refused"
    LEFT = "left"


ANSWER_WITHIN: Final = dt.timedelta(days=14)
"""After so long without an answer the person is told that there is none."""
LOOK_AGAIN: Final = dt.timedelta(days=7)
"""After so long somebody of ours looks again whether the words are there."""


def new_reference() -> str:
    """Ten digits: they can be said on the telephone."""
    return f"{secrets.randbelow(10**REFERENCE_DIGITS):0{REFERENCE_DIGITS}d}"


def secret_of(form: bytes, key: str) -> str:
    """Sixteen letters and digits, none of which looks like another, for one sending of a form.

    The form holds a number by chance that nobody keeps: sent again after an answer that got lost, it gives the same
    secret, and from what we keep nobody gets it, not with the key either.
    """
    number = int.from_bytes(hmac.digest(key.encode(), form, "sha256"), "big")
    letters = []
    for _ in range(SECRET_LETTERS):
        number, digit = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(letters)


def spaced(text: str, size: int = 4) -> str:
    """In groups, to be read and written down."""
    return " ".join(text[at : at + size] for at in range(0, len(text), size))


def bare(text: str) -> str:
    """What somebody typed, without what groups it, in lower case."""
    return "".join(char for char in text.lower() if char.isalnum())


def digest_of(secret: str) -> bytes:
    """What is kept of a secret: 32 bytes, from which nobody gets it back."""
    return hashlib.sha256(secret.encode()).digest()


def shown_as_of(created_at: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    """The moment of the last daily update, whose state is shown; None before the first one of this request."""
    today = dt.datetime.combine(now.astimezone(dt.UTC).date(), UPDATED_AT)
    last = today if today <= now else today - dt.timedelta(days=1)
    return last if last >= created_at + FIRST_AFTER else None


def told_at(created_at: dt.datetime, happened_at: dt.datetime) -> dt.datetime:
    """The daily update with which whoever asked or reported then is told of what happened: a day later at the earliest.

    It is the first ``as_of`` of ``shown_as_of`` that is not before ``happened_at``.
    """
    earliest = max(happened_at, created_at + FIRST_AFTER).astimezone(dt.UTC)
    update = dt.datetime.combine(earliest.date(), UPDATED_AT)
    return update if update >= earliest else update + dt.timedelta(days=1)


def danger(capacity: str, *, at_risk: bool) -> int:
    """Who comes first on the page of survivor support, the least first: a child at risk, a child, then all others."""
    if at_risk:
        return 0
    return 1 if capacity == "child" else 2


def stages_of(places: Collection[AddressState], *, nothing_there: bool) -> list[Stage]:
    """What to tell of one thing, from where each of its addresses stands. ``nothing_there``: we looked, in vain."""
    found = {Stage(place.value) for place in places} or {Stage.UNREACHABLE if nothing_there else Stage.LOOKING}
    return [stage for stage in Stage if stage in found]


def removal_told(
    asked_at: dt.datetime, removed_at: dt.datetime, reappeared_at: dt.datetime | None
) -> AddressState | None:
    """What to tell of an address that was gone, and may have come back; None for nothing.

    What was gone when the person asked is told as to somebody who is the first to ask: that it was removed before, or
    came back, would tell that we knew of it (R56).
    """
    was_there = removed_at > asked_at
    if reappeared_at is None:
        return AddressState.GONE if was_there else None
    return AddressState.BACK if was_there else AddressState.TOLD


def words_stage(events: Iterable[tuple[dt.datetime, WordsEvent]], as_of: dt.datetime) -> Stage:
    """What to tell of words at one address, from what happened until then.

    Words that are not there are gone only where a company was asked for this request: who asks for what was removed
    before is told as whoever is the first to ask (R56).
    """
    stage, asked_at, answered = Stage.READING, None, False
    for at, event in sorted((each for each in events if each[0] <= as_of), key=lambda each: each[0]):
        if event == WordsEvent.SENT:
            stage, asked_at, answered = Stage.WORDS_TOLD, at, False
        elif event == WordsEvent.ANSWERED:
            answered = True
        else:
            stage = _words_next(stage, event, asked=asked_at is not None)
    silent = asked_at is not None and not answered and as_of - asked_at >= ANSWER_WITHIN
    if stage == Stage.WORDS_TOLD and silent:
        return Stage.WORDS_SILENT
    return stage


_AFTER: Final = {
    (WordsEvent.MADE, False): Stage.WORDS_FOUND,
    (WordsEvent.LEFT, False): Stage.WORDS_LEFT,
    (WordsEvent.NOT_THERE, False): Stage.WORDS_NOT_SEEN,
    (WordsEvent.NOT_THERE, True): Stage.WORDS_GONE,
    (WordsEvent.REFUSED, True): Stage.WORDS_REFUSED,
}
"""The stage after an event, by whether a message to the company has left before; where none stands, it stays."""


def _words_next(stage: Stage, event: WordsEvent, *, asked: bool) -> Stage:
    if event == WordsEvent.THERE and stage == Stage.WORDS_GONE:
        return Stage.WORDS_BACK
    if event == WordsEvent.THERE and stage in (Stage.WORDS_NOT_SEEN, Stage.WORDS_LEFT):
        return Stage.READING
    return _AFTER.get((event, asked), stage)


def visit_at(now: dt.datetime, hours: float, chance: random.Random) -> dt.datetime:
    """When the crawler is given an address that a survivor names: any moment within so many hours, each as likely.

    Whoever runs a host, and sees who visits it, could else tell by the time that somebody has just asked.
    """
    return now + dt.timedelta(hours=hours * chance.random())
