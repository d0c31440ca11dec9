"""What follows once a file is known to show a held picture.

Media that are here get their matches at once. Of what was only crawled nobody kept the bytes: its place is fetched
again, and then recorded as any match is, with evidence and context.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from django.db import transaction

from orbweaver.detect.crawl import away
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_leads
from orbweaver.detect.held.models import FoundCopy, HeldPicture
from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.rules import SeenCopy
from orbweaver.detect.matching.services import record_copies
from orbweaver.detect.media.models import Media

if TYPE_CHECKING:  # crawlers and pages come by here, without OpenCV
    from orbweaver.detect.copies.results import CopyMatch

NOTE = "It may show a held picture, edited."


def copies_of(digests: Collection[bytes]) -> dict[bytes, list[SeenCopy]]:
    """What is known of these files, by their SHA-256; one that shows nothing held has no place."""
    found: dict[bytes, list[SeenCopy]] = {}
    if digests:
        rows = FoundCopy.objects.filter(sha256__in=list(digests)).select_related("held").order_by("-strength", "pk")
        for row in rows:
            found.setdefault(bytes(row.sha256), []).append(row.as_seen())
    return found


@transaction.atomic
def keep(sha256: bytes, matches: Iterable[CopyMatch], now: dt.datetime) -> list[FoundCopy]:
    """Keep what a comparison came to; what is not held any more is left out."""
    by_media = {int(each.reference): each for each in matches}
    held = {each.media_id: each for each in HeldPicture.objects.filter(media__in=by_media)}
    kept = []
    for number, each in by_media.items():
        if number not in held:
            continue
        row, _ = FoundCopy.objects.update_or_create(
            sha256=sha256,
            held=held[number],
            defaults={
                "decision": each.decision,
                "proof": "geometry",
                "edits": list(each.edits),
                "strength": each.strength,
                "mirrored": each.mirrored,
                "inliers": each.inliers,
                "agreement": each.agreement,
                "query_quad": [side for corner in each.query_quad for side in corner],
                "reference_quad": [side for corner in each.reference_quad for side in corner],
                "found_at": now,
            },
        )
        kept.append(row)
    return kept


@transaction.atomic
def record_on(media: Media, now: dt.datetime) -> None:
    """Matches of all that was seen of this medium, and items where it has none yet."""
    copies = copies_of([bytes(media.sha256)]).get(bytes(media.sha256), [])
    sightings = list(Sighting.objects.filter(media=media).order_by("pk"))
    for sighting in sightings:
        record_copies(sighting, copies, now)
    sightings_recorded.announce(SightingsRecorded(sightings, now))


@transaction.atomic
def fetch_again(place_id: int, sha256: bytes, now: dt.datetime) -> bool:
    """Let the place be fetched in full, if it held these bytes when it was last seen."""
    away.bring_back(places=[place_id])
    places = FrontierUrl.objects.filter(pk=place_id, state=FrontierUrl.State.DONE, sha256=sha256)
    url = places.values_list("url", flat=True).first()
    if url is None:
        return False
    places.update(etag="", last_modified="", sha256=None)
    add_leads({url: NOTE}, source=Lead.Source.LIST, now=now, fresh=True)
    return True
