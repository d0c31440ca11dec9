"""What comparing the pixels of two pictures proves, by how they are laid over one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from orbweaver.detect.copies import geometry, proving
from orbweaver.detect.copies.geometry import Matrix
from orbweaver.detect.copies.picture import Picture, Pixels, resized
from orbweaver.detect.copies.references import Reference

COVERED = 0.2
"""Share of the query or the reference that a proof covers at least."""
FRAMED = 0.5
"""Share of the query or the reference that both show, at least, where something is proved. A crop fills the query, what
is pasted shows the reference; a part of the one in a part of the other is a sign that both have. Measured: 0.71 and
more of 868 copies, 0.2 to 0.41 of three in five pictures with one sign."""
AGAINST, AGAINST_PART = 0.5, 1 / 3
"""Share of what both show that contradicts, at most; less where it is a part of both. Measured: up to 0.45 of copies,
0.7 and more of other pictures with one sign that lie over one another."""
BESIDE = 2
"""Agreeing blocks beside one that agrees, without which it may do so by chance."""
PROVED = 0.5
"""Share of the blocks with detail that agree, from which it is the same picture: a box over a quarter and an emoji
leave more."""
SURE = 0.65
"""The same from which it does not matter which blocks agree. Measured: other pictures of one room, taken from the same
place or beside it, agree in 0.51-0.55; copies in less only as cells that were cropped to fill them."""
GATHERED = (0.9, 0.89)
"""Below that: the share that agrees in one rectangle, and the share of all agreeing blocks that lies there. Measured:
up to 0.42 of what agrees in archived pictures of things that are arranged alike."""
BESIDE_BOX = 0.75
"""Or the share that agrees beside a box. Measured: 0.84 to 0.98 of copies with a box over half of what can be seen."""
PROVED_PLAIN = 0.75
"""The same where most of the reference is of one colour: pages of one template agree in half of their blocks."""
CLOSENESS = 0.85
"""Median correlation of the blocks that agree. Measured: 0.9-1 of copies, 0.65-0.75 of drawings alike by chance."""
SUSPECTED, SUSPECTED_PLAIN = 0.4, 0.6
"""Share from which a person looks at it; where much of the reference is of one colour, or it is like itself
elsewhere."""
ONCE = 0.72
"""The share at a wrong place to that at the right one, at most: stripes agree everywhere."""
LEAST_BLOCKS = 12
CLOSE = (0.3, 0.95)
"""Shares between which the archived picture is asked for, if there is one. Measured: photographs of toys that are
arranged alike, with other letters on them, agree in 0.66 and 0.77 of the small picture's blocks, and in 0.50 and 0.58
of it."""
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
    decision = _decision(reference, grey, found)
    if close and found.share >= 0.15 and (kept := archived.picture(reference.name)) is not None:
        closer = _closer(kept, reference, picture, found)
        again = _decision(reference, grey, closer)
        # A blurred copy agrees broadly and not in fine detail, and so do things that are arranged alike: for a person.
        if again is None and decision is not None and not reference.plain and found.blocks >= FEW_BLOCKS:
            return Judged("suspected", found)
        return Judged(again, closer)
    return Judged(decision, found)


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
        told=found.told,
        matrix=found.matrix @ geometry.inverse(box),
    )


def _decision(reference: Reference, grey: Pixels, found: proving.Agreement) -> str | None:
    """What the comparison proves: ``proved``, ``suspected`` or nothing."""
    if not geometry.is_sane(found.matrix) or found.blocks < LEAST_BLOCKS or found.elsewhere > ONCE * found.share:
        return None
    if found.share < SUSPECTED or _extent(found) < COVERED:
        return None
    shown = geometry.area(geometry.shown_part(found.matrix))
    filled = geometry.area(geometry.clipped(geometry.moved(found.matrix, geometry.UNIT)))
    framed = max(shown, filled) >= FRAMED
    if proving.against(grey, found) > (AGAINST if framed else AGAINST_PART):
        return None
    least = PROVED_PLAIN if reference.plain else PROVED
    if found.share >= least and found.closeness >= CLOSENESS and not reference.pattern:
        return "proved" if framed and (found.share >= SURE or _is_explained(found)) else "suspected"
    return "suspected" if found.share >= SUSPECTED_PLAIN or not (reference.plain or reference.pattern) else None


def _is_explained(found: proving.Agreement) -> bool:
    """Whether there is a reason why so much differs: what agrees is one part of the picture and all of that part, or a
    box hides the rest."""
    inside, held = proving.gathered(found.told)
    beside = proving.beside_box(found)
    return (inside >= GATHERED[0] and held >= GATHERED[1]) or (beside is not None and beside >= BESIDE_BOX)


def _extent(found: proving.Agreement) -> float:
    """The share of the reference or the query over which what agrees extends, a twentieth left out on each side: one
    sign on two pictures without other detail agrees wholly, and proves nothing."""
    agrees = (np.nan_to_num(found.alike) >= proving.AGREES).astype(np.float32)
    if not agrees.size:
        return 0.0
    about = cv2.filter2D(agrees, -1, np.ones((3, 3), np.float32), borderType=cv2.BORDER_CONSTANT)
    rows, columns = np.nonzero(agrees * about > BESIDE)
    if not len(rows):
        return 0.0
    tall, wide = found.alike.shape
    (top, bottom), (left, right) = (np.quantile(each, (0.05, 0.95)) for each in (rows, columns))
    box = geometry.boxed(left / wide, top / tall, (right + 1) / wide, (bottom + 1) / tall)
    inside = geometry.clipped(geometry.moved(found.matrix @ box, geometry.UNIT))
    return max(geometry.area(geometry.moved(box, geometry.UNIT)), geometry.area(inside))
