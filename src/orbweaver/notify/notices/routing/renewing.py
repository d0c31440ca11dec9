"""A notified place that is seen again: where it is now, if each visit gives another address, and whether it is back."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import QuerySet

from orbweaver.detect.matching.handovers import SightingsRecorded
from orbweaver.detect.matching.models import Sighting
from orbweaver.notify.notices.handovers import RecheckWanted, recheck_wanted
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.routing.drafting import ascii_form
from orbweaver.notify.notices.rules import UrlState
from orbweaver.platform.network.signed import varies
from orbweaver.platform.network.urls import parse

Places = Mapping[tuple[int, bytes], Sighting]
"""Sightings by the medium and the key of its place."""


def hear_of_seen(recorded: SightingsRecorded) -> None:
    """What was just seen at a newly signed address is asked about, and checked, there; what was called removed or
    offline and was seen is checked soon. In the caller's transaction."""
    seen = {(each.media_id, bytes(each.url_key)): each for each in recorded.sightings}
    _renew({place: each for place, each in seen.items() if varies(parse(each.url))})
    over = _rows(seen).filter(state__in=(UrlState.REMOVED, UrlState.OFFLINE))
    back = [row for row in over if (row.media_id, bytes(row.url_key)) in seen]
    if back:
        recheck_wanted.announce(RecheckWanted(back, recorded.now))


def _renew(seen: Places) -> None:
    if not seen:
        return
    rows = _rows(seen).exclude(state=UrlState.WITHDRAWN)
    # What a check holds at this moment is left to the next visit: a crawl does not wait for it.
    for row in rows.select_for_update(skip_locked=True, no_key=True).order_by("pk"):
        sighting = seen.get((row.media_id, bytes(row.url_key)))
        if sighting is not None and row.url != (url := ascii_form(sighting.url)):
            row.url, row.address = url, sighting.address
            row.save(update_fields=["url", "address"])


def _rows(seen: Places) -> QuerySet[NoticeUrl]:
    return NoticeUrl.objects.filter(media__in={media for media, _ in seen}, url_key__in={key for _, key in seen})
