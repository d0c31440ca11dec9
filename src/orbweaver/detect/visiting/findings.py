"""Which media of a batch hit a list or show a held picture, and what is recorded of them: bytes, place and hits."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connection

from orbweaver.detect.crawl.rules import REPORTED_MEDIA_CAP
from orbweaver.detect.crawl.statements import named
from orbweaver.detect.extraction.extractors.protocol import InnerFile
from orbweaver.detect.held.finding import copies_of
from orbweaver.detect.matching.asked import AskedHashes
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.rules import Hit, SeenCopy
from orbweaver.detect.matching.services import Finding, PageContext, record_each
from orbweaver.detect.matching.taking_up import leave
from orbweaver.detect.visiting.stages import Visited
from orbweaver.fingerprints import Fingerprints
from orbweaver.platform.network.cdns import cdns_before


@dataclass(frozen=True, slots=True)
class Hitting:
    """A medium that is to be recorded: what was fetched itself, or ``file`` within it."""

    outcome: Visited
    prints: Fingerprints
    hits: Sequence[Hit]
    asked: Sequence[int] = ()
    """Hashes that survivors ask for and that it hits."""
    file: InnerFile | None = None
    copies: Sequence[SeenCopy] = ()

    def finding(self, context: PageContext | None) -> Finding:
        """``context`` is where the URL stood. What is within a body has that one's address and a label of its own."""
        result, leased, file = self.outcome.result, self.outcome.leased, self.file
        return Finding(
            url=result.final_url,
            address=result.address,
            body=result.body if file is None else file.load(),
            fingerprints=self.prints,
            hits=self.hits,
            page=context if file is None else self._within(file, context),
            origin=Sighting.Origin.CRAWL if leased.report_id is None else Sighting.Origin.REPORT,
            report_id=leased.report_id,
            lead_id=leased.lead_id,
            asked=self.asked,
            copies=self.copies,
            fronts=cdns_before(result.headers.items()),
        )

    def _within(self, file: InnerFile, context: PageContext | None) -> PageContext:
        page, url = self.outcome.page, self.outcome.result.final_url
        if page is not None:
            context = PageContext(url=url, title=page.title, headings=page.headings)
        elif context is None:
            context = PageContext(url=url)
        return replace(context, alt=file.label or context.alt, position=file.position)


def look_up(outcomes: Sequence[Visited], index: ListIndex, asked: AskedHashes) -> list[Hitting]:
    """What hits a list, shows a held picture, what a survivor asks for or what was reported, of what was fetched and of
    what is within it.

    Of what is within something reported, the first ones.
    """
    files = [(outcome, outcome.prints) for outcome in outcomes if outcome.prints is not None]
    prints = [each for _, each in files]
    # One thread: the other processors have pictures to decode, and more queries at once are searched for less.
    hits = index.lookup(prints, threads=1)
    copies = copies_of({each.sha256 for each in prints})
    found = [
        Hitting(outcome, prints, hit, wanted, copies=copies.get(prints.sha256, ()))
        for (outcome, prints), hit, wanted in zip(files, hits, asked.find(prints), strict=True)
        if hit or wanted or prints.sha256 in copies or outcome.leased.report_id is not None
    ]
    inside = [(outcome, each) for outcome in outcomes for each in outcome.inside]
    if not inside:
        return found
    prints = [each.prints for _, each in inside]
    return found + [
        Hitting(outcome, each.prints, hit, wanted, each.file)
        for (outcome, each), hit, wanted in zip(inside, index.lookup(prints), asked.find(prints), strict=True)
        if hit or wanted or (outcome.leased.report_id is not None and each.file.position < REPORTED_MEDIA_CAP)
    ]


class Seen(NamedTuple):
    """A sighting, the visit that brought it, and the page of this place by its number in the frontier."""

    sighting: Sighting
    visit: Visited
    page_id: int | None


@dataclass(frozen=True, slots=True)
class Matched:
    """What of a batch is recorded: the frontier's numbers of the URLs that match, and each sighting."""

    urls: set[int]
    seen: Sequence[Seen] = ()


def record(found: Sequence[Hitting], now: dt.datetime) -> Matched:
    """Sightings of what was found; the worker opens what follows. In the caller's transaction."""
    if not found:
        return Matched(set())
    pages = _pages(each.outcome for each in found)
    places = [(each, page_id, page) for each in found for page_id, page in pages[each.outcome.leased.id].items()]
    findings = [each.finding(page) for each, _, page in places]
    recorded = record_each(findings, now)
    seen = [
        Seen(sighting, each.outcome, page_id)
        for sighting, (each, page_id, _) in zip(recorded, places, strict=True)
        if sighting is not None
    ]
    sightings = [each.sighting for each in seen]
    leave(sightings, now)
    matching = set(Match.objects.filter(sighting__in=sightings).values_list("sighting__media_id", flat=True))
    digests = {bytes(each.media.sha256) for each in sightings if each.media_id in matching}
    return Matched({each.outcome.leased.id for each, *_ in places if each.prints.sha256 in digests}, seen)


_PAGES = named("""
SELECT f.id, p.id, p.url, p.context::text, f.context::text FROM crawl_frontierurl f
JOIN crawl_frontierurl p ON p.id = f.parent_id WHERE f.id = ANY(%(media)s) AND p.kind = {Kind.PAGE}
UNION ALL SELECT o.url_id, p.id, p.url, p.context::text, o.context::text FROM crawl_otherpage o
JOIN crawl_frontierurl p ON p.id = o.page_id WHERE o.url_id = ANY(%(media)s) AND p.kind = {Kind.PAGE}
""")


def _pages(outcomes: Iterable[Visited]) -> dict[int, dict[int | None, PageContext | None]]:
    """The pages on which these media stood, each by its number in the frontier, by the number of the medium: first the
    one where it was found, with nothing known of it where that is no page."""
    places: dict[int, dict[int | None, PageContext | None]] = {
        outcome.leased.id: {outcome.leased.parent_id: None} for outcome in outcomes
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAGES, {"media": list(places)})
        for number, page_id, url, page, own in cursor.fetchall():
            places[number][page_id] = _page_context(url, json.loads(page or "{}"), json.loads(own or "{}"))
    return places


def _page_context(url: str, page: dict[str, Any], own: dict[str, Any]) -> PageContext:
    return PageContext(
        url=url,
        title=page.get("title", ""),
        headings=tuple(page.get("headings", ())),
        alt=own.get("alt", ""),
        link_text=own.get("link_text", ""),
        before=own.get("before", ""),
        after=own.get("after", ""),
        position=own.get("position", 0),
        signed=frozenset(map(bytes.fromhex, page.get("signed", ()))),
    )
