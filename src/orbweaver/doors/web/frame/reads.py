"""Who read which page, for the audit log: once an hour for each person, page and thing, so that it stays readable.

What may be looked at only once (a picture) is recorded singly by whoever shows it. A page is not shown where its
reading cannot be recorded.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

READ: Final = "page.read"
_REMEMBERED: Final = 20_000
_noted: dict[tuple[object, ...], dt.datetime] = {}
"""The hour in which each was recorded last, by this process: several processes may each record one."""


def note_read(person: User, page: str, about: dict[str, Any]) -> None:
    """Record that a person read the page of this name. ``about`` is what its address names: identifiers and numbers."""
    if "token" in about:  # shown once, and recorded as a look
        return
    moment = now()
    hour = moment.replace(minute=0, second=0, microsecond=0)
    name = (person.public_id, page, *sorted(about.items()))
    if _noted.get(name) == hour:
        return
    others = {key: value for key, value in about.items() if key != "public_id"}
    record(READ, about.get("public_id", ""), actor=person, details={"page": page, **others}, at=moment)
    if len(_noted) >= _REMEMBERED:
        _noted.clear()
    _noted[name] = hour
