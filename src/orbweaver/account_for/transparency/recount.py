"""The headline figures as they stood at an earlier moment, by the same definition from the domain's own tables."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Final

from django.db import connection

from orbweaver.account_for.transparency.counted import Distinct, Figure
from orbweaver.account_for.transparency.counting import addresses, counted, distinct
from orbweaver.account_for.transparency.figures import FIGURES, OF_ADDRESSES
from orbweaver.account_for.transparency.tallies import HEADLINE, Counts, Key, counts_of

_AT: Final = "%(at)s"


def recount(now: dt.datetime) -> Counts:
    """The counts as they stood at ``now``. Reads whole tables: not for a page."""
    found: dict[str, Counter[Key]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        for figure in (each for each in FIGURES if each.name in HEADLINE):
            cursor.execute(_statement(figure), {"at": now})
            for name, key, n in cursor.fetchall():
                found[name][tuple(key.split("|"))] += n
    return counts_of(found, now.timestamp())


def _statement(figure: Figure | Distinct) -> str:
    if isinstance(figure, Distinct):
        return f"SELECT '{figure.name}', '', count(*) FROM ({distinct(figure, at=_AT)}) d"
    rows = f"({addresses(at=_AT)})" if figure in OF_ADDRESSES else figure.rows.table
    return f"SELECT figure, key, n FROM ({counted(rows, [figure], at=_AT)}) c"
