"""Binary local points of a picture, spread evenly over its area and over sizes.

Ranked by strength alone, texts and logos would take them all. Corners (``corners.py``) are described by TEBLID's 256
bits (OpenCV), which are turned with the corner.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies.corners import DIAMETER, FACTOR, LEVELS, Found, found_in, pyramid_of, turns_of
from orbweaver.detect.copies.picture import Picture, Pixels

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
        positions = self.positions.astype(np.float32) / np.float32(65535)
        return Points(positions, SIZES_KEPT[self.poses[:, 1]], self.poses[:, 0] * np.float32(360 / 256), self.bits)


SMALLEST_KEPT = 0.005
SIZES_KEPT = (SMALLEST_KEPT * 2.0 ** (np.arange(256) / 12.0)).astype(np.float32)


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
def _describer() -> Any:
    cv2.setNumThreads(1)
    library: Any = cv2
    return library.xfeatures2d.TEBLID_create(1.0, library.xfeatures2d.TEBLID_SIZE_256_BITS)


class Corners(NamedTuple):
    """The corners that were chosen in a picture; described as they are, or as its mirrored self has them."""

    grey: Pixels
    """uint8[height, width]: the picture at the size at which they were found."""
    places: npt.NDArray[np.float32]
    """float32[n, 2]: pixels across and down."""
    sizes: npt.NDArray[np.float32]
    """float32[n]: pixels."""
    turns: npt.NDArray[np.float32]
    """float32[n]: degrees, clockwise, 0 to 360."""

    def points(self) -> Points:
        """Described as they are."""
        return _described(self)

    def mirrored(self) -> Points:
        """As points of the picture mirrored left to right."""
        places = self.places.copy()
        places[:, 0] = self.grey.shape[1] - 1 - places[:, 0]
        flipped = np.asarray(cv2.flip(self.grey, 1), np.uint8)
        return _described(Corners(flipped, places, self.sizes, (540 - self.turns) % 360))


def points_of(picture: Picture, count: int, decay: float, longest: int) -> Points:
    """The points of a picture; see ``corners_of``."""
    return corners_of(picture, count, decay, longest).points()


def corners_of(picture: Picture, count: int, decay: float, longest: int) -> Corners:
    """At most ``count`` corners; each size has ``decay`` times as many as the next larger picture.

    The picture is brought to ``longest`` pixels first.
    """
    grey = picture.grey_at(longest)
    pyramid = pyramid_of(grey) if min(grey.shape) >= LEAST else []
    found = found_in(pyramid)
    scales = (FACTOR**found.levels).astype(np.float32)
    places = np.stack([found.across, found.down], axis=1).astype(np.float32) * scales[:, None]
    across, down = (places * (GRID / np.array(grey.shape[::-1]))).astype(np.int64).T
    chosen = _spread(across + GRID * down, found, count, decay)
    turns = turns_of(pyramid, Found(*(column[chosen] for column in found)))
    return Corners(grey, places[chosen], np.float32(DIAMETER) * scales[chosen], turns)


def _described(corners: Corners) -> Points:
    if not len(corners.places):
        return NONE
    height, width = corners.grey.shape
    columns = (corners.places[:, 0], corners.places[:, 1], corners.sizes, corners.turns)
    key_points = tuple(map(cv2.KeyPoint, *(column.tolist() for column in columns)))
    _, bits = _describer().compute(corners.grey, key_points)
    positions = (corners.places / np.array([width, height], np.float32)).astype(np.float32, copy=False)
    return Points(positions, corners.sizes / np.float32(max(height, width)), corners.turns, bits)


def _spread(cells: npt.NDArray[np.int64], found: Found, count: int, decay: float) -> npt.NDArray[np.int64]:
    """Which corners: at each size the strongest of each cell in turn, so many as are due there; then the strongest
    of the next ones, where some sizes have too few."""
    due = decay ** np.arange(LEVELS)
    due = np.maximum(1, np.round(due / due.sum() * count)).astype(np.int64)
    levels, weakness = found.levels, 255 - found.strengths
    groups = levels * GRID**2 + cells
    order = _sorted(groups << 8 | weakness)
    order = order[_sorted(levels[order] << 32 | _ranks(groups[order]) << 8 | weakness[order])]
    rank = _ranks(levels[order])
    now = rank < due[levels[order]]
    chosen: npt.NDArray[np.int64] = order[now]
    if len(chosen) < count:
        spare = order[~now & (rank < 2 * due[levels[order]])]
        chosen = np.concatenate([chosen, spare[_sorted(weakness[spare])][: count - len(chosen)]])
    return chosen[:count]


def _sorted(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The order of the keys, those that are the same as they come; a sort of numbers that hold their places takes a
    tenth of the time. Keys are below 2^43."""
    return np.sort(keys << 20 | np.arange(len(keys))) & (1 << 20) - 1


def _ranks(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of each the how-manieth of its group it is; those of a group lie together."""
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    return np.arange(len(groups)) - np.repeat(first, np.diff(np.r_[first, len(groups)]))
