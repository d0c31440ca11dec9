"""Where a host is: looks that are kept with every address found (R46), and the network and country of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.expressions import RawSQL

from orbweaver.notify.providers.models import (
    HostHop,
    HostLookup,
    HostOrigin,
    Provider,
    ProviderDomain,
    ProviderNetwork,
    RdapAnswer,
)
from orbweaver.notify.providers.rules import UNKNOWN, RdapOutcome
from orbweaver.platform.network.domains import domains_of, is_address

MAX_HOPS = 32
"""Addresses kept of one look; a name with more is a pool, of which these are enough."""


@dataclass(frozen=True)
class KnownAddress:
    """An address with what is known of it: whose it is, in which network and country (``unknown`` is a value)."""

    address: str
    provider: Provider | None
    network: str
    asn: int | None
    country: str
    source: str


def provider_by_name(host: str) -> Provider | None:
    """Whose domain a host is under, the most specific listed name first."""
    names = domains_of(host)
    if not names:
        return None
    found = ProviderDomain.objects.filter(domain__in=names).select_related("provider")
    best = max(found, key=lambda each: len(each.domain), default=None)
    return best.provider if best else None


def known_address(address: str) -> KnownAddress:
    """An address by the registry first, then by what RDAP said earlier, else unknown."""
    row = (
        ProviderNetwork.objects.filter(network__covers=address)
        .select_related("provider")
        .order_by(RawSQL("masklen(network)", []).desc())
        .first()
    )
    country = (row.country or row.provider.country) if row else ""
    if row is not None and country:
        return KnownAddress(address, row.provider, str(row.network), row.asn, country, "registry")
    answer = (
        RdapAnswer.objects.filter(network__covers=address, kind=RdapAnswer.Kind.ADDRESS)
        .filter(outcome__in=[RdapOutcome.FOUND, RdapOutcome.NO_CONTACT])
        .order_by(RawSQL("masklen(network)", []).desc(), "-asked_at")
        .first()
    )
    told = (answer.country if answer else "") or UNKNOWN
    if row is not None:
        return KnownAddress(address, row.provider, str(row.network), row.asn, told, "registry")
    if answer is not None:
        return KnownAddress(address, None, str(answer.network), answer.asn, told, "rdap")
    return KnownAddress(address, None, "", None, UNKNOWN, "")


def last_lookup(host: str) -> HostLookup | None:
    """The newest look at a host."""
    return HostLookup.objects.filter(host=host.lower()).order_by("-at", "-pk").first()


def addresses_now(host: str, address: str | None) -> list[KnownAddress]:
    """Where a host is, by the newest look that found addresses, as the registry has them now.

    Without such a look: the address that is given (which once answered), or the host itself when it is one.
    """
    literal = host.strip("[]")
    if is_address(literal):
        return [known_address(literal)]
    lookup = (
        HostLookup.objects.filter(host=host.lower(), outcome=HostLookup.Outcome.FOUND).order_by("-at", "-pk").first()
    )
    if lookup is not None:
        return [known_address(each) for each in lookup.hops.order_by("pk").values_list("address", flat=True)]
    return [known_address(address)] if address else []


def earlier_providers(host: str) -> list[Provider]:
    """Everybody whose address a host ever had, newest first: the origin behind a CDN may be among them (R46)."""
    hops = HostHop.objects.filter(lookup__host=host.lower(), provider__isnull=False).select_related("provider")
    found: dict[int, Provider] = {}
    for hop in hops.order_by("-lookup__at", "pk"):
        if hop.provider is not None:
            found.setdefault(hop.provider.pk, hop.provider)
    return list(found.values())


def origins_told(host: str) -> list[Provider]:
    """Who hosts what stands behind a CDN, as it was asked and answered, the newest answer first."""
    rows = HostOrigin.objects.filter(host=host.lower()).select_related("provider").order_by("-noted_at", "-pk")
    return list({row.provider_id: row.provider for row in rows}.values())


@transaction.atomic
def record_lookup(host: str, outcome: HostLookup.Outcome, addresses: Iterable[str], now: dt.datetime) -> HostLookup:
    """Keep a look. One that found the same as the last is counted with it; every other is a row of its own."""
    host = host.lower()[:260]
    known = [known_address(each) for each in list(dict.fromkeys(addresses))[:MAX_HOPS]]
    last = HostLookup.objects.select_for_update().filter(host=host).order_by("-at", "-pk").first()
    if last is not None and last.outcome == outcome and _same(last, known):
        last.at, last.looks = max(last.at, now), last.looks + 1
        last.save(update_fields=["at", "looks"])
        return last
    lookup = HostLookup.objects.create(host=host, outcome=outcome, at=now, first_at=now)
    HostHop.objects.bulk_create(
        HostHop(
            lookup=lookup,
            address=each.address,
            provider=each.provider,
            network=each.network or None,
            asn=each.asn,
            country=each.country,
            source=each.source,
        )
        for each in known
    )
    return lookup


def _same(lookup: HostLookup, found: Sequence[KnownAddress]) -> bool:
    """Whether a look found these addresses with these owners."""
    known = {(hop.address, hop.provider_id, hop.country) for hop in lookup.hops.all()}
    return known == {(each.address, each.provider.pk if each.provider else None, each.country) for each in found}
