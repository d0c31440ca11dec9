"""Which history of the database this is: whoever follows the numbers of changes must know when it became another.

A standby that is promoted, and a database that was restored to a point in time or loaded elsewhere, go on from a moment
at which others may have seen further: what they saw after it never was, and its numbers are given anew. PostgreSQL
tells the cluster, the database and the timeline apart; from which number on a lineage has changes of its own is noted
with its first one, under the lock of changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

from orbweaver.detect.hashlists.models import Lineage

_NOW: Final = "SELECT database_lineage(), COALESCE((SELECT max(change) FROM hashlists_hashlistentry), 0)"
_NOTE: Final = """
INSERT INTO hashlists_lineage (name, began_after)
SELECT now, COALESCE((SELECT max(change) FROM hashlists_hashlistentry), 0) FROM database_lineage() AS now
WHERE now IS DISTINCT FROM (SELECT name FROM hashlists_lineage ORDER BY id DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the lists are: their lineage, and the number of the newest change (0: none)."""

    lineage: str
    newest: int


def place_now() -> Place:
    """Both, as they are together."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW)
        return Place(*cursor.fetchone())


def note_lineage() -> None:
    """Note that this lineage has changes of its own from here on, where that is not known. Under the lock of changes,
    before the first of them."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE)


def common_until(lineage: str, now: Place) -> int:
    """The last change that somebody who followed ``lineage`` may keep, now that it is another."""
    known = list(Lineage.objects.order_by("pk").values_list("name", "began_after"))
    names = [name for name, _ in known]
    later = known[len(names) - names[::-1].index(lineage) :] if lineage in names else known
    return min([now.newest, *(began_after for _, began_after in later)])
