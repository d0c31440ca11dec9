"""Which pictures of a medium a survivor asks for, and when they are shown: here and in the survivor's own video.

Looked up for whoever opens the item. No door for others reads it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.intake.models import AskedHash
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints.result import StillPosition
from orbweaver.index.bruteforce import scan_numpy


@dataclass(frozen=True)
class AskedPicture:
    """A picture of this medium that looks like one that is asked for."""

    position: StillPosition | None
    """Where in this film; None where it is a single picture."""
    theirs_s: float | None
    """Seconds from the start of the survivor's video; None where that is not known, or theirs is a picture."""
    bits: int
    """By which the two differ."""


def asked_pictures(media: Media, sightings: Collection[Sighting]) -> list[AskedPicture]:
    """For each picture that is asked for the one that is nearest to it, in the order of time.

    Nothing of a single picture that is asked for as one: there is no more to say than that it is asked for.
    """
    wanted = AskedHash.objects.filter(kind="pdq", sightings__sighting__in=sightings).distinct().order_by("pk")
    hashes = list(wanted)
    frames = list(media.frames.order_by("number", "pk")) if hashes else []
    if not frames:
        return []
    shown, asked = _array([bytes(each.pdq) for each in frames]), _array([bytes(each.value) for each in hashes])
    nearest: dict[int, tuple[int, int]] = {}
    queries, rows, distances = scan_numpy(shown, asked, MatchingSettings.current().match_radius)
    for query, row, bits in zip(queries.tolist(), rows.tolist(), distances.tolist(), strict=True):
        nearest[query] = min((bits, row), nearest.get(query, (bits, row)))
    is_film = len(frames) > 1
    found = [
        AskedPicture(
            StillPosition(frames[row].number, frames[row].time_s) if is_film else None, hashes[query].time_s, bits
        )
        for query, (bits, row) in nearest.items()
        if is_film or hashes[query].time_s is not None
    ]
    return sorted(found, key=lambda each: (each.position or StillPosition(), each.theirs_s or 0.0))


def _array(values: Sequence[bytes]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(values), np.uint64).reshape(-1, 4)
