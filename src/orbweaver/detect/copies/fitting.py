"""How a reference lies in a query: pairs of points, and the homography that they agree on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies import geometry, kernels
from orbweaver.detect.copies.geometry import Matrix
from orbweaver.detect.copies.points import Points
from orbweaver.detect.copies.proposing import as_columns, as_words

FARTHEST = 84
"""Bits by which the points of a pair differ at most."""
RATIO = 0.9
"""A pair's distance to that of the next best, at most: a point that is like many pairs with none."""
TRIED = 120
"""Pairs, nearest first, from which a fit is tried."""
LEAST = 5
"""Pairs that agree, below which there is no fit."""
TOLERANCE = 0.012
"""Share of the query's longer side by which a pair may miss."""


class Size(NamedTuple):
    """Pixels of a picture, of any scale: positions are compared in its proportions."""

    width: float
    height: float

    @property
    def longer(self) -> float:
        """The longer side."""
        return max(self.width, self.height)


class Fit(NamedTuple):
    """A homography from shares of the reference to shares of the query, and the pairs that agree with it."""

    matrix: Matrix
    inliers: int
    density: float
    """Inliers to the points of the reference or of the query that lie where both are, whichever are fewer. Structures
    that repeat give some inliers, but a copy has its points everywhere."""


def pairs(query: Points, reference: Points) -> npt.NDArray[np.int64]:
    """int64[n, 2]: numbers in query and reference, nearest first; each reference's point once."""
    found = np.empty(len(reference.bits), np.int64)
    bits, columns = as_words(query.bits), as_columns(as_words(reference.bits))
    found = np.sort(found[: kernels.pair_up(bits, columns, FARTHEST, RATIO, found)])
    return np.stack([found >> 16 & 0xFFFF, found & 0xFFFF], axis=1)


def fit(query: Points, query_size: Size, reference: Points, reference_size: Size) -> Fit | None:
    """The homography that most pairs agree on; None where fewer than ``LEAST`` do."""
    if len(query.bits) < LEAST or len(reference.bits) < LEAST:
        return None
    paired = pairs(query, reference)
    if len(paired) < LEAST:
        return None
    in_query, in_reference = paired[:, 0], paired[:, 1]
    source = reference.positions[in_reference].astype(np.float64) * [reference_size.width, reference_size.height]
    target = query.positions[in_query].astype(np.float64) * [query_size.width, query_size.height]
    turn = np.radians((query.angles[in_query] - reference.angles[in_reference]).astype(np.float64))
    sizes = query.sizes[in_query] * query_size.longer / (reference.sizes[in_reference] * reference_size.longer)
    tolerance = TOLERANCE * query_size.longer
    order = np.arange(min(TRIED, len(paired)))
    best, most = kernels.one_point_fit(source, target, turn, sizes.astype(np.float64), tolerance, order)
    if most < LEAST:
        return None
    rough = _about(source[best], target[best], turn[best], float(sizes[best]))
    matrix, inliers = _refined(source, target, rough, tolerance)
    if inliers < LEAST:
        return None
    to_shares = geometry.inverse(geometry.scaling(query_size.width, query_size.height))
    shares = to_shares @ matrix @ geometry.scaling(reference_size.width, reference_size.height)
    shares = shares / shares[2, 2]
    if not geometry.is_sane(shares):
        return None
    there = min(_in_unit(shares, reference.positions), _in_unit(geometry.inverse(shares), query.positions))
    return Fit(shares, inliers, inliers / max(there, 1))


def _in_unit(matrix: Matrix, positions: npt.NDArray[np.float32]) -> int:
    """How many of the positions lie in the other picture."""
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = geometry.moved(matrix, positions.astype(np.float64))
    return int(((moved >= 0) & (moved <= 1)).all(axis=1).sum())


def _about(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64], turn: float, scale: float) -> Matrix:
    """The turn and scale about one pair."""
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = target - linear @ source
    return matrix


def _refined(
    source: npt.NDArray[np.float64], target: npt.NDArray[np.float64], rough: Matrix, tolerance: float
) -> tuple[Matrix, int]:
    """The affine map of those that agree, and a homography where it explains clearly more."""
    matrix = rough
    inside = _misses(matrix, source, target) <= tolerance + 0.12 * _away(source, target, rough)
    for slack in (3.0, 1.5, 1.0, 1.0):
        if int(inside.sum()) < LEAST or np.linalg.matrix_rank(np.c_[source[inside], np.ones(int(inside.sum()))]) < 3:
            break
        candidate = geometry.least_squares(source[inside], target[inside])
        again = _misses(candidate, source, target) <= slack * tolerance
        if int(again.sum()) < LEAST:
            break
        matrix, inside = candidate, again
    inliers = int((_misses(matrix, source, target) <= tolerance).sum())
    near = _misses(matrix, source, target) <= 6 * tolerance
    warped = geometry.robust(source[near], target[near], tolerance / 2)
    if warped is not None:
        more = int((_misses(warped, source, target) <= tolerance).sum())
        if more >= 12 and more > 1.05 * inliers:
            return warped, more
    return matrix, inliers


def _misses(
    matrix: Matrix, source: npt.NDArray[np.float64], target: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        away = geometry.moved(matrix, source) - target
    return np.asarray(np.nan_to_num(np.hypot(away[:, 0], away[:, 1]), nan=np.inf))


def _away(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64], rough: Matrix) -> npt.NDArray[np.float64]:
    """How far each target is from that of the pair that the rough map is about (the one that it meets best)."""
    at = int(np.argmin(_misses(rough, source, target)))
    return np.asarray(np.hypot(*(target - target[at]).T))
