"""What other hotlines are told of our verdicts (R69): what was decided, by which criteria, and the series by numbers.

No titles, references, names of analysts, reasons or places: those stay here. Nothing of sub-type b, whose verdicts are
about a place (R32).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from orbweaver.assess.criteria import on_one_place
from orbweaver.assess.governance.selectors import text_of
from orbweaver.assess.review.models import Verdict
from orbweaver.assess.series.models import SeriesItem
from orbweaver.assess.series.rules import OF_OTHERS
from orbweaver.assess.series.services import current
from orbweaver.detect.exchanges.protocols.protocol import Told
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.people.settings import HotlineSettings


def verdict_told(verdict: Verdict) -> dict[str, Any]:
    """A verdict in the form of ``exchanges.verdicts``."""
    return {
        "by": HotlineSettings.current().hotline_name,
        "outcome": verdict.outcome,
        "category": verdict.category,
        "notice_type": verdict.notice_type,
        "sub_type": verdict.sub_type,
        "age_class": verdict.age_class,
        "criteria": {"version": verdict.criteria_version, "sha256": _digest(verdict.criteria_version)},
        "decided_at": verdict.decided_at.isoformat(),
    }


@lru_cache(maxsize=32)
def _digest(number: str) -> str:
    """Of the criteria's text: hotlines may number theirs alike. A text does not change once it decides anything."""
    return sha256(text_of(number).encode()).hexdigest()


def told_of_own(entries: Sequence[HashListEntry]) -> dict[int, Told]:
    """What is told of entries of our own list, by their numbers."""
    media = {entry.media_id: entry.pk for entry in entries if entry.media_id is not None}
    verdicts, series = latest_on_bytes(media), _series_of(media)
    return {
        entry: Told(verdict_told(verdicts[medium]) if medium in verdicts else {}, series.get(medium, ()))
        for medium, entry in media.items()
    }


def latest_on_bytes(media: Collection[int]) -> dict[int, Verdict]:
    """The latest verdicts on the bytes of media that stand, by the media's numbers; none on a single place (R32)."""
    verdicts = Verdict.objects.filter(media__in=list(media), superseded_by=None).order_by("decided_at", "pk")
    return {each.media_id: each for each in verdicts if not on_one_place(each.sub_type)}


def _series_of(media: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Series by media, as people here put them in. That others alone say so, a list's supplier under its terms or
    police, is theirs to tell."""
    links = SeriesItem.objects.filter(media__in=list(media), ended_at=None).select_related("series__merged_into")
    found: dict[int, list[str]] = {}
    for each in links.order_by("pk"):
        if OF_OTHERS.issuperset({each.reason, *(more["reason"] for more in each.further)}):
            continue
        number = current(each.series).public_id
        if number not in found.setdefault(each.media_id, []):
            found[each.media_id].append(number)
    return found
