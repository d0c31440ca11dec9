"""Reads of the crawl."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from orbweaver.detect.crawl import away, rules
from orbweaver.detect.crawl.kinds import WalledGarden, walled_garden_of, walled_gardens
from orbweaver.detect.crawl.models import AwayCount, CrawlCount, CrawlSwitch, FrontierUrl, Lead, Site
from orbweaver.detect.crawl.statements import in_the_order_of_an_index, named
from orbweaver.detect.fetching.errors import PARTLY, REASONS
from orbweaver.errors import Message
from orbweaver.platform.network.urls import parse

__all__ = [
    "CrawlTotals",
    "GardenFigures",
    "LeadProgress",
    "Off",
    "WalledGarden",
    "changed_sites",
    "is_crawling_off",
    "known_sites",
    "lead_outcome",
    "progress",
    "switched_off",
    "totals",
    "unfinished",
    "walled_garden_figures",
    "walled_garden_of",
]


_SOUND: Final = Q(error__in=("", *PARTLY))


@dataclass(frozen=True)
class CrawlTotals:
    """What was processed: pages, pictures and videos (``images``), fetches that failed, bytes of bodies."""

    pages: int
    images: int
    failures: int
    bytes: int


def totals(*, first_day: dt.date | None = None, last_day: dt.date | None = None) -> CrawlTotals:
    """The figures over some days of domain time (both ends included), or over all."""
    rows = CrawlCount.objects.all()
    if first_day:
        rows = rows.filter(day__gte=first_day)
    if last_day:
        rows = rows.filter(day__lte=last_day)
    sums = rows.aggregate(pages=Sum("pages"), images=Sum("images"), failures=Sum("failures"), bytes=Sum("bytes"))
    return CrawlTotals(**{name: value or 0 for name, value in sums.items()})


@dataclass(frozen=True)
class LeadProgress:
    """How far the URLs that leads led to have come. Of those ``waiting``, ``put_off`` could not be reached for now.

    ``partly`` are reasons why a part of what came was not looked at, each with the number of such URLs: they
    are done and no failures.
    """

    waiting: int
    done: int
    failed: int
    matched: int
    put_off: int = 0
    partly: tuple[tuple[Message, int], ...] = ()
    pages: int = 0
    pictures: int = 0
    """Pictures and videos: what has digests of its own, and an archive, too."""
    stopped: int = 0
    """Not among those ``waiting``: they are fetched once somebody resumes their lead."""


def progress(leads: list[Lead]) -> LeadProgress:
    """Counts over all that these leads led to."""
    states = FrontierUrl.State
    done, *others = (_of_leads(leads, state) for state in (states.DONE, states.WAITING, states.LEASED, states.LATER))
    left = _left_of([each.pk for each in leads])
    done = {name: number + left.get(name, 0) for name, number in done.items()}
    return LeadProgress(
        waiting=sum(each["urls"] - each["stopped"] for each in others),
        done=done["urls"],
        failed=done["failed"],
        matched=done["matched"] + sum(each["matched"] for each in others),
        put_off=others[-1]["put_off"],
        partly=tuple((REASONS[code], done[code]) for code in PARTLY if done[code]),
        pages=done["pages"],
        pictures=done["pictures"],
        stopped=others[-1]["stopped"],
    )


def _of_leads(leads: list[Lead], state: FrontierUrl.State) -> dict[str, int]:
    """Counts over one state, as each has an index of its own."""
    return FrontierUrl.objects.filter(lead__in=leads, state=state).aggregate(
        urls=Count("pk"),
        failed=Count("pk", filter=~Q(error__in=("", *PARTLY))),
        matched=Count("pk", filter=Q(matched=True)),
        put_off=Count("pk", filter=Q(attempts__gte=rules.QUICK_ATTEMPTS, due_at__isnull=False)),
        pages=Count("pk", filter=Q(kind=FrontierUrl.Kind.PAGE, error__in=("", *PARTLY))),
        pictures=Count("pk", filter=Q(sha256__isnull=False)),
        stopped=Count("pk", filter=Q(state=FrontierUrl.State.LATER, due_at__isnull=True)),
        **{code: Count("pk", filter=Q(error=code)) for code in PARTLY},
    )


def _left_of(lead_ids: Sequence[int]) -> dict[str, int]:
    """The counts of ``_of_leads`` over what was done and left the frontier. Nothing of it matched."""
    return AwayCount.objects.filter(lead__in=lead_ids).aggregate(
        urls=Coalesce(Sum("addresses"), 0),
        failed=Coalesce(Sum("addresses", filter=~_SOUND), 0),
        pages=Coalesce(Sum("addresses", filter=_SOUND & Q(kind=FrontierUrl.Kind.PAGE)), 0),
        pictures=Coalesce(Sum("addresses", filter=Q(is_file=True)), 0),
        **{code: Coalesce(Sum("addresses", filter=Q(error=code)), 0) for code in PARTLY},
    )


def lead_outcome(lead: Lead) -> tuple[int | None, str]:
    """HTTP status and code ("" for none) of the fetch of a lead's own URL, as far as it was made: of an error, or of
    why a part was not looked at."""
    url = FrontierUrl.objects.filter(url_key=parse(lead.url).key).select_related("site").first()
    if url is None:
        left = away.find([parse(lead.url).key])
        return (left[0].status, left[0].error) if left else (None, "")
    waits_in_vain = url.state != FrontierUrl.State.DONE and url.site.switched_off
    return url.status, "switched_off" if waits_in_vain else url.error


@dataclass(frozen=True)
class GardenFigures:
    """What is known of a walled garden: its name, why it cannot be crawled, the service's own page on it, how many
    distinct addresses in it crawled pages pointed to, how many leads begin there."""

    name: str
    why: str
    source: str
    links: int
    leads: int


def walled_garden_figures() -> list[GardenFigures]:
    """Every walled garden with what points into it, for the note on every statistic (R3). Reads their sites alone."""
    links: Counter[str] = Counter()
    leads: Counter[str] = Counter()
    sites = Site.objects.filter(walled_garden=True).annotate(of_leads=Count("leads"))
    for host, found, begun in sites.values_list("host", "links", "of_leads"):
        garden = walled_garden_of(host)
        if garden is not None:
            links[garden.name] += found
            leads[garden.name] += begun
    return [
        GardenFigures(each.name, each.why, each.source, links[each.name], leads[each.name]) for each in walled_gardens()
    ]


def unfinished(lead_ids: Sequence[int], *, media_only: bool = False) -> bool:
    """Whether anything that these leads led to waits, is held or is to be tried soon; of media alone if asked.

    What waits at sites that are switched off is left out: nobody would get to it. So is what is put off, for an hour at
    least, and what a person stopped.
    """
    least_kind = int(FrontierUrl.Kind.MEDIA if media_only else FrontierUrl.Kind.UNKNOWN)
    wanted: dict[str, Any] = {"leads": list(lead_ids), "least_kind": least_kind, "quick": rules.QUICK_ATTEMPTS}
    with in_the_order_of_an_index() as cursor:
        cursor.execute(_UNFINISHED, wanted)
        return bool(cursor.fetchone()[0])


def work_of(lead_ids: Sequence[int]) -> dict[str, int]:
    """What these leads have led to since they were made, whichever crawlers fetched it: pages, images, matches, what
    was looked at only in part, failures, and all of that together (``urls``); beside it what is put off."""
    done = FrontierUrl.objects.filter(
        lead_id__in=lead_ids, state=FrontierUrl.State.DONE, fetched_at__gte=F("lead__created_at")
    )
    later = FrontierUrl.objects.filter(lead_id__in=lead_ids, state=FrontierUrl.State.LATER, due_at__isnull=False)
    found = done.aggregate(
        urls=Count("pk"),
        pages=Count("pk", filter=_SOUND & Q(kind=FrontierUrl.Kind.PAGE)),
        images=Count("pk", filter=_SOUND & Q(pdq__isnull=False)),  # an archive has digests, but is no picture
        matches=Count("pk", filter=Q(matched=True)),
        failures=Count("pk", filter=~_SOUND & ~Q(error="redirect")),
        partly=Count("pk", filter=Q(error__in=PARTLY)),
    )
    left = AwayCount.objects.filter(lead__in=lead_ids, since_made=True).aggregate(
        urls=Coalesce(Sum("addresses"), 0),
        pages=Coalesce(Sum("addresses", filter=_SOUND & Q(kind=FrontierUrl.Kind.PAGE)), 0),
        images=Coalesce(Sum("addresses", filter=_SOUND & Q(is_picture=True)), 0),
        failures=Coalesce(Sum("addresses", filter=~_SOUND & ~Q(error="redirect")), 0),
        partly=Coalesce(Sum("addresses", filter=Q(error__in=PARTLY)), 0),
    )
    return {"put_off": later.count()} | {name: number + left.get(name, 0) for name, number in found.items()}


def awaits_report(report_id: int) -> bool:
    """Whether something is still to be fetched for a report."""
    of_lead = FrontierUrl.objects.filter(lead__report_id=report_id, report_id=report_id)
    in_hand = FrontierUrl.objects.filter(state=FrontierUrl.State.LEASED, report_id=report_id)
    waiting = (of_lead.filter(state=state) for state in (FrontierUrl.State.WAITING, FrontierUrl.State.LATER))
    return in_hand.exists() or any(each.exists() for each in waiting)


def anything_waits() -> bool:
    """Whether anything at all waits, is held or is to be tried soon, at sites that are not switched off."""
    states = FrontierUrl.State
    soon = Q(state__in=[states.WAITING, states.LEASED]) | Q(state=states.LATER, attempts__lt=rules.QUICK_ATTEMPTS)
    return FrontierUrl.objects.filter(soon, site__switched_off=False).exists()


@dataclass(frozen=True)
class Off:
    """What is switched off: all crawling, or sites by their numbers."""

    everything: bool = False
    sites: frozenset[int] = frozenset()


def known_sites(name: str = "") -> QuerySet[Site]:
    """Sites by name; with ``name`` only those whose host holds it."""
    rows = Site.objects.order_by("host", "port")
    return rows.filter(host__contains=name.strip().lower()) if name.strip() else rows


def changed_sites() -> QuerySet[Site]:
    """Sites that are off or have settings of their own."""
    own = Q(switched_off=True) | Q(delay_s__isnull=False) | Q(concurrency__isnull=False) | ~Q(robots_authority="")
    return known_sites().filter(own)


def switched_off() -> Off:
    """The off switches as they are now. Crawlers look each second, so few sites should be off rather than many."""
    sites = frozenset(Site.objects.filter(switched_off=True).values_list("pk", flat=True))
    return Off(is_crawling_off(), sites)


def is_crawling_off() -> bool:
    """Whether all crawling is switched off."""
    return CrawlSwitch.objects.filter(off=True).exists()


_UNFINISHED = named("""
SELECT EXISTS (
    SELECT 1 FROM unnest(%(leads)s::bigint[]) AS l (id) CROSS JOIN LATERAL (
        SELECT 1 FROM crawl_frontierurl f JOIN crawl_site s ON s.id = f.site_id
            WHERE f.lead_id = l.id AND f.state = {State.WAITING}
            AND f.kind >= %(least_kind)s AND NOT s.switched_off ORDER BY f.site_id, f.priority, f.id LIMIT 1
    ) waiting
) OR EXISTS (
    SELECT 1 FROM (
        SELECT 1 FROM crawl_frontierurl f JOIN crawl_site s ON s.id = f.site_id WHERE f.state = {State.LEASED}
            AND f.lead_id = ANY(%(leads)s) AND f.kind >= %(least_kind)s AND NOT s.switched_off
            ORDER BY f.worker_id LIMIT 1
    ) leased
) OR EXISTS (
    SELECT 1 FROM unnest(%(leads)s::bigint[]) AS l (id) CROSS JOIN LATERAL (
        SELECT 1 FROM crawl_frontierurl f JOIN crawl_site s ON s.id = f.site_id
            WHERE f.lead_id = l.id AND f.state = {State.LATER}
            AND f.attempts < %(quick)s AND f.kind >= %(least_kind)s AND NOT s.switched_off
            ORDER BY f.lead_id, f.attempts LIMIT 1
    ) later
)
""")
"""Each in the order of an index over such rows alone, so that what is done is not read (see ``leasing``)."""


def kinds_of_hosts(hosts: Iterable[str]) -> dict[str, str]:
    """The kind of site (R2) of each of these hosts that has one; where its ports differ, that of the lowest."""
    known = Site.objects.filter(host__in=list(hosts)).exclude(kind=Site.Kind.UNKNOWN).order_by("-port")
    return dict(known.values_list("host", "kind"))
