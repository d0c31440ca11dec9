"""Looking up hosts before notices about them are written or leave: addresses, networks, countries, contacts.

Everything goes over the address guard, within limits, and outside any transaction; what was found is kept with its
time. Nothing here fails a notice: what cannot be found out stays unknown.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp.abc import ResolveResult

from orbweaver.detect.fetching.fetch import Fetcher
from orbweaver.detect.matching.models import Front
from orbweaver.notify.notices.models import NoticeUrl, ToNotify
from orbweaver.notify.notices.routing.ranking import BEHIND_IDENTIFIED
from orbweaver.notify.notices.routing.settings import RoutingSettings
from orbweaver.notify.notices.rules import DONE_WITH, NoticeState
from orbweaver.notify.providers import discovery, security_txt
from orbweaver.notify.providers.cdns import adopt_cdns
from orbweaver.notify.providers.hosts import known_address, last_lookup, provider_by_name, record_lookup
from orbweaver.notify.providers.models import Contact, HostLookup, Provider, RdapAnswer
from orbweaver.notify.providers.rdap_answers import MAX_BYTES, SOURCE, Fetch, Fetched, Finding
from orbweaver.notify.providers.selectors import contact_for
from orbweaver.platform.network.domains import is_address, registrable_domain
from orbweaver.platform.network.guard import BlockedAddress, Guard, is_public, parse_allowed
from orbweaver.platform.network.resolver import GuardedResolver
from orbweaver.platform.network.settings import NetworkSettings
from orbweaver.platform.settings import PlatformSettings

RESOLVE_S: Final = 8.0
FETCH_S: Final = 10.0
"""Real seconds for one answer of a name server, of an RDAP server or of a site's security.txt."""
BRIEFLY_S: Final = 2.0
"""Real seconds for all name servers together, before what waits for none of them."""
AT_ONCE: Final = 8
HOSTS: Final = 40
"""Hosts looked at in one round; the others follow in the next."""


Question = Callable[[Fetch], Awaitable[Finding]]


@dataclass(frozen=True)
class Answer:
    """What the name servers said of a host."""

    host: str
    outcome: HostLookup.Outcome
    addresses: tuple[str, ...] = ()


def look_up(hosts: Iterable[str], now: dt.datetime, *, anew: bool = False) -> int:
    """Look at these hosts unless that was done lately (``host_lookup_minutes``); returns how many were looked at.
    ``anew`` looks whenever the last look was: somebody says that it is wrong.

    Keeps every address found, asks RDAP about networks that nobody in the registry has, and looks for the
    security.txt of hosts whose provider has no contact.
    """
    oldest = now if anew else now - dt.timedelta(minutes=RoutingSettings.current().host_lookup_minutes)
    due = [host for host in dict.fromkeys(hosts) if not _looked_since(host, oldest)][:HOSTS]
    return _keep(
        asyncio.run(_resolve_all(due)) if due else [], now, discover=RoutingSettings.current().discover_contacts
    )


def look_briefly(hosts: Iterable[str], now: dt.datetime) -> int:
    """The same, addresses only, all at once and for ``BRIEFLY_S`` at most. Hosts whose name server is slower keep what
    is known; nothing is recorded, so that their next look-up is not put off."""
    oldest = now - dt.timedelta(minutes=RoutingSettings.current().host_lookup_minutes)
    due = [host for host in dict.fromkeys(hosts) if not _looked_since(host, oldest)][:HOSTS]
    return _keep(asyncio.run(_resolve_all(due, within_s=BRIEFLY_S)) if due else [], now, discover=False)


def _keep(answers: Sequence[Answer], now: dt.datetime, *, discover: bool) -> int:
    fronts = Front.objects.filter(host__in=[each.host for each in answers], ended_at=None).values_list("cdn", flat=True)
    adopt_cdns(fronts, {each for answer in answers for each in answer.addresses}, now)
    if discover:
        _ask_about_networks({each for answer in answers for each in answer.addresses}, now)
    for answer in answers:
        record_lookup(answer.host, answer.outcome, answer.addresses, now)
    if discover:
        _ask_sites([answer.host for answer in answers], now)
    return len(answers)


