"""The pictures inside each medium, kept so that films can be compared with one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from orbweaver.detect.media.models import CrawledFilm, Media, MediaFrame
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.words import words_of

T = TypeVar("T")
MOST = 500
"""Pictures kept of one medium, spread over its length: of a film of two hours, one in 14 seconds or so."""


def keep_frames(media: Media, prints: Fingerprints, floor: int) -> None:
    """Keep the distinct pictures of a medium whose quality reaches the floor, once. In the caller's transaction."""
    if media.frames.exists():
        return
    CrawledFilm.objects.filter(sha256=prints.sha256).delete()
    MediaFrame.objects.bulk_create(
        [
            MediaFrame(media=media, number=number, time_s=time_s, pdq=pdq, quality=quality, words=words_of(pdq))
            for number, time_s, pdq, quality in spread(good_pictures(prints, floor), MOST)
        ],
        ignore_conflicts=True,
    )


def good_pictures(prints: Fingerprints, floor: int) -> list[tuple[int, float, bytes, int]]:
    """The distinct pictures whose quality reaches the floor: position in the file, seconds, PDQ, quality."""
    found = [(0, 0.0, prints.pdq, prints.pdq_quality or 0)] if prints.pdq is not None else []
    found += [(each.index, each.time_s, each.pdq, each.quality) for each in prints.frames]
    return [each for each in found if each[3] >= floor]


def spread(rows: Sequence[T], most: int) -> list[T]:
    """At most so many of the rows, evenly over all of them."""
    if len(rows) <= most:
        return list(rows)
    return [rows[number * len(rows) // most] for number in range(most)]
