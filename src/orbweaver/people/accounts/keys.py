"""Verbs on API keys that are there: revoke one, put another in its place, count what is asked with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import F

from orbweaver.people.accounts.models import ApiKey, KeyUsage
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key

OVERLAP: Final = dt.timedelta(days=7)
"""How long a key works beside the one that takes its place, so that a client can change over without a gap."""


class Used(NamedTuple):
    """Scans that were counted, and requests refused for coming too fast."""

    scans: int = 0
    refused: int = 0


def revoke_api_key(key: ApiKey, now: dt.datetime) -> bool:
    """It stops working at once; False when it had stopped before."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now))


@transaction.atomic
def replace_api_key(key: ApiKey, now: dt.datetime) -> str:
    """Another key that may do the same, shown once; this one works for a week more, or as long as it would have."""
    ends = now + OVERLAP if key.expires_at is None else min(key.expires_at, now + OVERLAP)
    made = create_api_key(
        key.organisation,
        key.name,
        [Permission(scope) for scope in key.scopes],
        now,
        expires_at=key.expires_at,
        url_hosts=key.url_hosts,
        scans_per_minute=key.scans_per_minute,
    )
    ApiKey.objects.filter(pk=key.pk).update(expires_at=ends)
    return made


@transaction.atomic
def count_usage(used: Mapping[str, Used], day: dt.date) -> None:
    """Add to the day's counts of keys, which are named by their prefix; those of keys that are gone are let go."""
    for key in ApiKey.objects.filter(prefix__in=list(used)):
        counted, more = used[key.prefix], KeyUsage.objects.get_or_create(key=key, day=day)[0]
        KeyUsage.objects.filter(pk=more.pk).update(
            scans=F("scans") + counted.scans, refused=F("refused") + counted.refused
        )
