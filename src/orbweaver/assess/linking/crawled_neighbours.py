"""Neighbours of matches (R13): which media stood beside a match on its page, fetched again where they are gone by.

The frontier holds a page's media as rows that were added together, so they are looked for among the rows around that of
the match: no index of media by page is kept for what one fetch in ten thousand asks for. What could not be fetched is
asked for again; what is within one body, as the members of an archive are, came with it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Final, TypeAlias

from django.db import connection, transaction
from django.db.models import F, QuerySet

from orbweaver.assess.linking.models import Neighbour
from orbweaver.assess.linking.neighbours import PATIENCE, PictureOnPage, anything_wanted, hold, want
from orbweaver.assess.linking.settings import LinkingSettings
from orbweaver.detect.crawl.away import AROUND
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.rules import priority
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.visiting.handovers import BatchRecorded
from orbweaver.detect.visiting.stages import Inside, Visited
from orbweaver.fingerprints import Fingerprints
from orbweaver.platform.network.signed import file_key, path_key
from orbweaver.platform.network.urls import parse
from orbweaver.platform.shared_clock import shared_now

TRIES: Final = 6
"""How often the crawler is asked again for what it could not get: after a minute, then each time twice as late."""
AT_ONCE: Final = 100
_Row: TypeAlias = tuple[int, str, int, str, str]
"""Number, URL, position and alternative text of what stands beside it; what its page leads to, as JSON."""
SOONEST: Final = priority(media=True, hops=0, reported=True)

_NEIGHBOURS_OF: Final = """
WITH places AS (
    SELECT m.parent_id AS page_id, m.id AS near_id, m.context FROM crawl_frontierurl m WHERE m.id = %(match)s
    UNION ALL SELECT o.page_id, o.near_id, o.context FROM crawl_otherpage o WHERE o.url_id = %(match)s
)
SELECT p.url_key, f.id, f.url, (f.context->>'position')::int, coalesce(f.context->>'alt', ''),
    coalesce(p.context->'signed', '[]')::text
FROM places JOIN crawl_frontierurl p ON p.id = places.page_id
JOIN crawl_frontierurl f ON f.id BETWEEN near_id - %(around)s AND near_id + %(around)s AND f.parent_id = p.id
    AND f.kind = %(media)s AND f.id <> %(match)s
