"""Small changes of the registry by a person, each audited. Repeating one changes nothing."""

from __future__ import annotations

import datetime as dt
from typing import Final, TypeVar

from django.db import transaction

from orbweaver.notify.providers.channel_kinds import clean_address
from orbweaver.notify.providers.errors import ProviderInvalid, ProviderTaken
from orbweaver.notify.providers.messages import (
    DOMAIN_TAKEN,
    NAME_LENGTH,
    NAME_TAKEN,
    NETWORK_TAKEN,
    NOTHING_TO_TAKE_AWAY,
    SYSTEM_TAKEN,
    UNKNOWN_KIND,
    UNKNOWN_LINK,
)
from orbweaver.notify.providers.models import (
    Contact,
    Provider,
    ProviderAlias,
    ProviderAsn,
    ProviderDomain,
    ProviderLink,
    ProviderNetwork,
)
from orbweaver.notify.providers.rules import alias_key, clean_asn, clean_country, clean_domain, clean_network
from orbweaver.notify.providers.services import add_contact, retire_contact
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record


@transaction.atomic
def change_contact(
    contact: Contact, *, address: str, language: str, now: dt.datetime, by: User | None = None
) -> Contact:
    """Another address or language of a contact. What was sent to the old address stays on record, with it.

    The contact that is written to from now on: a new one where the address changed. Raises ProviderInvalid.
    """
    address = clean_address(contact.channel, address)
    if address == contact.address and language == contact.language:
        return contact
    changed = add_contact(contact.provider, address, now=now, channel=contact.channel, language=language, by=by)
    if changed.pk != contact.pk:
        changed.first_at = contact.first_at
        changed.save(update_fields=["first_at"])
        retire_contact(contact, now=now, by=by)
    return changed


@transaction.atomic
def put_first(contact: Contact, *, first: bool, now: dt.datetime, by: User | None = None) -> None:
    """Have a contact tried before all others of its provider, or by its own strength again. What waits stays there."""
    contact.first_at = now if first else None
    contact.save(update_fields=["first_at"])
    record("provider.contact_ordered", contact.public_id, actor=by, details={"first": first}, at=now)


@transaction.atomic
def change_provider(
    provider: Provider,
    *,
    country: str,
    kind: str,
    terms_url: str,
    walled_garden: bool,
    now: dt.datetime,
    by: User | None = None,
) -> bool:
    """Set what is known of a provider, "" included; whether anything changed. Raises ProviderInvalid."""
    if kind not in Provider.Kind.values:
        raise ProviderInvalid(UNKNOWN_KIND.of(known=", ".join(Provider.Kind.values)))
    given = {
        "country": clean_country(country),
        "kind": kind,
        "terms_url": terms_url.strip()[:500],
        "walled_garden": walled_garden,
    }
    changed = [name for name, value in given.items() if getattr(provider, name) != value]
    for name in changed:
        setattr(provider, name, given[name])
    if changed:
        provider.save(update_fields=changed)
        record("provider.changed", provider.public_id, actor=by, details={"fields": changed}, at=now)
    return bool(changed)


@transaction.atomic
def add_alias(provider: Provider, name: str, *, now: dt.datetime, by: User | None = None) -> ProviderAlias:
    """Another name it is known by. Raises ProviderInvalid, ProviderTaken."""
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise ProviderInvalid(NAME_LENGTH)
    row, created = ProviderAlias.objects.get_or_create(
        key=alias_key(name), defaults={"provider": provider, "name": name}
    )
    return _added(row, created, provider, "name", now, by)


@transaction.atomic
def add_domain(provider: Provider, domain: str, *, now: dt.datetime, by: User | None = None) -> ProviderDomain:
    """A domain of theirs. Raises ProviderInvalid, ProviderTaken."""
    row, created = ProviderDomain.objects.get_or_create(domain=clean_domain(domain), defaults={"provider": provider})
    return _added(row, created, provider, "domain", now, by)


@transaction.atomic
def add_network(
    provider: Provider,
    network: str,
    *,
    now: dt.datetime,
    asn: int | None = None,
    country: str = "",
    by: User | None = None,
) -> ProviderNetwork:
    """Addresses of theirs, brought up to date when they are known. Raises ProviderInvalid, ProviderTaken."""
    country = clean_country(country)
    row, created = ProviderNetwork.objects.get_or_create(
        network=clean_network(network), defaults={"provider": provider, "asn": asn, "country": country}
    )
    if row.provider_id == provider.pk and (row.asn, row.country) != (asn or row.asn, country or row.country):
        row.asn, row.country = asn or row.asn, country or row.country
        row.save(update_fields=["asn", "country"])
    return _added(row, created, provider, "network", now, by)


@transaction.atomic
def add_system(provider: Provider, asn: str | int, *, now: dt.datetime, by: User | None = None) -> ProviderAsn:
    """An autonomous system that it runs. Raises ProviderInvalid, ProviderTaken."""
    row, created = ProviderAsn.objects.get_or_create(asn=clean_asn(asn), defaults={"provider": provider})
    return _added(row, created, provider, "system", now, by)


@transaction.atomic
def add_link(provider: Provider, to: Provider, kind: str, *, now: dt.datetime, by: User | None = None) -> ProviderLink:
    """Note who keeps it going: its upstream, registrar, CDN or payment service. Raises ProviderInvalid."""
    if kind not in ProviderLink.Kind.values or to == provider:
        raise ProviderInvalid(UNKNOWN_LINK.of(known=", ".join(ProviderLink.Kind.values)))
    row, created = ProviderLink.objects.get_or_create(provider=provider, to=to, kind=kind, defaults={"seen_at": now})
    if created:
        record("provider.link_added", provider.public_id, actor=by, details={"kind": kind, "to": to.public_id}, at=now)
    return row


Row = TypeVar("Row", ProviderAlias, ProviderDomain, ProviderNetwork, ProviderAsn)

PARTS: dict[str, str] = {
    "name": "aliases",
    "domain": "domains",
    "network": "networks",
    "system": "systems",
    "link": "links",
}
"""What can be taken away from a provider, and where it stands."""


TAKEN: Final = {
    "name": NAME_TAKEN,
    "domain": DOMAIN_TAKEN,
    "network": NETWORK_TAKEN,
    "system": SYSTEM_TAKEN,
}
"""What is said of a part that another provider has already."""


@transaction.atomic
def remove(provider: Provider, what: str, number: int, *, now: dt.datetime, by: User | None = None) -> bool:
    """Take a name, domain, network, system or link away; whether it was there. Raises ProviderInvalid."""
    if what not in PARTS:
        raise ProviderInvalid(NOTHING_TO_TAKE_AWAY)
    removed, _ = getattr(provider, PARTS[what]).filter(pk=number).delete()
    if removed:
        record("provider.taken_away", provider.public_id, actor=by, details={"what": what}, at=now)
    return bool(removed)


def _added(row: Row, created: bool, provider: Provider, what: str, now: dt.datetime, by: User | None) -> Row:
    if row.provider_id != provider.pk:
        raise ProviderTaken(TAKEN[what])
    if created:
        record(f"provider.{what}_added", provider.public_id, actor=by, at=now)
    return row
