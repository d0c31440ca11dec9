"""How a picture lies in the one that holds it, turned and mirrored or not. Plain numbers."""

from __future__ import annotations

from orbweaver.fingerprints.pdq_hash import TURNS
from orbweaver.fingerprints.result import Region

Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Corners in shares of width and height, clockwise from the top left of the picture that is known."""
WHOLE: Quad = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def corners_of(region: Region, turn: int) -> Quad:
    """Where the corners of a known picture lie, whose hash the ``turn``-th one of this region is near."""
    first, second, third, fourth = (_placed(corner, region, turn) for corner in WHOLE)
    return first, second, third, fourth


def is_mirrored(turn: int) -> bool:
    """Whether this one of the eight shows the picture mirrored, turned or not."""
    return bool(TURNS[turn].sum() % 2)


def _placed(corner: tuple[float, float], region: Region, turn: int) -> tuple[float, float]:
    transposed, down, across = (bool(value) for value in TURNS[turn])
    x, y = corner
    x, y = (1 - x if across else x), (1 - y if down else y)
    if transposed:
        x, y = y, x
    left, top, right, bottom = region
    return round(left + x * (right - left), 4), round(top + y * (bottom - top), 4)
