"""Leases of what is due: longest due first, spread over sites, each with a worker for a while."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Q

from orbweaver.assess.linking.models import Neighbour
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.rules import Phase
from orbweaver.platform.shared_clock import shared_now

LEASE_S = 15.0
"""Real seconds after which a worker that has not renewed its leases is taken for dead and its URLs are free."""

READ_AHEAD = 2_000
"""Due URLs that are looked through to fill a batch from many sites, so that one large site does not hold up others."""

READS = 4
"""How often the next ``READ_AHEAD`` are read when those before were of few sites."""

PER_SITE = 8
"""URLs of one site in a batch; they are fetched one after another."""

BESIDE = 5
"""Most neighbours of a URL that its check knows of."""


@dataclass(frozen=True)
class Due:
    """A leased URL with what it takes to check it."""

    target_id: int
    lease: uuid.UUID
    url: str
    site: str
    sha256: bytes
    pdq: bytes | None
    pages: tuple[str, ...] = ()
    is_removed: bool = False
    beside: tuple[str, ...] = ()
    """Other media of its page when it was found: a host that shows no page may still show those."""


@transaction.atomic
def lease_due(now: dt.datetime, limit: int) -> list[Due]:
    """Lease up to ``limit`` URLs that are due, longest due first, at most ``PER_SITE`` of one site.

    A site of which another worker has URLs in hand waits its turn, so that politeness holds over all workers.
    """
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=shared_now())
    chosen = _choose(now, limit)
    rows = RecheckTarget.objects.filter(free, pk__in=chosen).select_for_update(skip_locked=True, of=("self",))
    targets = list(rows.select_related("notice_url__media").order_by("due_at", "pk"))
    lease, until = uuid.uuid4(), shared_now() + dt.timedelta(seconds=LEASE_S)
    RecheckTarget.objects.filter(pk__in=[target.pk for target in targets]).update(lease=lease, lease_until=until)
    beside = _beside([bytes(target.notice_url.url_key) for target in targets])
    return [replace(due_of(each, lease), beside=beside.get(bytes(each.notice_url.url_key), ())) for each in targets]


def _beside(keys: Sequence[bytes]) -> dict[bytes, tuple[str, ...]]:
    """By the key of each URL the first neighbours that its pages had (R13), where this installation keeps them."""
    rows = Neighbour.objects.filter(sighting__url_key__in=keys, position__lt=BESIDE).order_by("position", "pk")
    found: dict[bytes, tuple[str, ...]] = {}
    for key, url in rows.values_list("sighting__url_key", "url"):
        found[bytes(key)] = (*found.get(bytes(key), ()), url)[:BESIDE]
    return found


def _choose(now: dt.datetime, limit: int) -> list[int]:
    """Due URLs in their order; where the first ones are of few sites, further ones of others are looked for."""
    in_hand = RecheckTarget.objects.filter(lease_until__gt=shared_now()).values_list("site", flat=True)
    full = set(in_hand.distinct())
    per_site: Counter[str] = Counter()
    chosen: list[int] = []
    due = RecheckTarget.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    for _ in range(READS):
        rows = list(due.exclude(site__in=full).values_list("pk", "site")[:READ_AHEAD])
        for pk, site in rows:
            if site in full or len(chosen) >= limit:
                continue
            chosen.append(pk)
            per_site[site] += 1
            if per_site[site] >= PER_SITE:
                full.add(site)
        if len(chosen) >= limit or len(rows) < READ_AHEAD:
            break
        full.update(site for _, site in rows)
    return chosen


def due_of(target: RecheckTarget, lease: uuid.UUID) -> Due:
    """A target as it is handed out, with its notified URL and its medium loaded."""
    url, media = target.notice_url, target.notice_url.media
    pdq = bytes(media.pdq) if media.pdq is not None else None
    return Due(
        target.pk,
        lease,
        url.url,
        target.site,
        bytes(media.sha256),
        pdq,
        tuple(url.pages),
        target.phase == Phase.REMOVED,
    )


def renew(due: Iterable[Due]) -> None:
    """Say that these URLs are still being looked at by the worker that leased them."""
    held = list(due)
    leased = RecheckTarget.objects.filter(pk__in=[each.target_id for each in held], lease_until__isnull=False)
    until = shared_now() + dt.timedelta(seconds=LEASE_S)
    leased.filter(lease__in={each.lease for each in held}).update(lease_until=until)


def give_back(due: Iterable[Due]) -> None:
    """Free leased URLs that were not looked at after all."""
    leases = {each.lease for each in due}
    RecheckTarget.objects.filter(pk__in=[each.target_id for each in due], lease__in=leases).update(
        lease=None, lease_until=None
    )