def look_before(now: dt.datetime) -> int:
    """Look at the hosts of verdicts that wait for their notice, identified children first; again at those of nobody."""
    verdicts = ToNotify.objects.exclude(verdict__item__sightings=None).annotate(later=BEHIND_IDENTIFIED)
    waiting = verdicts.order_by("later").values_list("verdict__item__sightings__host", flat=True).distinct()
    unknown = NoticeUrl.objects.filter(notice__state=NoticeState.HELD, notice__contact=None)
    held = unknown.exclude(state__in=DONE_WITH).values_list("host", flat=True).distinct()
    looked_at = look_up(waiting[:HOSTS], now)
    return looked_at + look_up([host for host in held if not _looked_since(host, now - discovery.RETRY)], now)


def _looked_since(host: str, oldest: dt.datetime) -> bool:
    last = last_lookup(host)
    return last is not None and last.at > oldest


async def _resolve_all(hosts: Sequence[str], within_s: float | None = None) -> list[Answer]:
    """What name servers answer, in any time or ``within_s``."""
    resolver = GuardedResolver(Guard(NetworkSettings.current().network_allow))
    slots = asyncio.Semaphore(AT_ONCE if within_s is None else HOSTS)

    async def one(host: str) -> Answer:
        async with slots:
            return await _resolve(host, resolver)

    try:
        asked = [asyncio.create_task(one(host)) for host in hosts]
        answered, slow = await asyncio.wait(asked, timeout=within_s)
        for each in slow:
            each.cancel()
        return [each.result() for each in asked if each in answered]
    finally:
        await resolver.close()


async def _resolve(host: str, resolver: GuardedResolver) -> Answer:
    literal = host.strip("[]")
    if is_address(literal):
        return Answer(host, HostLookup.Outcome.FOUND, (literal,))
    found: list[ResolveResult] = []
    for port in _ports():
        try:
            async with asyncio.timeout(RESOLVE_S):
                found += await resolver.resolve(host, port)
        except BlockedAddress:
            continue
        except TimeoutError:
            return Answer(host, HostLookup.Outcome.FAILED)
        except OSError:
            return Answer(host, HostLookup.Outcome.NO_ADDRESS)
        break
    else:
        return Answer(host, HostLookup.Outcome.BLOCKED)
    addresses = tuple(dict.fromkeys(each["host"] for each in found))
    return Answer(host, HostLookup.Outcome.FOUND if addresses else HostLookup.Outcome.NO_ADDRESS, addresses)


def _ports() -> list[int]:
    """Ports to ask the guard about: with those that ``network_allow`` names, its loopback addresses count as found."""
    return list(
        dict.fromkeys([443, *(each.port or 443 for each in parse_allowed(NetworkSettings.current().network_allow))])
    )


def _ask_about_networks(addresses: Iterable[str], now: dt.datetime) -> None:
    """RDAP about public addresses in networks that nobody in the registry has."""
    kind = RdapAnswer.Kind.ADDRESS
    unknown = [
        each
        for each in addresses
        if is_public(ipaddress.ip_address(each))
        and known_address(each).source != "registry"
        and discovery.known_answer(kind, each, now) is None
    ]
    if not unknown:
        return
    from orbweaver.notify.providers import rdap  # with libraries that a worker at rest does without

    rdap.ensure_bootstrap(PlatformSettings.current().data_dir)
    for address, finding in asyncio.run(_ask_all(unknown)):
        discovery.adopt_network(discovery.record_answer(kind, address, finding, now), now)


async def _ask_all(addresses: Sequence[str]) -> list[tuple[str, Finding]]:
    from orbweaver.notify.providers import rdap

    slots = asyncio.Semaphore(AT_ONCE)
    async with fetcher() as client:

        async def one(address: str) -> tuple[str, Finding]:
            async with slots:
                return address, await rdap.ask_address(address, rdap_fetch(client))

        return list(await asyncio.gather(*(one(each) for each in addresses)))


def holder_of(address: str, now: dt.datetime) -> Provider | None:
    """Whose network an address is in, by the registry, else by RDAP; None where nobody is known."""
    if RoutingSettings.current().discover_contacts:
        _ask_about_networks([address], now)
    return known_address(address).provider