WHERE abs((f.context->>'position')::int - (places.context->>'position')::int) <= %(most)s
ORDER BY f.id
"""


def note_neighbours(batch: BatchRecorded) -> None:
    """Want what stands beside the matches, and hold what of it is in this batch.

    In the transaction that records the batch. Does nothing where the archive is off.
    """
    now, held = batch.now, LinkingSettings.current().neighbours_held
    if not archive_is_on() or held == 0:
        return
    files = [outcome for outcome in batch.outcomes if outcome.prints is not None and not outcome.error]
    for outcome in files:
        if outcome.leased.id in batch.matched and outcome.leased.parent_id is not None:
            _want_neighbours(outcome, held, batch.changes, now)
    for outcome in batch.outcomes:
        if outcome.inside and outcome.leased.id in batch.matched:
            _hold_within(outcome, held, now)
    if files and anything_wanted():
        hold({file_key(outcome.leased.parsed): found for outcome in files if (found := _held_of(outcome))}, now)


def _held_of(outcome: Visited) -> tuple[bytes, Fingerprints] | None:
    return (outcome.result.body, outcome.prints) if outcome.prints is not None and outcome.is_image else None


def _want_neighbours(outcome: Visited, most: int, changes: SiteChanges, now: dt.datetime) -> None:
    """Of each page that shows it. What is done already is fetched once more, in full; all of it comes before what else
    waits there."""
    assert outcome.prints is not None
    asked = {"around": AROUND, "media": FrontierUrl.Kind.MEDIA.value, "match": outcome.leased.id, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_NEIGHBOURS_OF, asked)
        rows = cursor.fetchall()
    pages: dict[bytes, list[_Row]] = {}
    for page_key, *row in rows:
        pages.setdefault(bytes(page_key), []).append((row[0], row[1], row[2], row[3], row[4]))
    url_key = file_key(outcome.url)
    for page_key, of_page in pages.items():
        seen = Sighting.objects.filter(media__sha256=outcome.prints.sha256, url_key=url_key, page_url_key=page_key)
        if (sighting := seen.first()) is not None:
            _want_of_page(sighting, url_key, of_page, changes, now)


def _want_of_page(
    sighting: Sighting, url_key: bytes, rows: Sequence[_Row], changes: SiteChanges, now: dt.datetime
) -> None:
    # Of what was signed anew since, the newest address; an earlier one of the match is no neighbour of it.
    beside = {key: row for row in rows if (key := file_key(parse(row[1]))) != url_key and _is_there(row[1], row[4])}
    pictures = [PictureOnPage(url, key, position, alt) for key, (_, url, position, alt, _) in beside.items()]
    if not want(sighting, pictures, now):
        return
    state = FrontierUrl.State
    neighbours = FrontierUrl.objects.filter(pk__in=[number for number, *_ in beside.values()], matched=False)
    _fetch_first(neighbours.filter(state__in=(state.WAITING, state.DONE)), changes)


def _is_there(url: str, signed: str) -> bool:
    """Whether the page still leads to a medium, where it may have been signed anew and only the page tells."""
    at = parse(url)
    return path_key(at) is None or at.key.hex() in json.loads(signed)


def _fetch_first(urls: QuerySet[FrontierUrl], changes: SiteChanges) -> None:
    """Have them fetched in full, and read though they may be as they were."""
    numbers = []
    for site_id, number in urls.select_for_update().order_by("pk").values_list("site_id", "pk"):
        changes.waits(site_id, SOONEST, number)
        numbers.append(number)
    FrontierUrl.objects.filter(pk__in=numbers).update(
        state=FrontierUrl.State.WAITING, priority=SOONEST, etag="", last_modified="", sha256=None, attempts=0
    )


def _hold_within(outcome: Visited, most: int, now: dt.datetime) -> None:
    """What is within one body with a match, as the members of an archive are, came with it and is held at once."""
    inside = {each.prints.sha256: each for each in outcome.inside}
    sightings = Sighting.objects.filter(url_key=file_key(outcome.url), media__sha256__in=list(inside))
    matching = list(sightings.filter(matches__isnull=False).distinct().select_related("media").order_by("pk"))
    known = {bytes(each.media.sha256) for each in matching}
    for sighting in matching:
        position = inside[bytes(sighting.media.sha256)].file.position
        neighbours = [
            each
            for each in outcome.inside
            if abs(each.file.position - position) <= most and each.prints.sha256 not in known
        ]
        want(sighting, [_picture_on_page(each, outcome) for each in neighbours], now)
        hold({_key(each, outcome): (each.file.load(), each.prints) for each in neighbours}, now)


def _picture_on_page(each: Inside, outcome: Visited) -> PictureOnPage:
    return PictureOnPage(outcome.result.final_url, _key(each, outcome), each.file.position, each.file.label)


def _key(each: Inside, outcome: Visited) -> bytes:
    return hashlib.sha256(file_key(outcome.url) + each.file.position.to_bytes(8, "big")).digest()


@transaction.atomic
def fetch_again(now: dt.datetime) -> int:
    """Ask the crawler again for what it could not get beside matches, before what else waits there; for how many.

    It is the crawler that fetches: politely, by robots.txt, and over the network that the site is reached by.
    """
    wanted = Neighbour.objects.filter(state=Neighbour.State.WANTED, retry_at__lte=shared_now())
    due = list(wanted.select_for_update(skip_locked=True).order_by("retry_at", "pk")[:AT_ONCE])
    for each in due:
        later = shared_now() + PATIENCE * 2 ** (each.attempts + 1) if each.attempts + 1 < TRIES else None
        Neighbour.objects.filter(pk=each.pk).update(attempts=F("attempts") + 1, retry_at=later)
    if due:
        changes = SiteChanges()
        keys = [parse(each.url).key for each in due]
        _fetch_first(FrontierUrl.objects.filter(url_key__in=keys, state=FrontierUrl.State.DONE), changes)
        apply_changes(changes, now=shared_now())
    return len(due)
