"""Pictures within what was fetched: members of archives, and those that a page holds in itself (``data:``)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from orbweaver.detect.crawl.queries import is_query_page
from orbweaver.detect.crawl.rules import REPORTED_MEDIA_CAP
from orbweaver.detect.extraction.extractors.protocol import InnerFile, Left
from orbweaver.detect.extraction.extractors.registry import container_for
from orbweaver.detect.fetching.errors import PARTLY
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.rules import Hit
from orbweaver.detect.matching.services import Finding, PageContext
from orbweaver.fingerprints import Fingerprints

if TYPE_CHECKING:
    from orbweaver.doors.workers.crawl_visit import Outcome

LONGEST_S: Final = 300.0
"""Seconds for all that one body holds; what is left then stays unseen, which is said. An archive of a thousand
animations that take a decoder's whole time would keep it for hours; a thousand pictures take half a minute."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A picture or video within a body, with its fingerprints; its bytes are unpacked again when it is recorded."""

    file: InnerFile
    prints: Fingerprints


async def look_inside(
    body: bytes, mime: str | None, url: str, decode: Callable[[bytes], Awaitable[Fingerprints]]
) -> tuple[list[Inside], str]:
    """Fingerprints of all that a body holds, one file in memory at a time, unpacked off the event loop, and why a part
    of it was not looked at: one of ``fetching.errors.PARTLY``, or nothing.

    The results of a search hold thumbnails in themselves; as such a page is never notified, they are left alone.
    """
    container = container_for(body, mime)
    if container is None or (mime != "application/zip" and is_query_page(url)):
        return [], ""
    files = container.files(body)
    inside: list[Inside] = []
    left: set[str] = set()
    ends = time.monotonic() + LONGEST_S
    while time.monotonic() < ends:
        found = await asyncio.to_thread(next, files, None)
        if found is None:
            break
        if isinstance(found, Left):
            left.add(found.value)
        else:
            inside.append(Inside(found[0], await decode(found[1])))
    else:
        left.add(Left.CUT.value)
    return inside, next((reason for reason in PARTLY if reason in left), "")


@dataclass(frozen=True, slots=True)
class InsideHit:
    """What is to be recorded of one."""

    outcome: Outcome
    inside: Inside
    hits: Sequence[Hit]

    def finding(self, context: PageContext | None) -> Finding:
        """Its address is that of the body it is in; ``context`` is where that stood, the label is its own."""
        result, file, leased = self.outcome.result, self.inside.file, self.outcome.leased
        page = self.outcome.page
        if page is not None:
            context = PageContext(url=result.final_url, title=page.title, headings=page.headings)
        elif context is None:
            context = PageContext(url=result.final_url)
        return Finding(
            url=result.final_url,
            address=result.address,
            body=file.load(),
            fingerprints=self.inside.prints,
            hits=self.hits,
            page=replace(context, alt=file.label or context.alt, position=file.position),
            origin=Sighting.Origin.CRAWL if leased.report_id is None else Sighting.Origin.REPORT,
            report_id=leased.report_id,
        )


def look_up_inside(outcomes: Sequence[Outcome], index: ListIndex) -> list[InsideHit]:
    """Those that hit a list, and the first ones of what was reported."""
    found = [(outcome, each) for outcome in outcomes for each in outcome.inside]
    if not found:
        return []
    hits = index.lookup([each.prints for _, each in found])
    return [
        InsideHit(outcome, each, hit)
        for (outcome, each), hit in zip(found, hits, strict=True)
        if hit or (outcome.leased.report_id is not None and each.file.position < REPORTED_MEDIA_CAP)
    ]
