"""What comparing the pixels of two pictures proves, by how they are laid over one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from orbweaver.detect.copies import geometry, proving
from orbweaver.detect.copies.geometry import Matrix
from orbweaver.detect.copies.picture import Picture, resized
from orbweaver.detect.copies.references import Reference

COVERED = 0.2
"""Share of the query or the reference that a proof covers at least."""
PROVED = 0.5
"""Share of the blocks with detail that agree, from which it is the same picture: a box over a quarter and an emoji
leave more."""
SURE = 0.65
"""The same from which it does not matter which blocks agree. Measured: other pictures of one room, taken from the same
place or beside it, agree in 0.51-0.55; copies in less only as cells that were cropped to fill them."""
GATHERED = (0.9, 0.89)
"""Below that: the share that agrees in one rectangle, and the share of all agreeing blocks that lies there."""
PROVED_PLAIN = 0.75
"""The same where most of the reference is of one colour: pages of one template agree in half of their blocks."""
CLOSENESS = 0.85
"""Median correlation of the blocks that agree. Measured: 0.9-1 of copies, 0.65-0.75 of drawings alike by chance."""
SUSPECTED = 0.4
ONCE = 0.72
"""The share at a wrong place to that at the right one, at most: stripes agree everywhere."""
LEAST_BLOCKS = 12
CLOSE = (0.3, 0.72)
"""Shares between which the archived picture is asked for, if there is one."""
FEW_BLOCKS = 40
CLOSER = 320
"""Pixels of the longer side of the region that is then compared."""

Load = Callable[[str], Picture | None]
"""The archived picture of a reference by its name, if it is at hand."""


class Judged(NamedTuple):
    """What comparing the pixels came to."""

    decision: str | None
    found: proving.Agreement


class Archived:
    """The archived pictures of references, where they are at hand; the last one stays for a closer look at it."""

    def __init__(self, load: Load | None) -> None:
        self._load = load
        self._lately: tuple[str, Picture | None] | None = None

    def picture(self, name: str) -> Picture | None:
        """The archived picture of a reference, if it is at hand."""
        if self._load is None:
            return None
        if self._lately is None or self._lately[0] != name:
            self._lately = (name, self._load(name))
        return self._lately[1]


def judge(reference: Reference, picture: Picture, matrix: Matrix, archived: Archived) -> Judged:
    """Compare the pixels, in close calls those of the archived picture, and say what that proves."""
    grey = np.asarray(cv2.cvtColor(reference.colour, cv2.COLOR_RGB2GRAY), np.uint8)
    found = proving.compare(grey, picture.grey, matrix, reference.held(*grey.shape))
    close = CLOSE[0] <= found.share <= CLOSE[1] or found.blocks < FEW_BLOCKS or reference.plain
    if close and found.share >= 0.15 and (kept := archived.picture(reference.name)) is not None:
        closer = _closer(kept, reference, picture, found)
        # A blurred copy agrees broadly and not in fine detail; pages of text agree broadly without being one.
        if closer.share > found.share or reference.plain or found.blocks < FEW_BLOCKS:
            found = closer
    return Judged(_decision(reference, found), found)


def _closer(archived: Picture, reference: Reference, picture: Picture, first: proving.Agreement) -> proving.Agreement:
    """The comparison anew, over the shown part of the archived picture alone."""
    part = geometry.shown_part(first.matrix)
    if not len(part):
        return first
    (left, top), (right, bottom) = part.min(axis=0), part.max(axis=0)
    if min(right - left, bottom - top) < 0.05:
        return first
    region = resized(archived.part(left, top, right, bottom).grey, CLOSER)
    box = geometry.boxed(left, top, right, bottom)
    held = reference.held(archived.height, archived.width)
    if held is not None:
        rows = slice(round(top * archived.height), round(bottom * archived.height))
        columns = slice(round(left * archived.width), round(right * archived.width))
        size = (region.shape[1], region.shape[0])
        held = cv2.resize(held[rows, columns].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    found = proving.compare(region, picture.grey, first.matrix @ box, held)
    if not found.blocks:
        return first
    return first._replace(
        share=found.share,
        elsewhere=found.elsewhere,
        blocks=found.blocks,
        corners=found.corners,
        cornered=found.cornered,
        closeness=found.closeness,
        matrix=found.matrix @ geometry.inverse(box),
    )


def _decision(reference: Reference, found: proving.Agreement) -> str | None:
    """What the comparison proves: ``proved``, ``suspected`` or nothing."""
    if not geometry.is_sane(found.matrix) or found.blocks < LEAST_BLOCKS:
        return None
    shown = geometry.area(geometry.shown_part(found.matrix))
    filled = geometry.area(geometry.clipped(geometry.moved(found.matrix, geometry.UNIT)))
    if max(shown, filled) < COVERED:
        return None
    least = PROVED_PLAIN if reference.plain else PROVED
    once = found.elsewhere <= ONCE * found.share
    if found.share >= least and found.closeness >= CLOSENESS and once and not reference.pattern:
        sure = found.share >= SURE or _is_gathered(found)
        return "proved" if sure and _extent(found) >= COVERED else "suspected"
    if found.share >= (0.6 if reference.plain or reference.pattern else SUSPECTED) and once:
        return "suspected"
    return None


def _is_gathered(found: proving.Agreement) -> bool:
    """Whether what agrees is one part of the picture, and all of that part."""
    inside, held = proving.gathered(found.alike)
    return inside >= GATHERED[0] and held >= GATHERED[1]


def _extent(found: proving.Agreement) -> float:
    """The share of the reference or the query over which what agrees extends, a twentieth left out on each side: one
    sign on two pictures without other detail agrees wholly, and proves nothing."""
    rows, columns = np.nonzero(np.nan_to_num(found.alike) >= proving.AGREES)
    if not len(rows):
        return 0.0
    tall, wide = found.alike.shape
    (top, bottom), (left, right) = (np.quantile(each, (0.05, 0.95)) for each in (rows, columns))
    box = geometry.boxed(left / wide, top / tall, (right + 1) / wide, (bottom + 1) / tall)
    inside = geometry.clipped(geometry.moved(found.matrix @ box, geometry.UNIT))
    return max(geometry.area(geometry.moved(box, geometry.UNIT)), geometry.area(inside))
