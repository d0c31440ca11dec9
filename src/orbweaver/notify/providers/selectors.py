"""Reads of the registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Max, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL

from orbweaver.errors import InvalidInput
from orbweaver.notify.providers.channel_kinds import is_by_hand
from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.messages import NO_SUCH_PROVIDER
from orbweaver.notify.providers.models import Contact, Provider, ProviderDomain, ProviderNetwork
from orbweaver.notify.providers.rules import SOURCE_STRENGTH, alias_key, clean_domain
from orbweaver.platform.network.domains import PUNYCODE, domains_of, is_address, part_as_typed, readable


def provider_for(host: str, address: str | None) -> Provider | None:
    """Who hosts this: by domain, most specific first, then by the smallest network that covers the address.

    ``host`` as in the URL (a name or an IP address); ``address`` the one that answered. None: nobody is known.
    """
    names = domains_of(host)
    if names:
        found = ProviderDomain.objects.filter(domain__in=names).select_related("provider")
        by_name = max(found, key=lambda each: len(each.domain), default=None)
        if by_name is not None:
            return by_name.provider
    literal = host.strip("[]") if is_address(host) else None
    where = address or literal
    if where is None:
        return None
    by_network = (
        ProviderNetwork.objects.filter(network__covers=where)
        .select_related("provider")
        .order_by(RawSQL("masklen(network)", []).desc())
        .first()
    )
    return by_network.provider if by_network else None


def contact_for(provider: Provider) -> Contact | None:
    """The strongest active contact."""
    return next(iter(contacts_in_order(provider)), None)


def contacts_in_order(provider: Provider) -> list[Contact]:
    """Active contacts, in the order in which they are tried.

    What a person put first; else what a program can reach comes before web forms, telephones and the like: it goes at
    once, and each day again. Then the strongest: kept by hand, then RDAP, then security.txt; the one seen last among
    equals.

    Those that mail came back from for good come after all others. They are never left out: a bounce can be made up.
    """
    return sorted(provider.contacts.filter(active=True), key=_order)


def _order(contact: Contact) -> tuple[bool, float, bool, int, float, int]:
    return (
        contact.bounced_at is not None,
        -contact.first_at.timestamp() if contact.first_at else 0.0,
        is_by_hand(contact.channel),
        SOURCE_STRENGTH[contact.source],
        -contact.seen_at.timestamp(),
        contact.pk,
    )


def clause_for(provider: Provider, grounds: tuple[str, ...]) -> str:
    """The provider's own clause on the first of these grounds that its terms are known to cover; else empty."""
    known = dict(provider.clauses.filter(ground__in=grounds).values_list("ground", "clause"))
    return next((known[ground] for ground in grounds if ground in known), "")


def get_provider(name_or_id: str) -> Provider:
    """A provider by name or public identifier. Raises InvalidInput."""
    found = Provider.objects.filter(public_id=name_or_id).first() or Provider.objects.filter(name=name_or_id).first()
    if found is None:
        raise InvalidInput(NO_SUCH_PROVIDER)
    return found


def registry_version() -> tuple[int, ...]:
    """Numbers that change whenever a host may have got a provider or a provider a contact."""
    newest = [model.objects.aggregate(pk=Max("pk"))["pk"] or 0 for model in (ProviderDomain, ProviderNetwork, Contact)]
    return (*newest, Contact.objects.filter(active=True).count())


@dataclass(frozen=True)
class ProviderSummary:
    """A provider with what is known of it; ``contacts`` in the order in which they are tried, inactive ones last."""

    provider: Provider
    domains: list[str]
    networks: list[str]
    contacts: list[Contact]


def summaries(providers: QuerySet[Provider] | None = None) -> Iterator[ProviderSummary]:
    """All providers (or these), by name."""
    wanted = Provider.objects.all() if providers is None else providers
    rows = wanted.order_by("name", "pk").prefetch_related(
        "domains", "networks", Prefetch("contacts", queryset=Contact.objects.order_by("pk"))
    )
    for provider in rows.iterator(chunk_size=500):
        yield ProviderSummary(
            provider=provider,
            domains=sorted(each.domain for each in provider.domains.all()),
            networks=sorted(str(each.network) for each in provider.networks.all()),
            contacts=sorted(provider.contacts.all(), key=lambda each: (not each.active, *_order(each))),
        )


def named_like(words: str) -> QuerySet[Provider]:
    """Providers of which a name holds these words, or a domain does: as it is kept, or as people write it.

    The ASCII form of other letters stands for whole labels: that of one name may begin as that of another does.
    """
    part, name = part_as_typed(words), as_kept(words)
    kept = ProviderDomain.objects.filter(domain__contains=PUNYCODE).values_list("pk", "domain")
    written = [
        number
        for number, domain in kept
        if part in readable(domain) or (PUNYCODE in name and f".{name}." in f".{domain}.")
    ]
    by_name = Q(name__icontains=words) | Q(aliases__key__contains=alias_key(words))
    by_domain = Q(domains__pk__in=written)
    if PUNYCODE not in name:
        by_domain |= Q(domains__domain__contains=name)
    return Provider.objects.filter(by_name | by_domain).distinct()


def as_kept(words: str) -> str:
    """A domain, or a part of one, as the registry keeps it: in ASCII form where it is a whole name."""
    try:
        return clean_domain(words)
    except ProviderInvalid:
        return words.lower()
