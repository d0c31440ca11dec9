"""What logs for programs are told of a batch of visits (``platform.steps``): how its leads go on, what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.visiting.findings import Seen
from orbweaver.detect.visiting.stages import Visited
from orbweaver.platform.steps import are_wanted, step


def tell(outcomes: Sequence[Visited], seen: Iterable[Seen]) -> None:
    """A step for each lead of the batch, with its figures, and one for each sighting. Nothing where none are wanted."""
    if not are_wanted():
        return
    names = dict(Lead.objects.filter(pk__in={each.leased.lead_id for each in outcomes}).values_list("pk", "public_id"))
    figures: dict[int, Counter[str]] = {number: Counter() for number in names}
    for each in outcomes:
        counts = figures[each.leased.lead_id]
        counts["pages"] += each.page is not None
        counts["pictures"] += each.is_image + len(each.inside)
        counts["failures"] += bool(each.error) and each.again_in_s is None and not each.is_moved
    for number, counts in figures.items():
        if any(counts.values()):  # what is put off came to nothing yet
            step("lead.crawled", names[number], leads=(names[number],), counts=counts)
    for sighting, visit, _ in seen:
        step("sighting.recorded", sighting.public_id, leads=(names[visit.leased.lead_id],))
