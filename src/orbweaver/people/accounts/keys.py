"""Verbs on API keys that are there: revoke one, put another in its place, count what is asked with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.models import F, Q, Sum

from orbweaver.people.accounts.models import ApiKey, KeyUsage
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key

SET_ASIDE: Final = """
INSERT INTO accounts_ratewindow AS there (client, ends_at, taken)
VALUES (%(client)s, clock_timestamp() + make_interval(secs => %(length)s), %(wanted)s)
ON CONFLICT (client) DO UPDATE SET
    ends_at = CASE WHEN there.ends_at <= clock_timestamp() THEN excluded.ends_at ELSE there.ends_at END,
    taken = excluded.taken + CASE WHEN there.ends_at <= clock_timestamp() THEN 0 ELSE there.taken END
RETURNING taken - %(wanted)s, extract(epoch FROM ends_at - clock_timestamp())::float8
"""
OVERLAP: Final = dt.timedelta(days=7)
"""How long a key works beside the one that takes its place, so that a client can change over without a gap."""


@dataclass(slots=True)
class Used:
    """Answers of any kind, scans that were counted, what was known among them, and requests that were refused for being
    beyond what a key may ask, or failed."""

    requests: int = 0
    scans: int = 0
    matched: int = 0
    refused: int = 0
    failed: int = 0

    def __add__(self, other: Used) -> Used:
        return Used(
            self.requests + other.requests,
            self.scans + other.scans,
            self.matched + other.matched,
            self.refused + other.refused,
            self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True)
class Quota:
    """Scans that a key has in a ``day`` or ``month``, those that are written down, and when the next one begins."""

    name: str
    most: int
    used: int
    ends: dt.datetime


def quotas_of(key: ApiKey, now: dt.datetime) -> tuple[Quota, ...]:
    """The quotas of a key at this moment, days and months in UTC; none for a key that has none.

    What was asked with the keys whose place it took, and with those that take its own, counts as well.
    """
    if key.scans_per_day is None and key.scans_per_month is None:
        return ()
    today = now.astimezone(dt.UTC).date()
    first = today.replace(day=1)
    this_day, this_month = Sum("scans", filter=Q(day=today), default=0), Sum("scans", default=0)
    of_chain = KeyUsage.objects.filter(Q(key=key.first_id or key.pk) | Q(key__first=key.first_id or key.pk))
    used = of_chain.filter(day__gte=first, day__lte=today).aggregate(day=this_day, month=this_month)
    ends = {"day": today + dt.timedelta(days=1), "month": (first + dt.timedelta(days=31)).replace(day=1)}
    return tuple(
        Quota(name, most, used[name], dt.datetime.combine(ends[name], dt.time(), dt.UTC))
        for name, most in (("day", key.scans_per_day), ("month", key.scans_per_month))
        if most is not None
    )


@dataclass(frozen=True, slots=True)
class SetAside:
    """A part of a client's window: scans that this process may use, those left for all, and the seconds to its end."""

    granted: int
    left: int
    ends_in_s: float


def set_aside(client: str, wanted: int, most: int, length_s: float) -> SetAside:
    """Take so many scans of a client's window, of which it has ``most`` in all processes together. A window begins with
    the first that asks after the one before."""
    with connection.cursor() as cursor:
        cursor.execute(SET_ASIDE, {"client": client, "length": length_s, "wanted": wanted})
        before, ends_in_s = cursor.fetchone()
    left = max(0, most - before)
    return SetAside(min(wanted, left), max(0, left - wanted), ends_in_s)


def revoke_api_key(key: ApiKey, now: dt.datetime) -> bool:
    """It stops working at once; False when it had stopped before."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now))


@transaction.atomic
def replace_api_key(key: ApiKey, now: dt.datetime) -> str:
    """Another key that may do the same, within the same quotas, shown once.

    This one works for a week more, or as long as it would have.
    """
    ends = now + OVERLAP if key.expires_at is None else min(key.expires_at, now + OVERLAP)
    made = create_api_key(
        key.organisation,
        key.name,
        [Permission(scope) for scope in key.scopes],
        now,
        expires_at=key.expires_at,
        url_hosts=key.url_hosts,
        networks=key.networks,
        scans_per_minute=key.scans_per_minute,
        scans_per_day=key.scans_per_day,
        scans_per_month=key.scans_per_month,
        is_test=key.is_test,
        first=key.first or key,
        unbound=not key.is_bound,
        countries=key.countries,
        cases=key.cases,
    )
    ApiKey.objects.filter(pk=key.pk).update(expires_at=ends)
    return made


@transaction.atomic
def count_usage(used: Mapping[tuple[str, str], Used], day: dt.date) -> None:
    """Add to the day's counts of keys, each named by its prefix and a door; those of keys that are gone are let go."""
    keys = ApiKey.objects.in_bulk({prefix for prefix, _ in used}, field_name="prefix")
    for (prefix, door), more in sorted(used.items()):
        if (key := keys.get(prefix)) is not None:
            row, _ = KeyUsage.objects.get_or_create(key=key, day=day, door=door)
            KeyUsage.objects.filter(pk=row.pk).update(
                requests=F("requests") + more.requests,
                scans=F("scans") + more.scans,
                matched=F("matched") + more.matched,
                refused=F("refused") + more.refused,
                failed=F("failed") + more.failed,
            )
