"""What visits led to: links, media and redirects, as URLs to add to the frontier."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from orbweaver.detect.crawl import extents, rules
from orbweaver.detect.crawl.frontier import NewUrl
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.services import site_ids
from orbweaver.detect.extraction.page import FoundMedia, Page
from orbweaver.detect.visiting.stages import Visited
from orbweaver.platform.network.urls import ParsedUrl

Kind = FrontierUrl.Kind


def found_urls(
    outcomes: Sequence[Visited], *, hops: Mapping[int, int], max_hops: int, given_up: Collection[int]
) -> list[NewUrl]:
    """Every URL that these visits led to; no more pages for the leads that are given up (by id), and nothing of what
    brought in enough (``extents``) but what was reported.

    ``hops`` are the distances of the outcomes' own URLs by now, by id.
    """
    targets: list[_Target] = []
    contexts = _own_contexts([outcome for outcome in outcomes if outcome.is_moved])
    for outcome in outcomes:
        number = outcome.leased.id
        if outcome.is_moved and outcome.result.location is not None:
            targets.append(_Target(outcome, outcome.result.location, hops[number], context=contexts.get(number)))
        if outcome.page is not None:
            targets.extend(_media_of(outcome, outcome.page, hops[number]))
            if outcome.leased.lead_id not in given_up:
                targets.extend(_links_of(outcome, outcome.page, hops[number], max_hops))
    full = extents.full({name for target in targets for name in target.extents})
    if full:
        targets = [target for target in targets if target.is_reported or full.isdisjoint(target.extents)]
    sites = site_ids((target.url.host, target.url.port) for target in targets)
    return [target.as_new(sites[target.url.host[:260], target.url.port]) for target in targets]


def _own_contexts(outcomes: Sequence[Visited]) -> dict[int, str]:
    """What stood around media that redirect, as JSON text: it goes with them."""
    ids = [outcome.leased.id for outcome in outcomes if outcome.leased.kind == Kind.MEDIA]
    if not ids:
        return {}
    rows = FrontierUrl.objects.filter(pk__in=ids, context__isnull=False).values_list("pk", "context")
    return {number: json.dumps(context) for number, context in rows}


@dataclass(slots=True)
class _Target:
    """A URL that a visit led to: a link, a medium of a page, or where it redirects to."""

    outcome: Visited
    url: ParsedUrl
    hops: int
    medium: FoundMedia | None = None
    context: str | None = None

    @property
    def extents(self) -> tuple[str, ...]:
        """What it counts for."""
        return extents.names_of(self.outcome.leased.lead_id, self.url.host)

    @property
    def is_reported(self) -> bool:
        """Whether somebody reported it, or the page that shows it among its first media."""
        redirected, medium = self.outcome.page is None, self.medium
        return self.outcome.leased.report_id is not None and (
            redirected or (medium is not None and medium.position < rules.REPORTED_MEDIA_CAP)
        )

    def as_new(self, site_id: int) -> NewUrl:
        """The URL to add. Redirects keep all of where they come from; a page hands its report to its first media."""
        leased, medium = self.outcome.leased, self.medium
        redirected, reported = self.outcome.page is None, self.is_reported
        kind = Kind.MEDIA if medium is not None else Kind(leased.kind) if redirected else Kind.PAGE
        return NewUrl(
            key=self.url.key,
            url=self.url.normal,
            site_id=site_id,
            lead_id=leased.lead_id,
            kind=kind,
            hops=self.hops,
            priority=rules.priority(media=kind == Kind.MEDIA, hops=self.hops, reported=reported),
            parent_id=leased.parent_id if redirected and leased.kind == Kind.MEDIA else leased.id,
            report_id=leased.report_id if reported else None,
            past_robots=leased.past_robots and reported,
            context=_media_context(medium) if medium is not None else self.context,
            extents=self.extents,
        )


def _media_of(outcome: Visited, page: Page, hops: int) -> list[_Target]:
    return [_Target(outcome, medium.url, hops, medium) for medium in page.media]


def _links_of(outcome: Visited, page: Page, hops: int, max_hops: int) -> list[_Target]:
    here = outcome.url
    links = [(link, rules.hops_to(here, link, hops)) for link in page.links]
    return [_Target(outcome, link, distance) for link, distance in links if rules.is_followed(distance, max_hops)]


def _media_context(medium: FoundMedia) -> str:
    return json.dumps(
        {
            "alt": medium.alt,
            "link_text": medium.link_text,
            "before": medium.before,
            "after": medium.after,
            "position": medium.position,
        }
    )
