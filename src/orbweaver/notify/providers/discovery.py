"""What RDAP and security.txt say, kept with its age and taken into the registry where nobody stands there yet.

A provider kept by hand is never changed by it: it only gets contacts of a weaker source beside its own.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from orbweaver.notify.providers.channel_kinds import MAIL
from orbweaver.notify.providers.models import (
    Contact,
    Provider,
    ProviderAlias,
    ProviderAsn,
    ProviderDomain,
    ProviderNetwork,
    RdapAnswer,
)
from orbweaver.notify.providers.rdap_answers import Finding
from orbweaver.notify.providers.rules import RdapOutcome, alias_key
from orbweaver.people.audit.services import record

FRESH = dt.timedelta(days=30)
"""How long an answer is used before RDAP is asked again."""
RETRY = dt.timedelta(hours=6)
"""After which a question without an answer is asked again; RDAP servers limit rates by the hour or day."""

_ANSWERED = (RdapOutcome.FOUND, RdapOutcome.NO_CONTACT, RdapOutcome.NOT_FOUND)


def known_answer(kind: RdapAnswer.Kind, subject: str, now: dt.datetime) -> RdapAnswer | None:
    """An answer that is young enough not to ask again; of an address also the one about its whole network."""
    rows = RdapAnswer.objects.filter(kind=kind)
    row = rows.filter(subject=subject).first()
    if row is None and kind == RdapAnswer.Kind.ADDRESS:
        row = rows.filter(network__covers=subject).order_by("-asked_at").first()
    if row is None:
        return None
    return row if now - row.asked_at < (FRESH if row.outcome in _ANSWERED else RETRY) else None


def record_answer(kind: RdapAnswer.Kind, subject: str, finding: Finding, now: dt.datetime) -> RdapAnswer:
    """Keep what RDAP said. A failure replaces an earlier answer's age, never what it had said."""
    row = RdapAnswer.objects.filter(kind=kind, subject=subject).first() or RdapAnswer(kind=kind, subject=subject)
    row.asked_at = now
    if finding.outcome in _ANSWERED or row.pk is None:
        row.outcome = finding.outcome.value
        row.name, row.handle, row.country, row.asn = finding.name, finding.handle, finding.country, finding.asn
        row.network, row.contacts = finding.network or None, list(finding.contacts)
    row.save()
    return row


@transaction.atomic
def adopt_network(answer: RdapAnswer, now: dt.datetime) -> Provider | None:
    """Take the holder of a network into the registry, with its abuse contact. None where RDAP told too little."""
    if answer.outcome not in (RdapOutcome.FOUND, RdapOutcome.NO_CONTACT) or not answer.name or answer.network is None:
        return None
    row = ProviderNetwork.objects.filter(network=answer.network).select_related("provider").first()
    provider = row.provider if row else _named(answer.name, Provider.Kind.NETWORK, answer.country, now)
    if row is None:
        ProviderNetwork.objects.create(
            provider=provider, network=answer.network, asn=answer.asn, country=answer.country
        )
    found_contacts(provider, answer.contacts, Contact.Source.RDAP, now)
    return provider


@transaction.atomic
def adopt_holder(answer: RdapAnswer, kind: Provider.Kind, now: dt.datetime) -> Provider | None:
    """Take a registrar, or the holder of an autonomous system, into the registry."""
    if answer.outcome not in (RdapOutcome.FOUND, RdapOutcome.NO_CONTACT) or not answer.name:
        return None
    system = ProviderAsn.objects.filter(asn=answer.asn).select_related("provider").first() if answer.asn else None
    provider = system.provider if system else _named(answer.name, kind, answer.country, now)
    if answer.asn and system is None:
        ProviderAsn.objects.create(provider=provider, asn=answer.asn)
    found_contacts(provider, answer.contacts, Contact.Source.RDAP, now)
    return provider


def provider_named(name: str) -> Provider | None:
    """By its name or another name it is known by."""
    exact = Provider.objects.filter(name=name).first()
    if exact is not None:
        return exact
    alias = ProviderAlias.objects.filter(key=alias_key(name)).select_related("provider").first()
    return alias.provider if alias else None


def _named(name: str, kind: Provider.Kind, country: str, now: dt.datetime) -> Provider:
    found = provider_named(name)
    if found is None:
        found = Provider.objects.create(name=name, kind=kind, country=country, created_at=now)
        record("provider.added", found.public_id, details={"source": "rdap"}, at=now)
    return found


@transaction.atomic
def found_contacts(
    provider: Provider, addresses: list[str] | tuple[str, ...], source: Contact.Source, now: dt.datetime
) -> int:
    """Note the contacts that a source names now; returns how many are new.

    Those that it named before and no longer does are marked as looked for, not retired: the age shows. One retired by
    hand stays retired, one kept by hand keeps its source.
    """
    new = 0
    for address in addresses:
        row, created = Contact.objects.get_or_create(
            provider=provider,
            channel=MAIL,
            address=address,
            defaults={"source": source, "seen_at": now, "checked_at": now},
        )
        if not created:
            row.seen_at = row.checked_at = now
            row.save(update_fields=["seen_at", "checked_at"])
            continue
        new += 1
        record("provider.contact_added", row.public_id, details={"source": source.value}, at=now)
    provider.contacts.filter(source=source).exclude(address__in=addresses).update(checked_at=now)
    return new


def adopt_domain(provider_name: str, domain: str, now: dt.datetime) -> Provider:
    """The provider of a site that is nobody's in the registry yet: named by its domain until a person knows better."""
    row = ProviderDomain.objects.filter(domain=domain).select_related("provider").first()
    if row is not None:
        return row.provider
    provider = _named(provider_name, Provider.Kind.OTHER, "", now)
    ProviderDomain.objects.create(provider=provider, domain=domain)
    return provider
