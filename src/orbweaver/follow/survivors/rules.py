"""References and secrets, who comes first, and from when on a person is shown what happened. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Collection
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


class Stage(StrEnum):
    """What a person is told of one thing that they asked for; in the order in which the page shows them."""

    BACK = "back"
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
    WORDS_TOLD = "words_told"
    WORDS_GONE = "words_gone"


class AddressState(StrEnum):
    """Where one address of something stands, as notices and checks say."""

    ASSESSING = "assessing"
    NOT_ASKED = "not_asked"
    WRITING = "writing"
    TOLD = "told"
    BACK = "back"
    SILENT = "silent"
    GONE = "gone"


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
