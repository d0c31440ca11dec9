"""Which leads the rows of the work go back to: the one id under which logs tell of it (``platform.steps``).

Found by the rows themselves when a line is written, as nothing carries it along: a sighting lies at an address of the
frontier, and an address belongs to the lead by which the crawler came there last. Once retention has removed the
address no lead is found, and lines go on under their own identifiers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db.models import QuerySet

from orbweaver.assess.review.models import Appeal, ReviewItem, Verdict
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.selectors import leads_of as leads_of_sightings
from orbweaver.notify.notices.models import Notice

MOST_SIGHTINGS: Final = 1_000
"""Of one row. Its line names the leads of the newest ones."""


def leads_of(subject: str) -> tuple[str, ...]:
    """Public identifiers of the leads that a row goes back to; empty for a kind of row that goes back to none."""
    kind = subject.partition("_")[0]
    if kind == "led":
        return (subject,)
    if kind == "rep":
        return tuple(Lead.objects.filter(report_id__in=_numbers(subject)).values_list("public_id", flat=True))
    find = _SIGHTINGS.get(kind)
    return () if find is None else leads_of_sightings(find(subject).distinct().order_by("-pk")[:MOST_SIGHTINGS])


def _numbers(report: str) -> list[int]:
    return list(Report.objects.filter(public_id=report).values_list("pk", flat=True))


_SIGHTINGS: Final[dict[str, Callable[[str], QuerySet[Sighting]]]] = {
    "sgt": lambda name: Sighting.objects.filter(public_id=name),
    "itm": lambda name: Sighting.objects.filter(review_items__in=ReviewItem.objects.filter(public_id=name)),
    "vdt": lambda name: Sighting.objects.filter(review_items__verdict__in=Verdict.objects.filter(public_id=name)),
    "apl": lambda name: Sighting.objects.filter(
        review_items__verdict__in=Appeal.objects.filter(public_id=name).values("verdict")
    ),
    "ntc": lambda name: Sighting.objects.filter(
        review_items__verdict__notice_urls__notice__in=Notice.objects.filter(public_id=name)
    ),
}
