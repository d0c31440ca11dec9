"""What people decide of sites: how fast they are asked, whether robots.txt holds there, whether they are asked at all.

Each change is in the audit log, with whoever made it and without the name of the host: its number stands for it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from orbweaver.detect.crawl.errors import BadSiteSettings
from orbweaver.detect.crawl.handovers import SiteKindChanged, site_kind_changed
from orbweaver.detect.crawl.messages import AUTHORITY_LENGTH, DELAY_RANGE, REQUESTS_RANGE, SITE_HOST, SITE_HOST_ALONE
from orbweaver.detect.crawl.models import CrawlSwitch, Extent, Site
from orbweaver.detect.crawl.services import site_ids
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.network.urls import InvalidUrl, parse

DELAY_MAX_S: Final = 3600.0
CONCURRENCY_MAX: Final = 64
AUTHORITY_MIN: Final = 10
"""Characters: an authority is a reason that others can read, not a mark."""
AUTHORITY_MAX: Final = 500
WEB_PORTS: Final = (443, 80)


@dataclass(frozen=True)
class By:
    """Who decides: a person, or the command line of the installation (``label``)."""

    actor: User | None = None
    label: str = "command line"

    def noted(self, kind: str, details: dict[str, Any], at: dt.datetime) -> None:
        """Write an event of this kind into the audit log."""
        record(kind, "", actor=self.actor, label=self.label, details=details, at=at)


@dataclass(frozen=True)
class SiteSettings:
    """How a site is asked. None and "" stand for the settings of the installation, and for robots.txt."""

    delay_s: float | None = None
    concurrency: int | None = None
    robots_authority: str = ""
    """Why robots.txt does not hold for the whole site (rule 10 of the architecture)."""


def sites_named(host: str) -> list[Site]:
    """The sites of ``example.org`` (its two usual ports and all that are known) or ``example.org:8080``; made where
    they are new, so that a decision can come before the first visit. Raises BadSiteSettings.
    """
    try:
        parsed = parse(f"http://{host.strip()}/")
    except InvalidUrl:
        raise BadSiteSettings(SITE_HOST) from None
    if parsed.path != "/" or parsed.query:
        raise BadSiteSettings(SITE_HOST_ALONE)
    name = parsed.host[:260]
    if f":{parsed.port}" in host:
        return list(Site.objects.filter(pk__in=site_ids([(name, parsed.port)]).values()))
    site_ids([(name, port) for port in WEB_PORTS])
    return list(Site.objects.filter(host=name).order_by("port"))


@transaction.atomic
def change_site(site: Site, settings: SiteSettings, *, by: By, now: dt.datetime) -> None:
    """Set all three. Workers keep the delay from their next lease on, robots.txt within a minute."""
    _check(settings)
    site.delay_s, site.concurrency = settings.delay_s, settings.concurrency
    site.robots_authority = settings.robots_authority.strip()
    site.save(update_fields=["delay_s", "concurrency", "robots_authority"])
    details = {
        "site": site.pk,
        "delay_s": settings.delay_s,
        "concurrency": settings.concurrency,
        "robots": "does not hold" if site.robots_authority else "is followed",
    }
    by.noted("site.changed", details, now)


def _check(settings: SiteSettings) -> None:
    if settings.delay_s is not None and not 0 <= settings.delay_s <= DELAY_MAX_S:
        raise BadSiteSettings(DELAY_RANGE.of(most=f"{DELAY_MAX_S:.0f}"))
    if settings.concurrency is not None and not 1 <= settings.concurrency <= CONCURRENCY_MAX:
        raise BadSiteSettings(REQUESTS_RANGE.of(most=CONCURRENCY_MAX))
    authority = settings.robots_authority.strip()
    if authority and not AUTHORITY_MIN <= len(authority) <= AUTHORITY_MAX:
        raise BadSiteSettings(AUTHORITY_LENGTH.of(least=AUTHORITY_MIN, most=AUTHORITY_MAX))


@transaction.atomic
def set_kind(site: Site, kind: Site.Kind, *, by: By, now: dt.datetime) -> None:
    """What kind of site it is (R2), as a person says: for all ports of the host, whatever its pages seemed to say."""
    changed = Site.objects.filter(host=site.host).exclude(kind=kind).order_by("pk").update(kind=kind, kinds_version="")
    site.kind, site.kinds_version = kind, ""
    if changed:
        by.noted("site.kind", {"site": site.pk, "kind": kind.value}, now)
        site_kind_changed.announce(SiteKindChanged(site.host))


@transaction.atomic
def switch_site(site: Site, *, off: bool, by: By, now: dt.datetime) -> None:
    """The off switch of a site: no request starts there from some two seconds later on. What waits there stays."""
    if Site.objects.filter(pk=site.pk).exclude(switched_off=off).update(switched_off=off):
        site.switched_off = off
        by.noted("site.switched_off" if off else "site.switched_on", {"site": site.pk}, now)


@transaction.atomic
def follow_further(extent: Extent, *, by: By, now: dt.datetime) -> None:
    """Follow what brought in enough all the same: for as many addresses again."""
    if Extent.objects.filter(pk=extent.pk, full_at__isnull=False).update(full_at=None, finds=F("finds") * 2 + 1):
        by.noted("crawl.bound_raised", {"extent": extent.pk}, now)


@transaction.atomic
def switch_crawling(*, off: bool, by: By, now: dt.datetime) -> None:
    """The off switch of the whole crawl, for every worker: no request starts from some two seconds later on."""
    switch, _ = CrawlSwitch.objects.select_for_update().get_or_create(pk=1, defaults={"off": False, "changed_at": now})
    if switch.off != off:
        switch.off, switch.changed_at = off, now
        switch.save()
        by.noted("crawl.switched_off" if off else "crawl.switched_on", {}, now)
