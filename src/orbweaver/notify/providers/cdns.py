"""CDNs in the registry: taken there from the table of those known, once an answer came through one, or from a file.

A provider that a person keeps gets networks that are nobody's, and contacts where it has none. One that is kept as a
host and has nothing but what the CDN publishes becomes the CDN, since what it delivers others host; one that hosts too
stays what it is, with the CDN beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from orbweaver.notify.providers.discovery import found_contacts, provider_named
from orbweaver.notify.providers.models import Contact, Provider, ProviderAlias, ProviderNetwork
from orbweaver.notify.providers.rules import alias_key
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.network.cdns import CDNS, Cdn, cdn_named, cdn_of_address, known_cdns


def provider_of_cdn(cdn: Cdn) -> Provider | None:
    """The CDN in the registry: by its names, else the provider of this kind whose name begins with its name."""
    named = _named(cdn)
    alike = Provider.objects.filter(kind=Provider.Kind.CDN, name__istartswith=f"{cdn.name} ")
    kept = next((each for each in named if each.kind == Provider.Kind.CDN), None) or alike.order_by("pk").first()
    return kept or next((each for each in named if _is_nothing_else(each, cdn)), None)


def _named(cdn: Cdn) -> list[Provider]:
    return [found for name in (cdn.name, *cdn.names) if (found := provider_named(name)) is not None]


def _is_nothing_else(provider: Provider, cdn: Cdn) -> bool:
    """Whether it is the CDN, recorded as another kind: by RDAP, or by hand as a host without networks of its own."""
    if provider.kind == Provider.Kind.NETWORK:
        return True
    if provider.kind != Provider.Kind.HOST or provider.domains.exists():
        return False
    return all(cdn.publishes(row.network) for row in provider.networks.all())


def front_of(name: str) -> Provider | None:
    """The provider behind a name of the table, where the registry has it as a CDN."""
    cdn = cdn_named(name)
    provider = provider_of_cdn(cdn) if cdn else None
    return provider if provider is not None and provider.kind == Provider.Kind.CDN else None


def adopt_cdns(names: Iterable[str], addresses: Iterable[str], now: dt.datetime) -> None:
    """Take the CDNs of these names, and those that publish these addresses, into the registry."""
    found = {cdn.name: cdn for cdn in (*map(cdn_named, names), *map(cdn_of_address, addresses)) if cdn is not None}
    for cdn in found.values():
        adopt_cdn(cdn, now)


@transaction.atomic
def adopt_cdn(cdn: Cdn, now: dt.datetime, *, by: User | None = None) -> Provider:
    """A CDN with its networks and, where it has no contact, those that it publishes. Repeating it changes nothing.

    What RDAP knew as the holder of a network is known for a CDN from now on.
    """
    provider = provider_of_cdn(cdn)
    if provider is None:
        is_taken = Provider.objects.filter(name=cdn.name).exists()
        name = f"{cdn.name} (CDN)" if is_taken else cdn.name
        provider = Provider.objects.create(name=name, kind=Provider.Kind.CDN, created_at=now)
        details = {"source": cdn.source, "as_of": cdn.as_of.isoformat()}
        details |= {"table": CDNS.version()} if cdn in known_cdns() else {}  # else it came in a file
        record("provider.added", provider.public_id, actor=by, details=details, at=now)
    if provider.kind != Provider.Kind.CDN:
        provider.kind = Provider.Kind.CDN
        provider.save(update_fields=["kind"])
        record("provider.changed", provider.public_id, actor=by, details={"fields": ["kind"]}, at=now)
    for name in cdn.names:
        ProviderAlias.objects.get_or_create(key=alias_key(name), defaults={"provider": provider, "name": name})
    _take_networks(cdn, provider, now, by=by)
    known = set(ProviderNetwork.objects.filter(network__in=cdn.networks).values_list("network", flat=True))
    fresh = [each for each in cdn.networks if str(each) not in {str(one) for one in known}]
    ProviderNetwork.objects.bulk_create(
        [ProviderNetwork(provider=provider, network=each) for each in fresh], ignore_conflicts=True
    )
    if not provider.contacts.exists():
        found_contacts(provider, cdn.contacts, Contact.Source.PUBLISHED, now)
    return provider


def _take_networks(cdn: Cdn, provider: Provider, now: dt.datetime, *, by: User | None) -> None:
    """What it publishes is its own, also where somebody kept it with the host of its name."""
    for other in _named(cdn):
        theirs = [row.pk for row in other.networks.all() if cdn.publishes(row.network)]
        if other != provider and theirs:
            ProviderNetwork.objects.filter(pk__in=theirs).update(provider=provider)
            record("provider.changed", other.public_id, actor=by, details={"fields": ["networks"]}, at=now)


@transaction.atomic
def import_cdns(cdns: Iterable[Cdn], now: dt.datetime, *, by: User | None = None) -> int:
    """Take a whole table into the registry; returns how many CDNs it holds.

    A network that such a CDN no longer publishes stays with it: that it left is for a person to say.
    """
    count = 0
    for cdn in cdns:
        provider = adopt_cdn(cdn, now, by=by)
        details = {"source": cdn.source, "as_of": cdn.as_of.isoformat(), "networks": len(cdn.networks)}
        record("provider.networks_imported", provider.public_id, actor=by, details=details, at=now)
        count += 1
    return count
