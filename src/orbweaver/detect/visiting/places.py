"""Each site that shows something known is a place of its own (R32), though its address is fetched once for all of them.

What waits is fetched for a page of every site that showed it by then. What was fetched already and matched is fetched
once more where a site shows it on which it was never seen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import connection

from orbweaver.detect.crawl import frontier, other_pages
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.sites import SiteChanges
from orbweaver.detect.crawl.statements import named
from orbweaver.detect.visiting.findings import Matched
from orbweaver.detect.visiting.stages import Visited

_NEW_SITES = named("""
SELECT f.id FROM crawl_frontierurl f JOIN media_media m ON m.sha256 = f.sha256
WHERE f.id = ANY(%s) AND f.matched AND EXISTS (
    SELECT 1 FROM (SELECT f.parent_id UNION ALL SELECT o.page_id FROM crawl_otherpage o WHERE o.url_id = f.id)
        AS shown (id)
    JOIN crawl_frontierurl p ON p.id = shown.id WHERE p.kind = {Kind.PAGE} AND NOT EXISTS (
        SELECT 1 FROM matching_sighting s JOIN crawl_frontierurl seen_on ON seen_on.url_key = s.page_url_key
        WHERE s.media_id = m.id AND seen_on.site_id = p.site_id
    )
)
""")


def on_new_sites(media: Collection[int]) -> set[int]:
    """What of these matched before and stands on a site now on which it was never seen."""
    if not media:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_NEW_SITES, [sorted(media)])
        return {number for (number,) in cursor.fetchall()}


def follow_pages(
    outcomes: Sequence[Visited], found: Matched, again: set[int], shown_too: set[int], changes: SiteChanges
) -> None:
    """After the URLs of a batch are added: hand over, forget and follow the pages of its media.

    ``again`` is fetched once more anyway; ``shown_too`` was found on another page before.
    """
    moved = [
        (each.leased.id, each.result.location.key)
        for each in outcomes
        if each.is_moved and each.result.location and each.leased.kind == FrontierUrl.Kind.MEDIA
    ]
    shown_too |= other_pages.move(moved)
    done = {each.leased.id for each in outcomes if each.again_in_s is None} - again - found.urls
    other_pages.forget(done)
    seen = [(each.visit.leased.id, each.page_id) for each in found.seen if each.page_id is not None]
    came_meanwhile = other_pages.forget_each(seen)
    frontier.fetch_in_full(came_meanwhile | on_new_sites(shown_too), changes)
