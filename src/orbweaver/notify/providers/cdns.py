"""CDNs in the registry: taken there from the table of those known, once an answer came through one, or from a file.

What a person keeps is never changed by it: a provider gets networks that are nobody's, and contacts where it has none.
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
from orbweaver.platform.network.cdns import Cdn, cdn_named, cdn_of_address


def provider_of_cdn(cdn: Cdn) -> Provider | None:
    """The CDN in the registry: by its names, else the provider of this kind whose name begins with its name."""
    for name in (cdn.name, *cdn.names):
        found = provider_named(name)
        if found is not None:
            return found
    alike = Provider.objects.filter(kind=Provider.Kind.CDN, name__istartswith=f"{cdn.name} ")
    return alike.order_by("pk").first()


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
        provider = Provider.objects.create(name=cdn.name, kind=Provider.Kind.CDN, created_at=now)
        details = {"source": cdn.source, "as_of": cdn.as_of.isoformat()}
        record("provider.added", provider.public_id, actor=by, details=details, at=now)
    if provider.kind == Provider.Kind.NETWORK:
        provider.kind = Provider.Kind.CDN
        provider.save(update_fields=["kind"])
        record("provider.changed", provider.public_id, actor=by, details={"fields": ["kind"]}, at=now)
    for name in cdn.names:
        ProviderAlias.objects.get_or_create(key=alias_key(name), defaults={"provider": provider, "name": name})
    known = set(ProviderNetwork.objects.filter(network__in=cdn.networks).values_list("network", flat=True))
    fresh = [each for each in cdn.networks if str(each) not in {str(one) for one in known}]
    ProviderNetwork.objects.bulk_create(
        [ProviderNetwork(provider=provider, network=each) for each in fresh], ignore_conflicts=True
    )
    if not provider.contacts.exists():
        found_contacts(provider, cdn.contacts, Contact.Source.PUBLISHED, now)
    return provider


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
