"""From an address to whom is told of it: what the registry, the newest look at the host and the policies say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from orbweaver.assess.criteria import NoticeType
from orbweaver.detect.matching.models import Front
from orbweaver.notify.jurisdictions import UnknownCountry, hotline_for, version_of_hotlines
from orbweaver.notify.notices.models import HoldPolicy, Notice
from orbweaver.notify.notices.routing.rules import Facts, Hold, RouteKind, is_held, route_kinds
from orbweaver.notify.providers.cdns import front_of
from orbweaver.notify.providers.hosts import (
    KnownAddress,
    addresses_now,
    earlier_providers,
    origins_told,
    provider_by_name,
)
from orbweaver.notify.providers.models import Contact, Provider
from orbweaver.notify.providers.rules import UNKNOWN
from orbweaver.notify.providers.selectors import contact_for
from orbweaver.people.settings import HotlineSettings


@dataclass(frozen=True)
class Route:
    """Whom to tell about a URL; with a ``held_reason``, why nobody is told for now."""

    kind: str
    provider: Provider | None
    contact: Contact | None
    held_reason: str
    host: str
    country: str
    hotlines_version: str = ""
    """Of the table of hotlines that was asked whether one there takes it; "" where none was."""

    @property
    def key(self) -> tuple[object, ...]:
        """URLs with the same key go into the same notice."""
        if self.contact is not None:
            where: tuple[str, object] = ("contact", self.contact.pk)
        else:
            where = ("provider", self.provider.pk) if self.provider is not None else ("host", self.host)
        return (self.kind, *where, self.country, self.held_reason)


@dataclass(frozen=True)
class Hosting:
    """Who stands behind a host: the origin's candidates, best first, the CDNs before it, and the origin's country."""

    origins: list[Provider]
    cdns: list[Provider]
    country: str


@dataclass
class Router:
    """Routes for many addresses; what is looked up once is kept for as long as this object lives."""

    past_deadline: bool = False
    _hosting: dict[tuple[str, str | None], Hosting] = field(default_factory=dict)
    _contacts: dict[int, Contact | None] = field(default_factory=dict)
    _hotlines: dict[tuple[str, str], Provider | None] = field(default_factory=dict)
    _holds: list[Hold] | None = None

    def routes(self, host: str, address: str | None, notice_type: str, sub_type: str) -> list[Route]:
        """Whom to tell, the leading one first; never empty (a held route stands for nobody)."""
        hosting = self.hosting(host, address)
        origin, cdn = self._reachable(hosting.origins), self._reachable(hosting.cdns)
        abroad = not self.past_deadline and is_abroad(hosting.country)
        hotline = self._hotline(hosting.country, notice_type) if abroad else None
        asked = version_of_hotlines() if abroad else ""
        facts = Facts(
            country=hosting.country,
            home=HotlineSettings.current().hotline_country,
            hotline=hotline is not None,
            origin=origin is not None,
            cdn=cdn is not None,
        )
        by_kind = {RouteKind.REFERRAL: hotline, RouteKind.PROVIDER: origin, RouteKind.CDN: cdn}
        kinds = route_kinds(facts, past_deadline=self.past_deadline)
        concerned = [*hosting.origins[:1], *hosting.cdns[:1]]
        found = [self._route(kind, by_kind[kind], hosting.country, notice_type, sub_type, concerned) for kind in kinds]
        found = found or [Route("provider", None, None, Notice.HeldReason.NO_PROVIDER, host, hosting.country)]
        return [replace(route, hotlines_version=asked) for route in found]

    def hosting(self, host: str, address: str | None) -> Hosting:
        """Who stands behind a host, by the newest look at it."""
        asked = (host, address)
        if asked not in self._hosting:
            self._hosting[asked] = hosting_of(host, address)
        return self._hosting[asked]

    def holds(self, notice_type: str, sub_type: str, country: str, providers: Iterable[Provider]) -> bool:
        """Whether a policy in force holds such a notice (R41)."""
        if self._holds is None:
            rows = HoldPolicy.objects.filter(lifted_at__isnull=True)
            self._holds = [Hold(row.provider_id, row.country, row.sub_type) for row in rows]
        concerned = frozenset(each.pk for each in providers)
        return any(is_held(hold, notice_type, sub_type, country, concerned) for hold in self._holds)

    def _route(
        self,
        kind: RouteKind,
        provider: Provider | None,
        country: str,
        notice_type: str,
        sub_type: str,
        concerned: list[Provider],
    ) -> Route:
        contact = self._contact(provider) if provider else None
        reason = "" if contact else Notice.HeldReason.NO_CONTACT.value
        told = [*concerned, provider] if provider else concerned
        if self.holds(notice_type, sub_type, country, told):
            reason = Notice.HeldReason.POLICY.value
        return Route(kind.value, provider, contact, reason, "", country)

    def _reachable(self, providers: list[Provider]) -> Provider | None:
        """The first that has a contact; else the first."""
        with_contact = (each for each in providers if self._contact(each) is not None)
        return next(with_contact, providers[0] if providers else None)

    def _contact(self, provider: Provider) -> Contact | None:
        if provider.pk not in self._contacts:
            self._contacts[provider.pk] = contact_for(provider)
        return self._contacts[provider.pk]

    def _hotline(self, country: str, notice_type: str) -> Provider | None:
        key = (country, notice_type)
        if key not in self._hotlines:
            self._hotlines[key] = hotline_provider(country, NoticeType(notice_type))
        return self._hotlines[key]


def hosting_of(host: str, address: str | None) -> Hosting:
    """The provider whose domain it is comes first: its networks may be rented. A CDN is never an origin.

    A CDN that headers alone tell of comes after those whose machines answered; so does an origin that a CDN named.
    """
    addresses, named = addresses_now(host, address), provider_by_name(host)
    everybody = [*([named] if named else []), *(each.provider for each in addresses if each.provider is not None)]
    cdns = _each_once([*(each for each in everybody if each.kind == Provider.Kind.CDN), *_fronts_of(host)])
    told = [each for each in origins_told(host) if each.kind != Provider.Kind.CDN]
    origins = _each_once([*(each for each in everybody if each.kind != Provider.Kind.CDN), *told])
    if cdns and not origins:
        origins = [each for each in earlier_providers(host) if each.kind != Provider.Kind.CDN]
    return Hosting(origins, cdns, _country(addresses, origins))


def _fronts_of(host: str) -> list[Provider]:
    names = Front.objects.filter(host=host, ended_at=None).order_by("pk").values_list("cdn", flat=True)
    return [provider for provider in map(front_of, names) if provider is not None]


def _country(addresses: list[KnownAddress], origins: list[Provider]) -> str:
    """Where the origin is: its network's country, then its provider's own, else ``unknown``."""
    at_origin = [each for each in addresses if each.provider is None or each.provider.kind != Provider.Kind.CDN]
    known = [each.country for each in at_origin if each.country != UNKNOWN]
    known += [each.country for each in origins if each.country]
    return known[0] if known else UNKNOWN


def _each_once(providers: Iterable[Provider]) -> list[Provider]:
    return list({each.pk: each for each in providers}.values())


def is_abroad(country: str) -> bool:
    """Whether a hotline where it is hosted may be told in our place (R42)."""
    return country not in (UNKNOWN, HotlineSettings.current().hotline_country)


def hotline_provider(country: str, notice_type: NoticeType) -> Provider | None:
    """The registry's row of the hotline abroad that takes this type, if there is one that can be reached (R42)."""
    if not is_abroad(country):
        return None
    try:
        hotline = hotline_for(country, notice_type)
    except UnknownCountry:
        return None
    if hotline is None:
        return None
    rows = Provider.objects.filter(kind=Provider.Kind.HOTLINE, country=country).order_by("pk")
    ordered = sorted(rows, key=lambda each: each.name != hotline.name)
    return next((each for each in ordered if contact_for(each) is not None), None)
