"""How a picture lies in the one that holds it, turned and mirrored or not. Plain numbers.

Nothing here loads NumPy or Numba: models and pages import it, and every command would wait for them.
"""

from __future__ import annotations

from orbweaver.fingerprints.result import Region

Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Corners in shares of width and height, clockwise from the top left of the picture that is known."""
WHOLE: Quad = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

TURNS = (
    # transposed, upside down, left to right (both after transposing); in the order of the reference's eight
    (False, False, False),  # as it is
    (True, True, False),  # turned by 90 degrees
    (False, True, True),  # by 180
    (True, False, True),  # by 270
    (False, True, False),  # mirrored top to bottom
    (False, False, True),  # mirrored left to right
    (True, False, False),  # mirrored along the diagonal
    (True, True, True),  # along the other diagonal
)


def corners_of(region: Region, turn: int) -> Quad:
    """Where the corners of a known picture lie, whose hash the ``turn``-th one of this region is near."""
    first, second, third, fourth = (_placed(corner, region, turn) for corner in WHOLE)
    return first, second, third, fourth


def is_mirrored(turn: int) -> bool:
    """Whether this one of the eight shows the picture mirrored, turned or not."""
    return bool(sum(TURNS[turn]) % 2)


def _placed(corner: tuple[float, float], region: Region, turn: int) -> tuple[float, float]:
    transposed, down, across = TURNS[turn]
    x, y = corner
    x, y = (1 - x if across else x), (1 - y if down else y)
    if transposed:
        x, y = y, x
    left, top, right, bottom = region
    return round(left + x * (right - left), 4), round(top + y * (bottom - top), 4)
