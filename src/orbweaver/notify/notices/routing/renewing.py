"""A place whose address is signed anew at each visit has one row in its notice, with the newest address."""

from __future__ import annotations

from orbweaver.detect.matching.handovers import SightingsRecorded
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.routing.drafting import ascii_form
from orbweaver.notify.notices.rules import UrlState
from orbweaver.platform.network.signed import is_signed
from orbweaver.platform.network.urls import parse


def renew_addresses(recorded: SightingsRecorded) -> None:
    """What was just seen at a newly signed address is asked about, and checked, there. In the caller's transaction."""
    seen = {(each.media_id, bytes(each.url_key)): each for each in recorded.sightings if is_signed(parse(each.url))}
    if not seen:
        return
    rows = NoticeUrl.objects.filter(
        media__in={media for media, _ in seen}, url_key__in={key for _, key in seen}
    ).exclude(state=UrlState.WITHDRAWN)
    # What a check holds at this moment is left to the next visit: a crawl does not wait for it.
    for row in rows.select_for_update(skip_locked=True, no_key=True).order_by("pk"):
        sighting = seen.get((row.media_id, bytes(row.url_key)))
        if sighting is not None and row.url != (url := ascii_form(sighting.url)):
            row.url, row.address = url, sighting.address
            row.save(update_fields=["url", "address"])
