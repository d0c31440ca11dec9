"""Whether anything was committed since one last asked: whoever has nothing to do rests until it was.

One small question about the server's transactions takes the place of all looks for rows that are not there. It needs
no trigger, no ``NOTIFY`` (whose senders wait for one another at their commits) and knows of any table. A commit that
is none of ours costs a look that finds nothing.
"""

from __future__ import annotations

from time import monotonic
from typing import Final

import psycopg
from django.db import DatabaseError, InterfaceError, connection

PULSE_S: Final = 0.5
"""Real seconds between questions: how late, at most, whoever rests sees that there is something to do."""
QUIET_PULSE_S: Final = 1.0
QUIET_AFTER_S: Final = 60.0
"""Seconds without a change after which questions come every ``QUIET_PULSE_S``: an idle night costs half as much."""
NIGHT_PULSE_S: Final = 2.0
NIGHT_AFTER_S: Final = 300.0
"""After so many, every ``NIGHT_PULSE_S``. What a question costs is the waking: two milliseconds of a processor that was
at rest, a third of one where something else keeps it awake."""


class Pulse:
    """The state of the server's transactions when it was last asked. For one thread, whose connection it uses."""

    def __init__(self) -> None:
        self._seen: str | None = None
        self._changed_at = monotonic()

    @property
    def pause_s(self) -> float:
        """Real seconds until the next question."""
        quiet_s = monotonic() - self._changed_at
        if quiet_s < QUIET_AFTER_S:
            return PULSE_S
        return QUIET_PULSE_S if quiet_s < NIGHT_AFTER_S else NIGHT_PULSE_S

    def has_changed(self) -> bool:
        """Whether a transaction that wrote something has ended since the last call; the first time, yes.

        While the database does not answer, yes as well: the work that is tried then says what is wrong.
        """
        try:
            connection.ensure_connection()
            # with those under way: one that began before others may end after them, and changes no other number
            now = connection.connection.execute("SELECT pg_current_snapshot()::text").fetchone()[0]
        except (DatabaseError, InterfaceError, psycopg.Error):
            connection.errors_occurred = True
            connection.close_if_unusable_or_obsolete()
            now = None
        changed = now is None or now != self._seen
        self._seen = now
        self._note(changed=changed)
        return changed

    def _note(self, *, changed: bool) -> None:
        if changed:
            self._changed_at = monotonic()
