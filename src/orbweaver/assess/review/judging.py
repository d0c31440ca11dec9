"""By which version of the criteria the answers about an item are judged (ADR 0009)."""

from __future__ import annotations

import datetime as dt

from orbweaver.assess.criteria import Criteria
from orbweaver.assess.governance.selectors import in_force, version
from orbweaver.assess.review.models import ReviewItem


def criteria_of(item: ReviewItem, now: dt.datetime) -> Criteria:
    """The version that was fixed when the item was taken for its first answer; until then the one in force.

    Two blind answers about one item are so never judged by different versions, and an analyst who has the questions of
    one version on screen is never judged by those of another.
    """
    if not item.criteria_version:
        return in_force(now)
    read: Criteria | None = item.__dict__.get("_criteria")  # of this object: a page asks several times
    if read is None or read.version != item.criteria_version:
        read = item.__dict__["_criteria"] = version(item.criteria_version)
    return read


def fix_criteria(item: ReviewItem, now: dt.datetime) -> None:
    """Fix the version by which the item is judged, as somebody takes it; with the first answer it stays for good.

    A form that was drawn with the questions of another version conflicts from then on.
    """
    number = in_force(now).version
    if item.criteria_version == number or item.assessments.exists():
        return
    if item.criteria_version:
        item.version += 1
    item.criteria_version = number
    item.save(update_fields=["criteria_version", "version"])
