"""Which of the pictures within what was fetched are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orbweaver.detect.crawl.rules import REPORTED_MEDIA_CAP
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.rules import Hit
from orbweaver.detect.matching.services import Finding, PageContext
from orbweaver.detect.visiting.inside import Inside
from orbweaver.detect.visiting.outcome import Outcome


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
