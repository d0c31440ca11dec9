"""Which pictures of a film stand for it on the own list: all distinct ones, none that unrelated films share.

Black frames, title cards and logos are in thousands of films: one of them alone must never say what a film is. Those
with too little in them are left out by their quality (``media.frames``); the others by what this installation knows:
a picture that stands in another medium as well is left out unless the two are one film, and so is one at the beginning
or the end of a film that was only crawled (``media.crawled``).

What opens, closes and marks films is the lesser part of each. Where more than half of one stands in others, those hold
pieces of it (a compilation, or a decoy made for this): then only what is judged harmless speaks against a picture.

Two media are one film when more than half of the pictures of the shorter one are near pictures of the other: a copy, a
cut, a re-encoding; near as for a match (``match_radius``, 31 at most). A single
still is never another film; one that is no matter of removal speaks against its picture.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Count
from numpy.typing import NDArray

from orbweaver.assess.criteria import Outcome, on_one_place
from orbweaver.assess.review.models import Verdict
from orbweaver.detect.matching.rules import is_one_film
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.crawled import crawled_pictures
from orbweaver.detect.media.models import Media, MediaFrame
from orbweaver.fingerprints.words import MAX_RADIUS, probes
from orbweaver.index.bruteforce import scan_numpy

BATCH = 25
"""Pictures of a film that are compared at once, so that what may be near them stays small."""
OTHERS_WITH = """
SELECT DISTINCT f.id, f.media_id, f.number, f.pdq
FROM unnest(%s::int[]) word JOIN media_mediaframe f ON f.words @> ARRAY[word]
WHERE f.media_id <> %s AND EXISTS (
    SELECT FROM unnest(%s::bit(256)[]) own WHERE bit_count(own # ('x' || encode(f.pdq, 'hex'))::bit(256)) <= %s
)
ORDER BY f.id
"""
"""Pictures of other media that hold one of these words and are near a picture at hand. Asked word by word: of hundreds
at once PostgreSQL thinks that most pictures hold one, and reads them all: a million took 35 s, and take 20 ms so. Of a
million some 4,000 hold a word of one picture; compared where they are, all but the near ones stay there."""


@dataclass(frozen=True)
class Shared:
    """A picture of a film that stands in a medium that is another film: ``own`` here and ``other`` there."""

    own: MediaFrame
    other: MediaFrame


def is_film(media: Media) -> bool:
    """Whether it shows more than one picture."""
    return media.frames.count() > 1


def is_one(media: Media, other: Media) -> bool:
    """Whether two films are one film: more than half of the pictures of the shorter one are near pictures of the other.

    Never by the first picture alone, which may be a title or a logo.
    """
    own, theirs = (list(each.frames.order_by("number", "pk")) for each in (media, other))
    if not own or not theirs:
        return False
    found, near, _distances = scan_numpy(_array(theirs), _array(own), _radius())
    alike = min(len(set(found.tolist())), len(set(near.tolist())))
    return is_one_film(alike, len(own), len(theirs))


def frames_to_list(media: Media) -> list[MediaFrame]:
    """The pictures that stand for a film, in its order.

    Those that only unjudged or removed films share are left out while they are half of it at most.
    """
    frames, pairs = list(media.frames.order_by("number", "pk")), shared(media)
    left_out = {each.own.pk for each in pairs} | {frame.pk for frame in _in_crawled_films(media, frames)}
    if 2 * len(left_out) > len(frames):
        harmless = _harmless({each.other.media_id for each in pairs})
        left_out = {each.own.pk for each in pairs if each.other.media_id in harmless}
    return [frame for frame in frames if frame.pk not in left_out]


def shared(media: Media) -> list[Shared]:
    """Each picture of this medium that another film, or a still that is no matter of removal, has as well."""
    pairs: dict[int, list[Shared]] = defaultdict(list)
    own = list(media.frames.order_by("number", "pk"))
    for pair in _near(media, own):
        pairs[pair.other.media_id].append(pair)
    counted = MediaFrame.objects.filter(media__in=list(pairs)).order_by().values_list("media").annotate(Count("pk"))
    lengths = dict(counted)
    stills = {media.pk} if len(own) == 1 else {other for other, length in lengths.items() if length == 1}
    harmless = _harmless(stills)
    return [
        pair
        for other, length in lengths.items()
        if _is_another(pairs[other], (len(own), length), bool(harmless & {media.pk, other}))
        for pair in pairs[other]
    ]


def _is_another(pairs: list[Shared], lengths: tuple[int, int], still_is_harmless: bool) -> bool:
    """``lengths``: how many pictures each of the two has; ``pairs``: those that are alike."""
    if min(lengths) == 1:
        return max(lengths) > 1 and still_is_harmless
    alike = min(len({pair.own.pk for pair in pairs}), len({pair.other.pk for pair in pairs}))
    return not is_one_film(alike, *lengths)


def _in_crawled_films(media: Media, own: Sequence[MediaFrame]) -> list[MediaFrame]:
    """The pictures of this film that stand in films which were only crawled, and are other films."""
    films, pictures = crawled_pictures(media)
    lengths = Counter(films.tolist())
    found, near, _distances = scan_numpy(pictures, _array(own), _radius())
    pairs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for mine, theirs, film in zip(found.tolist(), near.tolist(), films[near].tolist(), strict=True):
        pairs[film].append((mine, theirs))
    shared_ones: set[int] = set()
    for film, alike in pairs.items():
        mine, theirs = ({pair[side] for pair in alike} for side in (0, 1))
        if not is_one_film(min(len(mine), len(theirs)), len(own), lengths[film]):
            shared_ones |= mine
    return [own[number] for number in sorted(shared_ones)]


def is_harmless(medium: int) -> bool:
    """Whether its latest verdict is about no removal of these bytes."""
    return bool(_harmless({medium}))


def _harmless(media: Collection[int]) -> set[int]:
    """Those of them whose latest verdict is about no removal of these bytes."""
    latest = Verdict.objects.filter(media__in=media, superseded_by=None).order_by("media", "-decided_at", "-pk")
    return {
        each.media_id
        for each in latest.distinct("media")
        if each.outcome == Outcome.NO_ACTION or on_one_place(each.sub_type)
    }


def _near(media: Media, own: Sequence[MediaFrame]) -> Iterator[Shared]:
    """Every pair of a picture of this medium and one of another that a match would take for each other."""
    radius = _radius()
    for start in range(0, len(own), BATCH):
        mine = own[start : start + BATCH]
        words = probes([bytes(each.pdq) for each in mine], radius)
        bits = ["x" + bytes(each.pdq).hex() for each in mine]
        candidates = list(MediaFrame.objects.raw(OTHERS_WITH, [words, media.pk, bits, radius]))
        found, near, _distances = scan_numpy(_array(candidates), _array(mine), radius)
        for row, other in zip(found.tolist(), near.tolist(), strict=True):
            yield Shared(mine[row], candidates[other])


def _radius() -> int:
    return min(MatchingSettings.current().match_radius, MAX_RADIUS)


def _array(frames: Sequence[MediaFrame]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(bytes(each.pdq) for each in frames), np.uint64).reshape(-1, 4)
