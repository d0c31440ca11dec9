"""More of the same, where a request asks for it: what stands at its addresses is looked for everywhere else.

A picture at the very address is what the person means: its hashes are asked for as soon as it is seen. On a page that
they name stand many; there it is what our people decided to be removed. The hashes are like those that the person
brings: on no list, always reviewed, gone when they withdraw. Other pictures of a series are none of them: that they
exist would tell of others' cases; once assessed they are looked for by our own list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final

from django.db import transaction

from orbweaver.assess.review.handovers import VerdictReached
from orbweaver.assess.review.models import Verdict
from orbweaver.detect.intake.rules import AskedFor
from orbweaver.detect.intake.services import add_hashes, ask_for_hashes
from orbweaver.detect.matching.handovers import SightingsRecorded
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.models import Media, MediaFrame
from orbweaver.follow.survivors.models import Request, RequestPart
from orbweaver.people.audit.services import record
from orbweaver.platform.network.urls import parse

MOST_FRAMES: Final = 24


def hear_of_seen(recorded: SightingsRecorded) -> None:
    """What stands at the very address of a request is asked for elsewhere. In the caller's transaction."""
    by_key: dict[bytes, list[Media]] = {}
    for each in recorded.sightings:
        by_key.setdefault(parse(each.url).key, []).append(each.media)
    for part in _parts(by_key):
        if part.report is not None:
            _ask(part.request_id, by_key[bytes(part.report.url_key)], recorded.now)


def hear_of_verdict(reached: VerdictReached) -> None:
    """So is what is to be removed on a page that a request names. In the caller's transaction."""
    if reached.verdict.outcome != Verdict.Outcome.REMOVE:
        return
    sightings = list(reached.verdict.item.sightings.all())
    keys = {bytes(each.page_url_key) for each in sightings} | {parse(each.url).key for each in sightings}
    for request in sorted({part.request_id for part in _parts(keys - {b""})}):
        _ask(request, [reached.verdict.media], reached.now)


def _parts(keys: Iterable[bytes]) -> list[RequestPart]:
    found = RequestPart.objects.filter(
        report__source="survivor", report__url_key__in=list(keys), request__search_more=True, request__withdrawn_at=None
    )
    return list(found.exclude(url="").select_related("report").order_by("pk"))


@transaction.atomic
def _ask(number: int, media: Collection[Media], now: dt.datetime) -> None:
    """Add the hashes of these to the request's own, unless the person has withdrawn it meanwhile."""
    request = Request.objects.select_for_update().get(pk=number)
    if request.withdrawn_at is not None:
        return
    hashes = [asked for each in media for asked in _hashes(each)]
    part = RequestPart.objects.filter(request=request, is_more=True).select_related("report").first()
    if part is None or part.report is None:
        RequestPart.objects.create(request=request, is_more=True, report=ask_for_hashes(hashes, now))
        added = len(hashes)
    else:
        added = add_hashes(part.report, hashes)
    if added:
        record("survivor_request.more", request.public_id, details={"hashes": added}, at=now)


def _hashes(media: Media) -> list[AskedFor]:
    found = [AskedFor("sha256", bytes(media.sha256))]
    frames = MediaFrame.objects.filter(media=media).order_by("number")[:MOST_FRAMES]
    good = media.pdq is not None and (media.pdq_quality or 0) >= MatchingSettings.current().match_quality_floor
    if good and media.pdq is not None:
        found.append(AskedFor("pdq", bytes(media.pdq)))
    return found + [
        AskedFor("pdq", bytes(each.pdq), is_frame=True, time_s=each.time_s, quality=each.quality) for each in frames
    ]


def elsewhere(part: RequestPart, found: Iterable[Sighting]) -> list[Sighting]:
    """Those of a request's further places that it does not name itself."""
    named = RequestPart.objects.filter(request=part.request_id).exclude(url="").exclude(report=None)
    keys = {bytes(key) for key in named.values_list("report__url_key", flat=True)}
    return [each for each in found if not keys & {parse(each.url).key, bytes(each.page_url_key)}]
