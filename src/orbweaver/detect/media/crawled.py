"""Films that were only crawled: how they begin and end, so that what unrelated films share is known before any matches.

What a service puts before and after everything that is uploaded there is in films that nobody ever matched. Kept are
the first and last pictures of each, of the newest films alone: enough to know an opening, and it does not grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.media.frames import good_pictures
from orbweaver.detect.media.models import CrawledFilm, Media
from orbweaver.fingerprints import Fingerprints

ENDS: Final = 8
"""Pictures kept of the beginning, and of the end. Some seconds each: pictures are distinct."""
FILMS: Final = 50_000
"""Films that are kept, the newest: 25 MB, which one verdict about a film reads in a fraction of a second."""
SWEEP: Final = 1_000
"""Films above that number which are forgotten in one step; far fewer than that come in one batch."""


def keep_crawled_films(seen: Iterable[Fingerprints], floor: int) -> None:
    """Keep the ends of each film that is no medium; others are passed over. In the caller's transaction."""
    films = {prints.sha256: ends for prints in seen if len(ends := _ends(prints, floor)) > 1}
    if not films:
        return
    media = Media.objects.filter(sha256__in=list(films)).values_list("sha256", flat=True)
    for known in map(bytes, media):
        del films[known]
    CrawledFilm.objects.bulk_create(
        [CrawledFilm(sha256=sha256, pictures=b"".join(films[sha256])) for sha256 in sorted(films)],
        ignore_conflicts=True,
    )
    _forget_oldest()


def _ends(prints: Fingerprints, floor: int) -> list[bytes]:
    pictures = [pdq for _, _, pdq, _ in good_pictures(prints, floor)]
    return pictures if len(pictures) <= 2 * ENDS else pictures[:ENDS] + pictures[-ENDS:]


def _forget_oldest() -> None:
    newest = CrawledFilm.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    old = CrawledFilm.objects.filter(pk__lte=newest - FILMS).order_by("pk").select_for_update(skip_locked=True)
    CrawledFilm.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:SWEEP])).delete()


def crawled_pictures(besides: Media) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The pictures of all films kept but this one: a number for the film of each, int64[n], and PDQ, uint64[n, 4]."""
    rows = list(_pictures_of_films(besides))
    films = np.repeat(np.arange(len(rows)), [len(row) // 32 for row in rows])
    return films, np.frombuffer(b"".join(rows), np.uint64).reshape(-1, 4)


def _pictures_of_films(besides: Media) -> Iterator[bytes]:
    kept = CrawledFilm.objects.exclude(sha256=besides.sha256).order_by("pk").values_list("pictures", flat=True)
    return map(bytes, kept.iterator(chunk_size=10_000))
