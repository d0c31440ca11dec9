"""How long data are kept, in days: of the policy, and asked of the database each time, as a worker that removes data
runs for months and a page must not show what held when it began.

Such a period changes with a second person's word (``doors.changing``). What a machine says by itself counts only until
somebody has worked here: then the periods in force are put into the policy (``keep``), and nobody's variable shortens
them any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from django.db import transaction

from orbweaver.people.policy.models import Version
from orbweaver.people.policy.services import PERIODS, change, take_turn
from orbweaver.platform import config

UNSAID: Final = "retention_days"
"""A law says how long evidence is kept, so nobody's silence is taken for an answer: it stays open until it is set."""


_AT_HAND: Final[ContextVar[dict[str, Any] | None]] = ContextVar("periods at hand", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Within the block the policy is asked once: a page that shows every period says the same of all."""
    token = _AT_HAND.set(_said())
    try:
        yield
    finally:
        _AT_HAND.reset(token)


def days_kept(name: str) -> int:
    """Days that this period has now. ``name``: one of ``PERIODS``."""
    return int(_said().get(name) or config.in_force([name])[name])


def all_kept() -> dict[str, int]:
    """Every period, by its name."""
    said = _said()
    return {name: int(value) for name, value in (config.in_force(PERIODS) | said).items() if name in PERIODS}


@transaction.atomic
def keep(now: dt.datetime) -> int:
    """Put the periods that hold here into the policy, where it has none; how many.

    Never over what a person asked for and another agreed to in the same moment.
    """
    take_turn()
    said = _said()
    missing = [name for name in PERIODS if name not in said and not _waits_for_an_answer(name)]
    if missing:
        change(config.in_force(missing), now, label="worker")
    return len(missing)


def are_kept() -> bool:
    """Whether every period that nobody has to say stands in the policy, as it does where people work in earnest."""
    return {*PERIODS} - {UNSAID} <= _said().keys()


def any_shorter(wanted: Mapping[str, int]) -> bool:
    """Whether one of these periods would be shorter than it is. What goes by it does not come back."""
    kept = all_kept()
    return any(days < kept[name] for name, days in wanted.items())


def _waits_for_an_answer(name: str) -> bool:
    return name == UNSAID and config.source_of(name) == "default"


def _said() -> dict[str, Any]:
    at_hand = _AT_HAND.get()
    if at_hand is not None:
        return at_hand
    newest: dict[str, Any] | None = Version.objects.order_by("-pk").values_list("values", flat=True).first()
    return newest or {}
