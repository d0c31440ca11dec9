"""Neighbours of matches (R13): which media stood beside a match on its page, fetched again where they are gone by.

The frontier holds a page's media as rows that were added together, so they are looked for among the rows around that of
the match: no index of media by page is kept for what one fetch in ten thousand asks for.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import connection

from orbweaver.assess.linking.neighbours import Standing, anything_wanted, hold, want
from orbweaver.assess.linking.settings import LinkingSettings
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.sites import SiteChanges
from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.visiting.handovers import BatchRecorded
from orbweaver.detect.visiting.outcome import Outcome
from orbweaver.fingerprints import Fingerprints

AROUND: Final = 4_000
"""Rows before and after that of the match among which the media of its page are."""

_BESIDE: Final = """
SELECT f.id, f.url, f.url_key, (f.context->>'position')::int, coalesce(f.context->>'alt', '')
FROM crawl_frontierurl m
JOIN crawl_frontierurl f ON f.id BETWEEN m.id - %(around)s AND m.id + %(around)s AND f.parent_id = m.parent_id
    AND f.kind = %(media)s AND f.id <> m.id
WHERE m.id = %(match)s
    AND abs((f.context->>'position')::int - (m.context->>'position')::int) <= %(most)s
"""


def note_neighbours(said: BatchRecorded) -> None:
    """Want what stands beside the matches, and hold what of it is in this batch.

    In the transaction that records the batch. Does nothing where the archive is off.
    """
    now, held = said.now, LinkingSettings.current().neighbours_held
    if not archive_is_on() or held == 0:
        return
    files = [outcome for outcome in said.outcomes if outcome.prints is not None and not outcome.error]
    for outcome in files:
        if outcome.leased.id in said.matched and outcome.leased.parent_id is not None:
            _want_beside(outcome, held, said.changes, now)
    if files and anything_wanted():
        hold({outcome.leased.parsed.key: found for outcome in files if (found := _held_of(outcome))}, now)


def _held_of(outcome: Outcome) -> tuple[bytes, Fingerprints] | None:
    return (outcome.result.body, outcome.prints) if outcome.prints is not None and outcome.is_image else None


def _want_beside(outcome: Outcome, most: int, changes: SiteChanges, now: dt.datetime) -> None:
    """What is done already is fetched once more, in full; what waits comes by itself."""
    assert outcome.prints is not None
    url_key = outcome.url.key
    seen = Sighting.objects.filter(media__sha256=outcome.prints.sha256, url_key=url_key).exclude(page_url_key=b"")
    sighting = seen.order_by("-pk").first()
    if sighting is None:
        return
    asked = {"around": AROUND, "media": FrontierUrl.Kind.MEDIA.value, "match": outcome.leased.id, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_BESIDE, asked)
        rows = cursor.fetchall()
    if not want(sighting, [Standing(url, bytes(key), place, alt) for _, url, key, place, alt in rows], now):
        return
    done = FrontierUrl.objects.filter(
        pk__in=[number for number, *_ in rows], state=FrontierUrl.State.DONE, matched=False
    )
    for site_id, priority, number in done.values_list("site_id", "priority", "pk"):
        changes.waits(site_id, priority, number)
    done.update(state=FrontierUrl.State.WAITING, etag="", last_modified="", attempts=0)
