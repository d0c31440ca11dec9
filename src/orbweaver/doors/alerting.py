"""What waits for a person now, by what they may do about it: a page shows it, a mail says it once a day.

Neither the page nor the mail names an address, a picture or a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Min

from orbweaver.doors.alert_kinds import KINDS, Kind
from orbweaver.notify.police import within
from orbweaver.notify.police.orders import open_orders
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.selectors import may_now
from orbweaver.platform.counting import up_to

MOST: Final = 999
"""What is counted of one kind; there may be more."""


@dataclass(frozen=True, slots=True)
class Alert:
    """How much of a kind waits now, and since when the oldest does."""

    kind: Kind
    count: int
    oldest_at: dt.datetime | None

    @property
    def words(self) -> str:
        """The same as a sentence."""
        return str(self.kind.words % {"n": self.count})


def kinds_of(person: User, now: dt.datetime) -> list[Kind]:
    """The kinds that this person can do something about, by their roles and what is agreed on today with their
    organisation; of whoever's role is bound, their own orders alone."""
    if person.bounds:
        own = within.orders(person).values("pk")
        orders = [kind for kind in KINDS if kind.name == "orders" and may_now(person, kind.permission, now)]
        return [replace(kind, rows=lambda _: open_orders().filter(pk__in=own)) for kind in orders]
    return [kind for kind in KINDS if may_now(person, kind.permission, now)]


def counts(kinds: Iterable[Kind], now: dt.datetime, most: int = MOST) -> dict[str, int]:
    """How much of each waits, up to so much, in one question to the database; nothing of what does not wait."""
    parts: list[str] = []
    given: list[Any] = []
    for kind in kinds:
        sql, params = kind.rows(now).order_by().values("pk")[:most].query.sql_with_params()
        parts.append(f"SELECT '{kind.name}', count(*) FROM ({sql}) AS waiting")  # noqa: S608 - our own names and statements
        given += params
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), given)
        return {name: count for name, count in cursor.fetchall() if count}


def waiting_in_bar(person: User, now: dt.datetime) -> int:
    """How many kinds of things wait for this person, as the bar above each page says it."""
    return len(counts((kind for kind in kinds_of(person, now) if not kind.is_slow), now, most=1))


def alerts_for(person: User, now: dt.datetime) -> list[Alert]:
    """What waits for this person, the most urgent first."""
    return [alert for kind in kinds_of(person, now) if (alert := alert_of(kind, now)) is not None]


def alert_of(kind: Kind, now: dt.datetime) -> Alert | None:
    """How much of one kind waits; None: nothing."""
    rows = kind.rows(now).order_by()
    oldest = {"oldest_at": Min(kind.since)} if kind.since else {}
    if kind.is_slow:  # both in one question: much is read for either
        found = rows.aggregate(n=Count("pk"), **oldest)
        count, oldest_at = min(found["n"], MOST), found.get("oldest_at")
    else:
        count = up_to(rows, MOST).n
        oldest_at = rows.aggregate(**oldest).get("oldest_at") if count else None
    return Alert(kind, count, oldest_at) if count else None