def ask_registrar(host: str, now: dt.datetime) -> Provider | None:
    """The registrar of the domain that a host is under, by RDAP, taken into the registry; None where unknown."""
    domain, kind = registrable_domain(host), RdapAnswer.Kind.DOMAIN
    if not domain:
        return None
    answer = discovery.known_answer(kind, domain, now)
    if answer is None and RoutingSettings.current().discover_contacts:
        from orbweaver.notify.providers import rdap

        rdap.ensure_bootstrap(PlatformSettings.current().data_dir)
        finding = asyncio.run(_ask(lambda fetch: rdap.ask_domain(domain, fetch)))
        answer = discovery.record_answer(kind, domain, finding, now)
    return discovery.adopt_holder(answer, Provider.Kind.REGISTRAR, now) if answer else None


def ask_system(asn: int, now: dt.datetime) -> Provider | None:
    """The holder of an autonomous system, by RDAP, taken into the registry; None where unknown."""
    kind = RdapAnswer.Kind.SYSTEM
    answer = discovery.known_answer(kind, str(asn), now)
    if answer is None and RoutingSettings.current().discover_contacts:
        from orbweaver.notify.providers import rdap

        rdap.ensure_bootstrap(PlatformSettings.current().data_dir)
        finding = asyncio.run(_ask(lambda fetch: rdap.ask_system(asn, fetch)))
        answer = discovery.record_answer(kind, str(asn), finding, now)
    return discovery.adopt_holder(answer, Provider.Kind.NETWORK, now) if answer else None


def refresh_bootstrap(now: dt.datetime, source: str = SOURCE) -> int:
    """Get the lists of RDAP registries anew; returns the number of services. Raises Unavailable."""
    from orbweaver.notify.providers import rdap

    async def fetched() -> int:
        async with fetcher() as client:
            return await rdap.refresh_bootstrap(rdap_fetch(client), PlatformSettings.current().data_dir, now, source)

    return asyncio.run(fetched())


async def _ask(question: Question) -> Finding:
    async with fetcher() as client:
        return await question(rdap_fetch(client))


def fetcher() -> Fetcher:
    """A fetcher for small answers, never through a proxy: names are looked up here."""
    return Fetcher(
        guard=Guard(NetworkSettings.current().network_allow),
        user_agent=PlatformSettings.current().user_agent_text,
        max_bytes=MAX_BYTES,
        total_timeout_s=FETCH_S,
        connections=AT_ONCE,
    )


def rdap_fetch(client: Fetcher) -> Fetch:
    """RDAP's way to the network."""

    async def fetch(url: str) -> Fetched:
        got = await client.fetch(url, headers={"Accept": "application/rdap+json, application/json"})
        if got.error:
            return Fetched(error=got.error)
        return Fetched(got.status or 0, got.body)

    return fetch


def _ask_sites(hosts: Iterable[str], now: dt.datetime) -> None:
    """security.txt of hosts that nobody can be told about so far."""
    without = [host for host in hosts if not is_address(host.strip("[]")) and _nobody(host)]
    for host, found in asyncio.run(_read_all(without, now)) if without else []:
        provider = provider_by_name(host)
        domain = registrable_domain(host) or host
        provider = provider or discovery.adopt_domain(domain, domain, now)
        discovery.found_contacts(provider, found.mails, Contact.Source.SECURITY_TXT, now)


def _nobody(host: str) -> bool:
    last = last_lookup(host)
    if last is None or last.outcome != HostLookup.Outcome.FOUND:
        return False
    hops = [known_address(each).provider for each in last.hops.values_list("address", flat=True)]
    best = [contact_for(each) for each in [provider_by_name(host), *hops] if each is not None]
    return all(each is None or each.bounced_at is not None for each in best)


async def _read_all(hosts: Sequence[str], now: dt.datetime) -> list[tuple[str, security_txt.SecurityTxt]]:
    async with fetcher() as client:
        read = await asyncio.gather(*(read_security_txt(host, client, now) for host in hosts))
    return [(host, found) for host, found in zip(hosts, read, strict=True) if found is not None]


async def read_security_txt(origin: str, client: Fetcher, now: dt.datetime) -> security_txt.SecurityTxt | None:
    """A site's security.txt, if it may be used: over HTTPS (RFC 9116, 3), or as given with its scheme.

    ``origin`` is a host, or ``scheme://host:port``.
    """
    base = origin if "://" in origin else f"https://{origin}"
    got = await client.fetch(f"{base}{security_txt.PATH}", max_bytes=security_txt.MAX_BYTES)
    if not got.ok or "html" in got.header("Content-Type").lower():
        return None
    found = security_txt.parse(got.body)
    return None if found.why_not(now, got.final_url) else found
