"""Verbs of the registry. Repeating one changes nothing, so that a table can be loaded again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from orbweaver.notify.providers.channel_kinds import MAIL, clean_address
from orbweaver.notify.providers.errors import ProviderInvalid, ProviderTaken
from orbweaver.notify.providers.messages import (
    COUNTRY_CODE,
    DOMAIN_TAKEN,
    NAME_MISSING,
    NETWORK_TAKEN,
    NOT_AN_INDUSTRY,
    NOTICE_LANGUAGE,
    UNKNOWN_KIND,
)
from orbweaver.notify.providers.models import (
    Contact,
    Provider,
    ProviderDomain,
    ProviderNetwork,
    ProviderOrganisation,
    TermsClause,
)
from orbweaver.notify.providers.rules import clean_domain, clean_network
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.audit.services import record
from orbweaver.platform.languages import codes, known


@transaction.atomic
def add_provider(
    name: str,
    *,
    now: dt.datetime,
    country: str = "",
    kind: str = "",
    terms_url: str = "",
    walled_garden: bool = False,
    domains: Iterable[str] = (),
    networks: Iterable[str] = (),
    asn: int | None = None,
    by: User | None = None,
) -> Provider:
    """A provider of this name, new or brought up to date, with these domains and networks added.

    Raises ProviderInvalid for what cannot be used, ProviderTaken when a domain or network is another provider's.
    """
    name = name.strip()
    if not name or len(name) > 200:
        raise ProviderInvalid(NAME_MISSING)
    if kind and kind not in Provider.Kind.values:
        raise ProviderInvalid(UNKNOWN_KIND.of(known=", ".join(Provider.Kind.values)))
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise ProviderInvalid(COUNTRY_CODE)
    given = {"country": country.upper(), "kind": kind, "terms_url": terms_url, "walled_garden": walled_garden}
    provider, created = Provider.objects.get_or_create(
        name=name, defaults={**given, "kind": kind or Provider.Kind.HOST, "created_at": now}
    )
    if not created:
        _bring_up_to_date(provider, given)
    for domain in domains:
        _add_domain(provider, clean_domain(domain))
    for network in networks:
        _add_network(provider, network, asn)
    record("provider.added" if created else "provider.changed", provider.public_id, actor=by, at=now)
    return provider


def _bring_up_to_date(provider: Provider, given: dict[str, object]) -> None:
    """What is given anew replaces what was known; what is not given stays."""
    changed = [field for field, value in given.items() if value and value != getattr(provider, field)]
    for field in changed:
        setattr(provider, field, given[field])
    if changed:
        provider.save(update_fields=changed)


def _add_domain(provider: Provider, domain: str) -> None:
    row, _ = ProviderDomain.objects.get_or_create(domain=domain, defaults={"provider": provider})
    if row.provider_id != provider.pk:
        raise ProviderTaken(DOMAIN_TAKEN)


def _add_network(provider: Provider, text: str, asn: int | None) -> None:
    row, _ = ProviderNetwork.objects.get_or_create(
        network=clean_network(text), defaults={"provider": provider, "asn": asn}
    )
    if row.provider_id != provider.pk:
        raise ProviderTaken(NETWORK_TAKEN)


@transaction.atomic
def add_contact(
    provider: Provider,
    address: str,
    *,
    now: dt.datetime,
    source: str = Contact.Source.HAND,
    channel: str = MAIL,
    language: str = "",
    by: User | None = None,
) -> Contact:
    """A contact of this provider, active and seen now; held notices go to it as soon as notices are issued next.

    ``language`` (its code) of its notices; "" leaves it. Raises ProviderInvalid.
    """
    if language and not known(language):
        raise ProviderInvalid(NOTICE_LANGUAGE.of(languages=codes()))
    address = clean_address(channel, address)
    given: dict[str, object] = {"source": Contact.Source(source), "seen_at": now, "active": True}
    if source == Contact.Source.HAND:
        given |= {"bounced_at": None}  # a person who enters it again says that it works
    if language:
        given |= {"language": language}
    contact, _ = Contact.objects.update_or_create(provider=provider, channel=channel, address=address, defaults=given)
    record("provider.contact_added", contact.public_id, actor=by, details={"source": contact.source}, at=now)
    return contact


@transaction.atomic
def retire_contact(contact: Contact, *, now: dt.datetime, by: User | None = None) -> None:
    """Stop writing to a contact; what was sent to it stays on record."""
    if Contact.objects.filter(pk=contact.pk, active=True).update(active=False):
        record("provider.contact_retired", contact.public_id, actor=by, at=now)


@transaction.atomic
def link_organisation(
    provider: Provider, organisation: Organisation, *, now: dt.datetime, by: User | None = None
) -> ProviderOrganisation:
    """Let an organisation's people and keys see and answer this provider's notices. Raises ProviderInvalid."""
    if organisation.kind != Organisation.Kind.INDUSTRY:
        raise ProviderInvalid(NOT_AN_INDUSTRY)
    row, created = ProviderOrganisation.objects.get_or_create(
        provider=provider, organisation=organisation, defaults={"added_at": now}
    )
    if created:
        details = {"organisation": organisation.public_id}
        record("provider.organisation_linked", provider.public_id, actor=by, details=details, at=now)
    return row


@transaction.atomic
def unlink_organisation(
    provider: Provider, organisation: Organisation, *, now: dt.datetime, by: User | None = None
) -> None:
    """End that; what it answered stays on record."""
    if ProviderOrganisation.objects.filter(provider=provider, organisation=organisation).delete()[0]:
        details = {"organisation": organisation.public_id}
        record("provider.organisation_unlinked", provider.public_id, actor=by, details=details, at=now)


@transaction.atomic
def set_clause(
    provider: Provider, ground: str, clause: str, *, now: dt.datetime | None = None, by: User | None = None
) -> TermsClause:
    """Note the clause of the provider's terms on one ground (R47)."""
    row, _ = TermsClause.objects.update_or_create(
        provider=provider, ground=TermsClause.Ground(ground), defaults={"clause": clause.strip()[:500]}
    )
    if now is not None:  # a table that is loaded has one event for all of it
        record("provider.clause_set", provider.public_id, actor=by, details={"ground": ground}, at=now)
    return row


@transaction.atomic
def set_reduced_notices(provider: Provider, reduced: bool, *, now: dt.datetime, by: User | None = None) -> None:
    """Say as little as will do in notices to this provider, or no longer (R39)."""
    Provider.objects.filter(pk=provider.pk).update(reduced_notices=reduced)
    record("provider.reduced_notices", provider.public_id, actor=by, details={"reduced": reduced}, at=now)
