"""Each site that shows something known is a place of its own (R32), though its address is fetched once for all of them.

What waits is fetched for a page of every site that showed it by then. What was fetched already and matched is fetched
once more where a site shows it on which it was never seen.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Final

from django.db import connection, transaction

from orbweaver.detect.crawl import frontier, other_pages
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.crawl.statements import named
from orbweaver.detect.visiting.findings import Matched
from orbweaver.detect.visiting.stages import Visited
from orbweaver.platform.shared_clock import shared_now

TRANSACTION_S: Final = 900.0
"""Seconds after which a row has been committed, or never is: how long a batch takes, and waits for the database."""

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


def moved_media(outcomes: Sequence[Visited]) -> list[tuple[int, bytes]]:
    """Media that redirect: their numbers, and the keys of where to."""
    return [
        (each.leased.id, each.result.location.key)
        for each in outcomes
        if each.is_moved and each.result.location and each.leased.kind == FrontierUrl.Kind.MEDIA
    ]


def follow_pages(
    outcomes: Sequence[Visited], found: Matched, again: set[int], shown_too: set[int], changes: SiteChanges
) -> None:
    """After the URLs of a batch are added: hand over, forget and follow the pages of its media.

    ``again`` is fetched once more anyway; ``shown_too`` was found on another page before.
    """
    moved = moved_media(outcomes)
    shown_too |= other_pages.move(moved)
    done = {each.leased.id for each in outcomes if each.again_in_s is None} - again - found.urls
    other_pages.forget(done - {number for number, _ in moved})
    seen = [(each.visit.leased.id, each.page_id) for each in found.seen if each.page_id is not None]
    came_meanwhile = other_pages.forget_each(seen)
    frontier.fetch_in_full(came_meanwhile | on_new_sites(shown_too), changes)


class LeftPages:
    """Finds pages that were kept in the moment in which their medium was done. Remembers up to where it looked, since a
    frontier keeps many."""

    def __init__(self) -> None:
        self._after = 0
        self._seen: list[tuple[float, int]] = []

    def follow(self) -> bool:
        """Hand them on, and have fetched what they ask for. Says whether any are kept elsewhere now."""
        at, newest = time.monotonic(), other_pages.newest()
        found, went = False, other_pages.MOST_LEFT
        while went == other_pages.MOST_LEFT:
            went, media = self._hand_on()
            found = found or bool(media)
        self._seen.append((at, newest))
        while self._seen and self._seen[0][0] <= at - TRANSACTION_S:
            self._after = self._seen.pop(0)[1]
        return found

    def _hand_on(self) -> tuple[int, set[int]]:
        changes = SiteChanges()
        with transaction.atomic():
            went, media, rows = other_pages.move_left(self._after)
            frontier.fetch_in_full(on_new_sites(media), changes)
            other_pages.forget_done(rows)
            apply_changes(changes, now=shared_now())
        return went, media
