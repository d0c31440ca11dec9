"""Who read which page, or may not, for the audit log: once an hour for each person, page, thing and look-up.

What may be looked at only once (a picture) is recorded singly by whoever shows it. A page is not shown where its
reading cannot be recorded.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

READ: Final = "page.read"
REFUSED: Final = "page.refused"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
PART: Final = "page"
NO_LOOK_UP: Final = frozenset(("sort", "language"))
"""Fields that change how a page looks, not what is on it."""
MOST_FIELDS: Final = 8
MOST_OF_A_NAME: Final = 40
IDENTIFIER: Final = re.compile(r"[a-z]{3}_[0-9a-z]{16}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_REMEMBERED: Final = 20_000
_noted: dict[tuple[object, ...], dt.datetime] = {}
"""The hour in which each was recorded last, by this process: several processes may each record one."""


def note_read(person: User, page: str, about: Mapping[str, Any], asked: Mapping[str, str] = NOTHING) -> None:
    """Record that a person read the page of this name.

    ``about`` is what its address names: identifiers and numbers. ``asked`` is what stands behind the question mark: of
    a look-up the names of its fields are kept, never the words, and of a list the number of the part that was read.
    """
    if "token" in about:  # shown once, and recorded as a look
        return
    fields = {name: value for name, value in asked.items() if value and name not in NO_LOOK_UP}
    details = {key: value for key, value in about.items() if key != "public_id"} | _looked_up(fields)
    what = (page, *sorted(about.items()), hash(frozenset(fields.items())))  # no words are kept here either
    _note_once(READ, person, what, about.get("public_id", ""), {"page": page, **details})


def note_refusal(person: User, page: str, about: Mapping[str, Any]) -> None:
    """Record that a person asked for the page of this name and may not: once an hour for all that it could be about.

    Else whoever asks for one thing after the other fills the log. What was typed is kept if it is an identifier.
    """
    subject = about.get("public_id", "")
    _note_once(REFUSED, person, (page,), subject if IDENTIFIER.fullmatch(subject) else "", {"page": page})


def _note_once(kind: str, person: User, what: tuple[object, ...], subject: str, details: dict[str, Any]) -> None:
    """Record it, unless this was done in this hour."""
    moment = now()
    hour = moment.replace(minute=0, second=0, microsecond=0)
    name = (kind, person.public_id, *what)
    if _noted.get(name) == hour:
        return
    record(kind, subject, actor=person, details=details, at=moment)
    if len(_noted) >= _REMEMBERED:
        _noted.clear()
    _noted[name] = hour


def _looked_up(fields: Mapping[str, str]) -> dict[str, Any]:
    """The number of the part of a list, and the names of the other fields."""
    part = fields.get(PART, "")
    by = sorted(name[:MOST_OF_A_NAME] for name in fields if name != PART)[:MOST_FIELDS]
    return ({"part": int(part)} if _NUMBER.fullmatch(part) else {}) | ({"by": by} if by else {})
