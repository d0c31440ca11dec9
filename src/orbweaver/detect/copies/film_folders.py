"""Films among the references and queries of folders: their segments, and the moment that a still shows."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from orbweaver.detect.copies.decoding import Decoders
from orbweaver.detect.copies.embedding import Model
from orbweaver.detect.copies.filmed import Filmed, filmed
from orbweaver.detect.copies.films import HeldFilms, Moment, as_json
from orbweaver.detect.copies.geometry import area
from orbweaver.detect.copies.picture import Picture
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver.detect.copies.results import Answer, CopyMatch
from orbweaver.detect.copies.still_time import time_of
from orbweaver.fingerprints.animations import is_animation
from orbweaver.fingerprints.film_track import picture_track
from orbweaver.fingerprints.sniff import sniff
from orbweaver.fingerprints.video import FORMATS

STILLS_A_SECOND: Final = 1.0
"""Stills of a film that are held as pictures, by which edited ones find it."""
MOST_STILLS: Final = 600
"""Stills of one film; of a longer one they lie further apart."""


MOST_PICTURES: Final = 40
"""Pictures of an animation, each unlike the others, that are held or looked for by themselves."""
UNLIKE_BITS: Final = 24
"""Bits by which those differ at least."""
EACH_FRAME: Final = 50.0
"""Frames of each second of an animation that are looked at: all."""


def is_film(data: bytes) -> bool:
    """Whether these bytes begin as those of a film, or are those of an animated picture."""
    return sniff(data) in FORMATS or is_animation(data)


def pictures_of(data: bytes, decoders: Decoders) -> list[tuple[float, Picture]]:
    """Seconds and picture of the frames of an animation that are unlike one another; of a broken one those before the
    damage."""
    found: list[tuple[float, Picture]] = []
    for time_s, picture in decoders.stills(data, EACH_FRAME):
        known = (_bits(picture, other) for _, other in found)
        if len(found) < MOST_PICTURES and min(known, default=256) >= UNLIKE_BITS:
            found.append((time_s, picture))
    return found


def _bits(one: Picture, other: Picture) -> int:
    return (int.from_bytes(one.hashes.pdq, "big") ^ int.from_bytes(other.hashes.pdq, "big")).bit_count()


@dataclass
class FilmCollection:
    """The films of some folders, and the stills by which edited ones find them."""

    names: list[str] = field(default_factory=list)
    films: list[Filmed] = field(default_factory=list)
    moments: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Name of a still → its film, and the second at which it is shown."""

    def add(self, name: str, data: bytes, decoders: Decoders, model: Model | None = None) -> list[Reference]:
        """Hold a film; returns its stills as references. Raises CannotFingerprint, and then holds nothing of it."""
        film = decoders.film(data)
        self.names.append(name)
        self.films.append(film)
        if is_animation(data):
            return [self._still(name, *each, model) for each in pictures_of(data, decoders)]
        rate = min(STILLS_A_SECOND, MOST_STILLS / max(film.length_s, 1.0))
        return [self._still(name, *each, model) for each in decoders.stills(data, rate)]

    def _still(self, name: str, time_s: float, picture: Picture, model: Model | None) -> Reference:
        still = f"{name}#{time_s:.2f}"
        self.moments[still] = name, time_s
        return reference_of(still, picture, model)

    def matcher(self) -> FilmMatcher:
        """Find parts and stills of them."""
        return FilmMatcher(self)


class FilmMatcher:
    """Finds parts and stills of held films. Built once; queries do not change it."""

    def __init__(self, collection: FilmCollection) -> None:
        self._moments = collection.moments
        self._films = dict(zip(collection.names, collection.films, strict=True))
        self._held: HeldFilms | None = None
        if collection.films:
            with tempfile.TemporaryDirectory(
                prefix="orbweaver-films-"
            ) as folder:  # mapped: it stays when it has no name
                self._held = HeldFilms(collection.names, collection.films, Path(folder))

    def match_film(self, film: Filmed, answer: Answer) -> None:
        """Fill in the segments of a film."""
        answer.gate = "hashes"
        if self._held is not None:
            answer.segments = [as_json(each, self._held.names) for each in self._held.segments(film)]
            answer.gate = "matched" if answer.segments else answer.gate

    def match_still(self, picture: Picture, answer: Answer) -> None:
        """Add the films that a still is from, and say of stills that were found already where they are in theirs."""
        if self._held is None:
            return
        found = {name: _match(moment, name) for name, moment in self._by_hash(picture)}
        plain = [each for each in answer.matches if each.reference not in self._moments]
        edited = [each for each in answer.matches if each.reference in self._moments]
        for each in sorted(edited, key=lambda each: (each.decision != "proved", -_shown(each))):
            film, _ = self._moments[each.reference]
            if film not in found:
                found[film] = replace(each, reference=film, time_s=self._time(picture, each))
        answer.matches = [*plain, *found.values()]
        if found and answer.gate != "matched":
            answer.gate = "matched" if any(each.proof == "hash" for each in found.values()) else answer.gate

    def _time(self, picture: Picture, match: CopyMatch) -> float:
        film, around_s = self._moments[match.reference]
        held = self._films[film]
        return round(time_of(picture.grey, match.query_quad, match.reference_quad, held, around_s), 2)

    def _by_hash(self, picture: Picture) -> Iterator[tuple[str, Moment]]:
        if self._held is not None:
            for moment in self._held.moments(filmed(picture_track(picture.grey))):
                yield self._held.names[moment.reference], moment


def _shown(match: CopyMatch) -> float:
    """How much of a still and of the film's picture lie on one another and agree: a camera that moves shows the same
    things seconds before and after, but not all of them."""
    regions = (area(np.array(quad)) for quad in (match.query_quad, match.reference_quad))
    return math.prod(regions) * match.agreement


def _match(moment: Moment, film: str) -> CopyMatch:
    return CopyMatch(
        film,
        proof="hash",
        decision="proved",
        strength=round(1.0 - moment.distance / 128, 3),
        mirrored=moment.mirrored,
        agreement=round(moment.pixels, 3),
        time_s=round(moment.time_s, 2),
    )
