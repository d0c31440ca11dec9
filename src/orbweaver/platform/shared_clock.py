"""The clock that all machines share: the database's. Leases and turns run on it, so that a machine whose own clock is
wrong neither takes what others hold nor asks a host too early.

Lengths of time within one process are measured by its own monotonic clock.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection


def shared_now() -> dt.datetime:
    """Real time in UTC by the database's clock, at this moment and not at the transaction's beginning."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: dt.datetime = cursor.fetchone()[0]
    return at.astimezone(dt.UTC)
