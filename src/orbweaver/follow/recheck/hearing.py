"""Keeps which hosts answer and which are silent, from each network, and knows which are offline by that (R81)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Least

from orbweaver.follow.recheck.models import HeardNetwork, Network, RecheckTarget, SilentHost
from orbweaver.follow.recheck.rules import Phase
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.follow.recheck.silence import Quiet, offline_since


@dataclass(frozen=True)
class Hearing:
    """Whether a check of a site got any answer, by network."""

    site: str
    network: Network
    at: dt.datetime
    heard: bool


def note_hearings(hearings: Iterable[Hearing]) -> None:
    """Keep what checks heard of hosts; those that answer again have their offline addresses checked soon."""
    newest: dict[tuple[str, Network], Hearing] = {}
    for each in sorted(hearings, key=lambda each: each.at):
        newest[each.site, each.network] = each
    heard = [each for each in newest.values() if each.heard]
    _note_heard(heard)
    _note_silent([each for each in newest.values() if not each.heard])


def _note_heard(heard: list[Hearing]) -> None:
    """An answer from any network ends the silence of a host in all: it is there."""
    if not heard:
        return
    sites = sorted({each.site for each in heard})
    SilentHost.objects.filter(pk__in=list(_locked(sites))).delete()
    for network in Network:
        latest = max((each.at for each in heard if each.network is network), default=None)
        if latest is not None:
            HeardNetwork.objects.update_or_create(network=network.value, defaults={"at": latest})
    waiting = RecheckTarget.objects.filter(site__in=sites, phase=Phase.OFFLINE)
    waiting.update(due_at=Least("due_at", Value(max(each.at for each in heard))))


def _locked(sites: list[str]) -> Iterable[int]:
    rows = SilentHost.objects.filter(site__in=sites).order_by("site", "network").select_for_update()
    return rows.values_list("pk", flat=True)


def _note_silent(silent: list[Hearing]) -> None:
    if not silent:
        return
    rows = sorted(silent, key=lambda each: (each.site, each.network))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recheck_silenthost (site, network, since, checks) "
            "SELECT s.site, s.network, s.at, 1 FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) "
            "AS s (site, network, at) ON CONFLICT (site, network) DO UPDATE SET checks = recheck_silenthost.checks + 1",
            [[each.site for each in rows], [each.network.value for each in rows], [each.at for each in rows]],
        )


def offline_hosts(sites: Iterable[str], at: dt.datetime) -> Mapping[str, dt.datetime]:
    """Those of these hosts that are offline at ``at``, with since when."""
    settings = RecheckSettings.current()
    networks = frozenset({Network.OWN.value} | ({Network.SECOND.value} if settings.recheck_proxy else set()))
    quiet: dict[str, dict[str, Quiet]] = defaultdict(dict)
    for row in SilentHost.objects.filter(site__in=set(sites)):
        quiet[row.site][row.network] = Quiet(row.since, row.checks)
    heard = dict(HeardNetwork.objects.values_list("network", "at")) if quiet else {}
    found = {
        site: offline_since(
            of_site,
            heard,
            at=at,
            networks=networks,
            least_networks=settings.recheck_offline_networks,
            days=settings.recheck_offline_days,
        )
        for site, of_site in quiet.items()
    }
    return {site: since for site, since in found.items() if since is not None}
