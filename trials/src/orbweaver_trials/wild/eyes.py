"""What a person recognises in a picture that is shown to them."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from orbweaver.errors import OrbweaverError
from orbweaver.fingerprints import fingerprint, pdq
from orbweaver_trials.demo.pictures import draw, encode
from orbweaver_trials.wild.files import file
from orbweaver_trials.wild.plan import Place

ALIKE = 80
"""Bits of PDQ up to which a person would say that it is the same picture; two drawings differ in about 128."""
AS_SHOWN = frozenset({"crop", "collage", "mirrored"})
"""Kinds of file that do not look like the picture as it was drawn."""


@functools.cache
def _of_seed(seed: int) -> int | None:
    return _print(encode(draw(seed)))


@functools.cache
def _of_make(make: str, seed: int) -> int | None:
    return _print(file(make, seed))


def _print(data: bytes) -> int | None:
    try:
        digest, _ = pdq(data)
    except OrbweaverError:
        return None
    return int(digest, 16) if digest else None


def distance_of(place: Place) -> int:
    """Bits of PDQ between what stands at a place and the picture as it was drawn, whichever way either is turned."""
    drawn, _ = pdq(encode(draw(place.seed)))
    ways = fingerprint(file(place.make, place.seed)).dihedral
    return min((int(drawn, 16) ^ int.from_bytes(way)).bit_count() for way in ways)


def recognised(place: Place, shown: Iterable[bytes]) -> set[int]:
    """The seeds of the pictures of this place that were among what was shown."""
    seeds = place.scenes or (place.seed,)
    known = {seed: _of_make(place.make, seed) if place.make in AS_SHOWN else _of_seed(seed) for seed in seeds}
    prints = [found for data in shown if (found := _print(data)) is not None]
    return {
        seed
        for seed, own in known.items()
        if own is not None and any((own ^ found).bit_count() <= ALIKE for found in prints)
    }
