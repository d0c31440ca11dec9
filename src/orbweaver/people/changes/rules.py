"""How long what nobody else can agree to waits, and for how long what was done alone is shown. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

VOUCHED: Final = "person.vouched"
"""The kind of a change, and of its event: a second person says that an account is in the hands of its person."""
CLOCK_JUMPED: Final = "change.clock_jumped"
"""The event: the machine's clock was set while changes waited."""
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
