"""How long what nobody else can agree to waits, and for how long what was done alone is shown. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from orbweaver.people.accounts.rules import Permission

VOUCHED: Final = "person.vouched"
"""The kind of a change, and of its event: a second person says that an account is in the hands of its person."""
CLOCK_JUMPED: Final = "change.clock_jumped"
"""The event: the machine's clock was set while changes waited."""
SURVIVOR_STOP: Final = "survivor_request.stop_agreed"
"""The kind of a change, and of its event: a survivor's request is stopped for somebody who lost its secret code."""
READERS: Final[Mapping[str, Permission]] = {SURVIVOR_STOP: Permission.SURVIVOR_HANDLE}
"""What only those agree to who may read what it is about, as long as another one of them is there."""
SECONDS: Final = frozenset({Permission.CHANGE_AGREE, *READERS.values()})
"""Whoever has one of these may be somebody's second person: nobody takes it from them alone."""
ALONE_AFTER: Final = dt.timedelta(days=1)
"""How long a change waits, in everybody's sight, where nobody else can agree to it."""
VOUCHED_AFTER: Final = dt.timedelta(days=30)
"""After so long in everybody's sight an account that one person made alone is taken to be somebody else's."""
"""Where somebody who could agree was removed by one person alone, nobody's change takes effect by itself sooner."""
SHOWN_FOR: Final = dt.timedelta(days=7)
"""How long every page says that somebody carried out a change alone."""


def takes_longer(due_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether more than the usual day is left of what takes effect by itself."""
    return due_at is not None and due_at - now > 2 * ALONE_AFTER
