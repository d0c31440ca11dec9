"""Which crawled pictures wait to be compared with held ones: at most what the settings give in time and room.

Reports and what matched by a piece are media, and always looked at. Of the rest, which matched nothing, those on the
page of a match wait whatever time they take, and so do those that may show what is held since they were seen; the
others nearest first, while there is time and room. Tiny and flat ones never do. Nothing waits beyond its room.
"""

from __future__ import annotations

import datetime as dt
import io
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.db.models import Count, F

from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.held import keys
from orbweaver.detect.held.models import EarlierPicture, HeldPicture, Tally, WaitingPicture
from orbweaver.detect.held.settings import CopiesSettings
from orbweaver.detect.matching.models import Sighting
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.result import Sized, View, Views

LONGEST: Final = 640
"""Pixels of the longer side of what waits: as large as it is compared."""
JPEG_QUALITY: Final = 90
SMALLEST: Final = 96
"""Pixels of the shorter side."""
FLAT: Final = 5
"""PDQ's quality up to which a picture shows hardly anything."""
SEEN: Final = 100_000
"""Digests of pictures that are remembered, so that none waits twice."""
CERTAIN_QUEUES: Final = 8
"""Queues of room that those on the pages of matches have: one page may have thousands."""
MOST_SAVED_S: Final = 2.0
"""Seconds of time that are saved up for later."""
ASKED_EVERY_S: Final = 5.0
"""Seconds for which it is believed that there is something held, or nothing."""

Show = Callable[[bytes, Sized], Future[Views]]
"""Asks a decoder process for the pixels of a file."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A crawled picture that matched nothing, and the number of the page on which it stood."""

    place_id: int
    prints: Fingerprints
    body: bytes
    hops: int
    page_id: int | None

    @property
    def shows_something(self) -> bool:
        """Whether it is worth a look."""
        sides = min(self.prints.width or 0, self.prints.height or 0)
        is_picture = (self.prints.mime or "").startswith("image/")
        return is_picture and sides >= SMALLEST and (self.prints.pdq_quality or 0) > FLAT


class Gate:
    """Of one crawler. Remembers what it spent and what it let pass."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._saved_s = 0.0
        self._saved_at = time.monotonic()
        self._asked_at = float("-inf")
        self._open = False

    def chosen(
        self, candidates: Sequence[Candidate], matching: Collection[int | None], now: dt.datetime
    ) -> tuple[list[WaitingPicture], int]:
        """The pictures that are to wait, ready to be saved, and how many were dropped. ``matching``: the pages of this
        batch on which something matched. Outside any transaction.
        """
        if not candidates or not self._is_open():
            return [], 0
        self._save_up()
        wanted = _wanted({each.prints.sha256 for each in candidates})
        fresh = [
            each
            for each in candidates
            if each.shows_something and (each.prints.sha256 in wanted or each.prints.sha256 not in self._seen)
        ]
        free = _free_in_queues()
        pages = set(matching) | _pages_of_matches({each.page_id for each in fresh if each.page_id is not None})
        rows: list[WaitingPicture] = []
        dropped = 0
        certain_ones = {
            each.prints.sha256
            for each in fresh
            if each.prints.sha256 in wanted or (each.page_id is not None and each.page_id in pages)
        }
        for each in sorted(fresh, key=lambda one: (one.prints.sha256 not in certain_ones, one.hops)):
            certain = each.prints.sha256 in certain_ones
            if free[certain] <= 0 or not (certain or self._saved_s > 0):
                dropped += 1
                continue
            self._remember(each.prints.sha256)
            began = time.monotonic()
            row = self._row(each, now, certain=certain)
            self._saved_s -= time.monotonic() - began
            if row is not None:
                rows.append(row)
                free[certain] -= 1
        return rows, dropped

    def _is_open(self) -> bool:
        """Whether anything is held."""
        if time.monotonic() - self._asked_at > ASKED_EVERY_S:
            self._asked_at, self._open = time.monotonic(), HeldPicture.objects.exists()
        return self._open

    def _save_up(self) -> None:
        at = time.monotonic()
        share = CopiesSettings.current().copies_share
        self._saved_s = min(MOST_SAVED_S, self._saved_s + (at - self._saved_at) * share)
        self._saved_at = at

    def _remember(self, sha256: bytes) -> None:
        self._seen[sha256] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)

    def _row(self, each: Candidate, now: dt.datetime, *, certain: bool) -> WaitingPicture | None:
        views = self._show(each.body, Sized(LONGEST)).result().views
        if not views:
            return None
        return WaitingPicture(
            sha256=each.prints.sha256,
            place_id=each.place_id,
            certain=certain,
            hops=each.hops,
            data=keys.sealed(_jpeg(views[0])),
            queued_at=now,
        )


def _free_in_queues() -> dict[bool, int]:
    """How many more may wait: of those that are certain to be looked at, and of the others."""
    queue = CopiesSettings.current().copies_queue
    waiting = dict(WaitingPicture.objects.values_list("certain").annotate(count=Count("pk")))
    return {True: CERTAIN_QUEUES * queue - waiting.get(True, 0), False: queue - waiting.get(False, 0)}


def _wanted(digests: Collection[bytes]) -> set[bytes]:
    """Those of these that were seen before and may show what is held since."""
    rows = EarlierPicture.objects.filter(sha256__in=list(digests), wanted=True)
    return {bytes(sha256) for sha256 in rows.values_list("sha256", flat=True)}


def _pages_of_matches(pages: Collection[int]) -> set[int]:
    """Those of these pages on which something matched before."""
    keys_of = {
        bytes(key): number for number, key in FrontierUrl.objects.filter(pk__in=pages).values_list("pk", "url_key")
    }
    seen = Sighting.objects.filter(page_url_key__in=list(keys_of), matches__isnull=False)
    return {keys_of[bytes(key)] for key in seen.values_list("page_url_key", flat=True).distinct()}


def _jpeg(view: View) -> bytes:
    from PIL import Image

    pixels = np.frombuffer(view.pixels, np.uint8).reshape(view.height, view.width, 3)
    image = Image.fromarray(pixels)
    image.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def keep(rows: Sequence[WaitingPicture], dropped: int) -> None:
    """Let these wait, and count. In the caller's transaction; may be repeated where that is."""
    if rows:
        WaitingPicture.objects.bulk_create(rows, ignore_conflicts=True)
    count(queued=len(rows), dropped=dropped)


def count(**more: int) -> None:
    """Add to the tally."""
    added = {name: F(name) + number for name, number in more.items() if number}
    if added and not Tally.objects.filter(pk=1).update(**added):
        Tally.objects.get_or_create(pk=1)
        Tally.objects.filter(pk=1).update(**added)
