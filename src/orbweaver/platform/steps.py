"""Steps of the work, for logs that programs read: a line each, under one id from lead to notice.

That id is the public one of the lead. A part that has rows of its own in hand, an item, a verdict or a notice, finds
the leads they go back to by those rows; nothing is carried along for it (``orbweaver.doors.tracing`` knows how). One
notice may go back to several leads: its line names each. Who did something stands in the audit log, never here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Final

logger = logging.getLogger(__name__)

KINDS: Final = frozenset(
    ("lead", "sighting", "report", "item", "verdict", "appeal", "notice", "escalation", "recheck", "removal")
)
"""What steps are of: the first word of their kind. Events of people, keys, lists and machines are none."""

PUBLIC_ID: Final = re.compile(r"[a-z]{3}_[2-9a-z]{10,24}")

LeadsOf = Callable[[str], Sequence[str]]
"""Public identifier of a lead, sighting, item, verdict or notice → those of the leads that it goes back to."""


@dataclass(frozen=True, slots=True)
class About:
    """What a line is about, by public identifiers."""

    subject: str
    leads: Sequence[str] = ()


_found_with: list[LeadsOf] = []
"""One, once it is said how leads are found."""
_in_hand: ContextVar[About | None] = ContextVar("in_hand", default=None)


def connect(leads_of: LeadsOf) -> None:
    """Say how leads are found, in this process."""
    _found_with[:] = [leads_of]


def are_wanted() -> bool:
    """Whether steps are logged or sent on: with ``ORBWEAVER_LOG_FORMAT=json`` or a collector of traces."""
    return logger.isEnabledFor(logging.INFO)


def in_hand() -> About | None:
    """What this thread or task has in hand, for each line that it logs."""
    return _in_hand.get()


@contextmanager
def about(subject: Callable[[], str]) -> Iterator[None]:
    """Within it each line that is logged, of failures too, says that it is about this row and its leads.

    ``subject`` is asked for its public identifier only where logs say it; outside a transaction that has failed.
    """
    if not are_wanted():
        yield
        return
    token = _in_hand.set(_found_by(subject))
    try:
        yield
    finally:
        _in_hand.reset(token)


def step(
    kind: str, subject: str, *, leads: Sequence[str] | None = None, counts: Mapping[str, int] | None = None
) -> None:
    """Log that this happened once the caller's transaction is committed, where steps are wanted and it is one.

    ``leads`` are looked up where they are not given.
    """
    if are_wanted() and kind.partition(".")[0] in KINDS and PUBLIC_ID.fullmatch(subject):
        from django.db import transaction  # commands that need no database load this module too

        transaction.on_commit(partial(_write, kind, subject, leads, counts or {}), robust=True)


def _write(kind: str, subject: str, leads: Sequence[str] | None, counts: Mapping[str, int]) -> None:
    found = _found(subject) if leads is None else About(subject, leads)
    logger.info("%s", kind, extra={"code": kind, "about": found, "counts": counts})


def _found_by(subject: Callable[[], str]) -> About | None:
    from django.core.exceptions import ObjectDoesNotExist
    from django.db import DatabaseError

    try:
        return _found(subject())
    except (DatabaseError, ObjectDoesNotExist):
        return None


def _found(subject: str) -> About:
    from django.db import DatabaseError

    try:
        return About(subject, tuple(each for find in _found_with for each in find(subject)))
    except DatabaseError:
        return About(subject)
