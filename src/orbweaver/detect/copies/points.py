"""Binary local points of a picture, spread evenly over its area and over sizes.

Ranked by strength alone, texts and logos would take them all. FAST corners of ORB's pyramid (OpenCV), described by
TEBLID's 256 bits, which are turned with the corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies.picture import Picture, Pixels, resized

LEVELS = 9
FACTOR = 1.2
"""Sizes at which corners are looked for, and how much smaller each is: 4.3 times in all."""
CORNERS = 2800
"""Corners that are found, of which the points are chosen."""
EDGE = 18
"""Pixels at the edge without corners, at each size."""
CONTRAST = 3
"""Grey levels of FAST's threshold. Its usual 20 finds nothing in soft pictures."""
GRID = 10
"""Cells along each side among which points are spread."""
LEAST = 24
"""Pixels of a picture's shorter side, below which it has no points."""


class Points(NamedTuple):
    """Points of one picture, of a length each."""

    positions: npt.NDArray[np.float32]
    """float32[n, 2]: across and down, in shares of the width and height."""
    sizes: npt.NDArray[np.float32]
    """float32[n]: the size of what is described, in shares of the longer side."""
    angles: npt.NDArray[np.float32]
    """float32[n]: degrees, clockwise, 0 to 360."""
    bits: npt.NDArray[np.uint8]
    """uint8[n, 32]."""

    def moved(self, left: float, top: float, right: float, bottom: float, longer: float) -> Points:
        """The points of a part, as points of the whole; ``longer``: the part's longer side in shares of the whole's."""
        shares = np.array([right - left, bottom - top], np.float32)
        return self._replace(
            positions=self.positions * shares + np.array([left, top], np.float32), sizes=self.sizes * longer
        )


class Packed(NamedTuple):
    """Points as they are kept: 38 bytes each."""

    positions: npt.NDArray[np.uint16]
    poses: npt.NDArray[np.uint8]
    """uint8[n, 2]: the turn in 256ths, and the size by twelfths of a doubling from ``SMALLEST_KEPT`` on."""
    bits: npt.NDArray[np.uint8]

    def points(self) -> Points:
        """As they were, within a 256th of a turn and a 24th of a doubling."""
        sizes = SMALLEST_KEPT * 2.0 ** (self.poses[:, 1] / 12.0)
        positions = self.positions.astype(np.float32) / np.float32(65535)
        return Points(positions, sizes.astype(np.float32), self.poses[:, 0] * np.float32(360 / 256), self.bits)


SMALLEST_KEPT = 0.005


def packed(points: Points) -> Packed:
    """The points as they are kept."""
    positions = np.round(np.clip(points.positions, 0, 1) * 65535).astype(np.uint16)
    turns = np.round(points.angles * (256 / 360)).astype(np.int64) & 255
    sizes = np.clip(np.round(12 * np.log2(np.maximum(points.sizes, SMALLEST_KEPT) / SMALLEST_KEPT)), 0, 255)
    return Packed(positions, np.stack([turns, sizes.astype(np.int64)], axis=1).astype(np.uint8), points.bits)


NONE = Points(
    np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros((0, 32), np.uint8)
)


@cache
def _tools() -> tuple[Any, Any]:
    cv2.setNumThreads(1)
    library: Any = cv2
    blid = library.xfeatures2d
    finder = library.ORB_create(CORNERS, FACTOR, LEVELS, EDGE, 0, 2, cv2.ORB_FAST_SCORE, 31, CONTRAST)
    return finder, blid.TEBLID_create(1.0, blid.TEBLID_SIZE_256_BITS)


class Corners(NamedTuple):
    """The corners that were chosen in a picture; described as they are, or as its mirrored self has them."""

    grey: Pixels
    """uint8[height, width]: the picture at the size at which they were found."""
    chosen: tuple[Any, ...]
    """OpenCV's key points."""

    def points(self) -> Points:
        """Described as they are."""
        return _described(self.grey, self.chosen)

    def mirrored(self) -> Points:
        """As points of the picture mirrored left to right."""
        wide = self.grey.shape[1]
        flipped = [
            cv2.KeyPoint(wide - 1 - at.pt[0], at.pt[1], at.size, (540 - at.angle) % 360, at.response, at.octave)
            for at in self.chosen
        ]
        return _described(np.asarray(cv2.flip(self.grey, 1), np.uint8), flipped)


def points_of(picture: Picture, count: int, decay: float, longest: int) -> Points:
    """The points of a picture; see ``corners_of``."""
    return corners_of(picture, count, decay, longest).points()


def corners_of(picture: Picture, count: int, decay: float, longest: int) -> Corners:
    """At most ``count`` corners; each size has ``decay`` times as many as the next larger picture.

    The picture is brought to ``longest`` pixels first.
    """
    grey = resized(picture.grey, longest)
    height, width = grey.shape
    if min(height, width) < LEAST:
        return Corners(grey, ())
    finder, _ = _tools()
    corners = finder.detect(grey)
    if not corners:
        return Corners(grey, ())
    places = _places(corners)
    strengths = np.array([corner.response for corner in corners], np.float32)
    levels = np.array([corner.octave for corner in corners])
    cells = (places[:, 0] * GRID / width).astype(np.int64) + GRID * (places[:, 1] * GRID / height).astype(np.int64)
    return Corners(grey, tuple(corners[at] for at in _spread(cells, levels, strengths, count, decay)))


def _places(corners: Sequence[Any]) -> npt.NDArray[np.float32]:
    """float32[n, 2]: pixels across and down. Asked one by one in Python, thousands take longer than finding them."""
    return np.asarray(cv2.KeyPoint.convert(corners), np.float32).reshape(-1, 2)


def _described(grey: Pixels, corners: Sequence[Any]) -> Points:
    height, width = grey.shape
    if not corners:
        return NONE
    _, describer = _tools()
    kept, bits = describer.compute(grey, corners)
    if bits is None or not len(kept):
        return NONE
    positions = (_places(kept) / np.array([width, height], np.float32)).astype(np.float32)
    sizes = np.array([corner.size for corner in kept], np.float32) / np.float32(max(height, width))
    return Points(positions, sizes, np.array([corner.angle for corner in kept], np.float32), bits)


def _spread(
    cells: npt.NDArray[np.int64],
    levels: npt.NDArray[np.int64],
    strengths: npt.NDArray[np.float32],
    count: int,
    decay: float,
) -> list[int]:
    """Which corners: at each size the strongest of each cell in turn, so many as are due there; then the strongest
    of the next ones, where some sizes have too few."""
    due = decay ** np.arange(LEVELS)
    due = np.maximum(1, np.round(due / due.sum() * count)).astype(np.int64)
    order = np.lexsort((-strengths, cells, levels))
    groups = levels[order] * GRID**2 + cells[order]
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    order = order[np.lexsort((-strengths[order], rank, levels[order]))]
    begins = np.searchsorted(levels[order], np.arange(LEVELS))
    rank = np.arange(len(order)) - begins[levels[order]]
    now = rank < due[levels[order]]
    chosen = order[now]
    if len(chosen) < count:
        spare = order[~now & (rank < 2 * due[levels[order]])]
        chosen = np.r_[chosen, spare[np.argsort(-strengths[spare], kind="stable")][: count - len(chosen)]]
    return [int(at) for at in chosen[:count]]
