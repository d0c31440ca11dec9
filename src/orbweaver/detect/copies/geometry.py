"""Quads and homographies in shares of width and height. Pure."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
"""float64[3, 3]: a homography."""
Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Corners in shares of width and height, clockwise from the top left of the reference as it is held."""

UNIT = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def inverse(matrix: Matrix) -> Matrix:
    """The homography the other way round; ``LinAlgError`` for one that loses a dimension."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def moved(matrix: Matrix, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """float64[n, 2]: the points where the homography puts them."""
    lifted = np.c_[points, np.ones(len(points))] @ matrix.T
    return np.asarray(lifted[:, :2] / lifted[:, 2:])


def scaling(width: float, height: float) -> Matrix:
    """Shares to pixels of a picture of this size."""
    return np.diag([width, height, 1.0])


def centred(width: int, height: int) -> Matrix:
    """Shares to pixels whose centres are whole numbers."""
    return np.array([[width, 0, -0.5], [0, height, -0.5], [0, 0, 1.0]])


def boxed(left: float, top: float, right: float, bottom: float) -> Matrix:
    """From shares of a rectangle to shares of the picture that it lies in."""
    return np.array([[right - left, 0, left], [0, bottom - top, top], [0, 0, 1.0]])


def clipped(polygon: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The convex polygon's part inside the unit square; empty where there is none."""
    for axis, limit, sign in ((0, 0.0, 1), (0, 1.0, -1), (1, 0.0, 1), (1, 1.0, -1)):
        kept: list[npt.NDArray[np.float64]] = []
        for one, other in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            a, b = sign * (one[axis] - limit), sign * (other[axis] - limit)
            if a >= 0:
                kept.append(one)
            if (a >= 0) != (b >= 0):
                kept.append(one + (other - one) * a / (a - b))
        polygon = np.array(kept).reshape(-1, 2)
        if len(polygon) < 3:
            return np.zeros((0, 2))
    return polygon


def area(polygon: npt.NDArray[np.float64]) -> float:
    """The area of a polygon, 0 for fewer than three corners."""
    if len(polygon) < 3:
        return 0.0
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def shown_part(matrix: Matrix) -> npt.NDArray[np.float64]:
    """The part of the reference that the query shows, in shares of the reference; ``matrix`` is reference to query."""
    if not is_sane(matrix):
        return np.zeros((0, 2))
    return clipped(moved(inverse(matrix), UNIT))


def as_quad(points: npt.NDArray[np.float64]) -> Quad:
    """Four corners as plain numbers; none is -0.0."""
    a, b, c, d = ((round(float(x), 4) + 0.0, round(float(y), 4) + 0.0) for x, y in points)
    return a, b, c, d


def regions(matrix: Matrix) -> tuple[Quad, Quad]:
    """Where the shown part lies in the query and in the reference.

    The part of the reference is the upright rectangle about what is seen of it; its corners are followed into the
    query.
    """
    part = shown_part(matrix)
    if not len(part):
        return as_quad(UNIT), as_quad(UNIT)
    (left, top), (right, bottom) = part.min(axis=0), part.max(axis=0)
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    return as_quad(np.clip(moved(matrix, corners), 0.0, 1.0)), as_quad(corners)


def is_sane(matrix: Matrix) -> bool:
    """Whether a homography keeps the unit square a convex quad of some size, seen from no sharper an angle than a
    photograph of a screen is taken from."""
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-9:
        return False
    depths = np.c_[UNIT, np.ones(4)] @ matrix[2]
    if depths.min() <= 0 or depths.max() / depths.min() > 2.5:
        return False
    quad = moved(matrix, UNIT)
    ahead = np.roll(quad, -1, axis=0) - quad
    after = np.roll(ahead, -1, axis=0)
    turns = ahead[:, 0] * after[:, 1] - ahead[:, 1] * after[:, 0]
    return bool((turns > 0).all() or (turns < 0).all()) and area(quad) > 1e-3


def least_squares(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> Matrix:
    """The affine map of least squares; three points or more."""
    lifted = np.c_[source, np.ones(len(source))]
    solved, *_ = np.linalg.lstsq(lifted, target, rcond=None)
    return np.vstack([solved.T, [0, 0, 1.0]])


def robust(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64], error: float) -> Matrix | None:
    """A homography by MAGSAC, or None; ``error`` is in the units of ``target``."""
    if len(source) < 8:
        return None
    cv2.setRNGSeed(0)
    found, _ = cv2.findHomography(source, target, cv2.USAC_MAGSAC, error, maxIters=500, confidence=0.99)
    return None if found is None else np.asarray(found / found[2, 2] if found[2, 2] else found, dtype=np.float64)
