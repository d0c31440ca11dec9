"""Who keeps a provider going: links kept by hand first, then AS relations, RDAP and the newest looks at its hosts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orbweaver.follow.escalation.rules import StepRoute
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.routing.router import hosting_of
from orbweaver.notify.providers.hosts import addresses_now
from orbweaver.notify.providers.models import AsRelation, Provider, ProviderAsn, ProviderNetwork
from orbweaver.notify.providers.selectors import contact_for
from orbweaver.platform.network.domains import registrable_domain

MOST = 5
"""Addressees of one step: a large network has hundreds of upstreams, of which a few carry the weight."""


@dataclass(frozen=True)
class Target:
    """Somebody to tell, with the places that concern them."""

    provider: Provider
    urls: list[NoticeUrl]


def targets(notice: Notice, route: StepRoute, urls: Sequence[NoticeUrl], now: dt.datetime) -> list[Target]:
    """Who can be told in this step, at most ``MOST``, never the provider itself. Asks RDAP where nothing is known.

    Must run outside any transaction.
    """
    if notice.provider is None:
        return []
    linked = _linked(notice.provider, route)
    if linked:
        found = [Target(each, list(urls)) for each in linked]
    elif route is StepRoute.UPSTREAM:
        found = _upstreams(notice.provider, urls, now)
    elif route is StepRoute.REGISTRAR:
        found = _registrars(urls, now)
    elif route is StepRoute.CDN:
        found = _cdns(urls)
    else:
        found = []
    return [each for each in found if each.provider.pk != notice.provider_id][:MOST]


def _linked(provider: Provider, route: StepRoute) -> list[Provider]:
    return [link.to for link in provider.links.filter(kind=route.value).select_related("to").order_by("pk")]


def _upstreams(provider: Provider, urls: Sequence[NoticeUrl], now: dt.datetime) -> list[Target]:
    """The networks that carry the traffic of those that the addresses are in; else of all that the provider runs."""
    from orbweaver.notify.notices.routing.lookup import ask_system  # loads HTTP clients, which few who import this need

    systems: dict[int, list[NoticeUrl]] = {}
    own = _systems_of(provider)
    for url in urls:
        at_address = [each.asn for each in addresses_now(url.host, url.address) if each.asn]
        for asn in dict.fromkeys(at_address or own):
            systems.setdefault(asn, []).append(url)
    by_upstream: dict[int, dict[int, NoticeUrl]] = {}
    for relation in AsRelation.objects.filter(customer__in=systems).order_by("customer", "upstream"):
        rows = by_upstream.setdefault(relation.upstream, {})
        rows.update({url.pk: url for url in systems[relation.customer]})
    found: dict[int, Target] = {}
    for asn, rows in list(by_upstream.items())[: 4 * MOST]:
        holder = _holder(asn) or ask_system(asn, now)
        if holder is not None and holder.pk != provider.pk:
            found.setdefault(holder.pk, Target(holder, [])).urls.extend(rows.values())
    reachable = [each for each in found.values() if contact_for(each.provider) is not None]
    return [Target(each.provider, _each_once(each.urls)) for each in reachable or found.values()]


def _systems_of(provider: Provider) -> list[int]:
    named = provider.systems.values_list("asn", flat=True)
    networks = provider.networks.filter(asn__isnull=False).values_list("asn", flat=True).distinct()
    return sorted({*named, *(asn for asn in networks if asn)})


def _holder(asn: int) -> Provider | None:
    system = ProviderAsn.objects.filter(asn=asn).select_related("provider").first()
    if system is not None:
        return system.provider
    network = ProviderNetwork.objects.filter(asn=asn).select_related("provider").order_by("pk").first()
    return network.provider if network else None


def _registrars(urls: Sequence[NoticeUrl], now: dt.datetime) -> list[Target]:
    from orbweaver.notify.notices.routing.lookup import (
        ask_registrar,  # loads HTTP clients, which few who import this need
    )

    found: dict[int, Target] = {}
    registrars: dict[str, Provider | None] = {}
    for url in urls:
        domain = registrable_domain(url.host)
        if domain and domain not in registrars:
            registrars[domain] = ask_registrar(domain, now)
        registrar = registrars.get(domain)
        if registrar is not None:
            found.setdefault(registrar.pk, Target(registrar, [])).urls.append(url)
    return list(found.values())


def _cdns(urls: Sequence[NoticeUrl]) -> list[Target]:
    found: dict[int, Target] = {}
    for url in urls:
        for each in hosting_of(url.host, url.address).cdns:
            found.setdefault(each.pk, Target(each, [])).urls.append(url)
    return list(found.values())


def _each_once(urls: Iterable[NoticeUrl]) -> list[NoticeUrl]:
    return list({url.pk: url for url in urls}.values())
