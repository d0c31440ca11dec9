"""Whether a reference's pixels are in a query where the fit says: block by block, and nowhere else as well.

Inliers alone prove logos, and cosines prove pages of text. So the query is laid over the reference; in each block with
detail the two must rise and fall together, whatever was done to their colours. A pattern agrees with itself at other
places too: where the query, shifted, agrees nearly as well, nothing is proved.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies import geometry
from orbweaver.detect.copies.geometry import Matrix
from orbweaver.detect.copies.picture import Pixels

BLOCK = 8
"""Pixels of a block's side, in the reference's thumbnail."""
DETAIL = 1.6
"""Grey levels of standard deviation from which a block has something to compare."""
MANY = 60
"""Blocks with detail from which a finer fit may be in perspective."""
BOTH_WAYS = 0.3
"""Mean square of a block's least gradient, grey levels a pixel, from which it has detail in both directions."""
AGREES = 0.6
"""Correlation from which a block agrees."""
OTHERS = 3.0
"""Agreeing blocks that outweigh one that differs, in the rectangle that is looked for."""
BOX = (0.03, 0.3)
"""Shares of what is seen that a rectangle of one colour hides."""
FILLS = 0.9
"""Share of its rectangle that one colour fills."""
SAME_LEVEL = 4.0
"""Grey levels about the middle one that are one colour, as saved."""
SMOOTH = 2.0
"""Mean square about the mean, in nine pixels, of what is of one colour."""
LEVELS = 25.0
"""Grey levels between what a block without detail should have and what it has, from which something else is there."""
LEAST_TONED = 4
"""Agreeing blocks from which the change of tones is told."""
SHIFTS = ((11, 0), (0, 11), (-11, 5), (7, 13), (17, 0), (0, 17))
"""Pixels across and down by which the query is moved to see whether it agrees there as well."""

Plane = npt.NDArray[np.float32]


class Agreement(NamedTuple):
    """What comparing the pixels gave."""

    share: float
    """Of the blocks with detail, those that agree."""
    elsewhere: float
    """The same for the best of some wrong places."""
    blocks: int
    """Blocks with detail."""
    corners: int
    """Blocks that agree and have detail in both directions: edges alone can be laid over one another by chance."""
    cornered: float
    """The share that agrees of all blocks with detail in both directions."""
    closeness: float
    """The median correlation of those that agree: of one picture near 1, of two alike by chance just above the bar."""
    alike: Plane
    """float32[rows, columns]: the correlation of each block, NaN where it is not compared."""
    told: Plane
    """The same of the closer look, where there was one."""
    warped: Plane
    """float32[height, width]: the query as it lies over the reference."""
    seen: npt.NDArray[np.bool_]
    """bool[height, width]: where the query shows anything."""
    matrix: Matrix
    """The fit, made finer where that helped."""


NOTHING = Agreement(
    0.0,
    0.0,
    0,
    0,
    0.0,
    0.0,
    np.zeros((0, 0), np.float32),
    np.zeros((0, 0), np.float32),
    np.zeros((0, 0), np.float32),
    np.zeros((0, 0), np.bool_),
    np.eye(3),
)


def compare(reference: Pixels, query: Pixels, matrix: Matrix, held: npt.NDArray[np.bool_] | None = None) -> Agreement:
    """Compare grey planes; ``matrix`` takes shares of the reference to shares of the query.

    ``held`` (bool, as large as the reference) leaves out what the reference is not held for.
    """
    first = _compare(reference, query, matrix, held)
    if first.blocks and 0.15 <= first.share < 0.9:
        finer = _finer(reference, query, first)
        if finer is not None:
            second = _compare(reference, query, finer, held)
            if second.share > first.share:
                return second
    return first


def gathered(alike: Plane) -> tuple[float, float]:
    """The share that agrees in the rectangle of blocks that holds the most agreeing ones and the fewest others, and the
    share of all agreeing blocks that it holds.

    A cell of a collage that was cropped to fill it agrees in one rectangle, wholly; another picture of the same room
    agrees wherever nothing moved.
    """
    agrees, differs = alike >= AGREES, alike < AGREES
    weights = agrees.astype(np.float64) - OTHERS * differs
    sums = np.zeros((weights.shape[0] + 1, weights.shape[1]))
    np.cumsum(weights, axis=0, out=sums[1:])
    most, best = 0.0, (0, 0, 0, 0)
    for top in range(weights.shape[0]):
        for bottom in range(top + 1, weights.shape[0] + 1):
            total = np.r_[0.0, np.cumsum(sums[bottom] - sums[top])]
            lowest = np.minimum.accumulate(total)
            right = int(np.argmax(total - lowest))
            if total[right] - lowest[right] > most:
                most = float(total[right] - lowest[right])
                best = (top, bottom, int(np.argmin(total[: right + 1])), right)
    top, bottom, left, right = best
    inside = int(agrees[top:bottom, left:right].sum())
    compared = inside + int(differs[top:bottom, left:right].sum())
    return inside / max(1, compared), inside / max(1, int(agrees.sum()))


def beside_box(found: Agreement) -> float | None:
    """The share of blocks that agrees beside a rectangle of one colour in the query; None where there is none.

    What a box hides says nothing for the reference and nothing against it.
    """
    box = _box(found.warped, found.seen)
    if box is None:
        return None
    left, top, wide, tall = box
    beside = np.ones(found.alike.shape, np.bool_)
    rows = slice(max(0, top - 2) // BLOCK, (top + tall + 2) // BLOCK + 1)
    beside[rows, max(0, left - 2) // BLOCK : (left + wide + 2) // BLOCK + 1] = False
    compared = found.alike[beside & ~np.isnan(found.alike)]
    return float((compared >= AGREES).mean()) if len(compared) else None


def _box(plane: Plane, seen: npt.NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Left, top, width and height of the largest rectangle of one colour, if there is one."""
    mean = cv2.blur(plane, (3, 3))
    smooth = (cv2.blur(plane * plane, (3, 3)) - mean * mean < SMOOTH) & seen
    found: list[tuple[int, int, int, int]] = []
    for spot in _largest(smooth, 3):
        for level in _largest(spot & (abs(plane - np.median(plane[spot])) < SAME_LEVEL), 1):
            broad = cv2.morphologyEx(level.astype(np.uint8), cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))  # no tails
            left, top, wide, tall = cv2.boundingRect(broad)
            share = wide * tall / int(seen.sum())
            if int(broad.sum()) >= FILLS * wide * tall and BOX[0] <= share <= BOX[1]:
                found.append((left, top, wide, tall))
    return max(found, key=lambda each: each[2] * each[3], default=None)


def _largest(mask: npt.NDArray[np.bool_], most: int) -> list[npt.NDArray[np.bool_]]:
    """The largest connected parts of a mask, at most so many."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    order = np.argsort(-figures[1:, cv2.CC_STAT_AREA], kind="stable")[:most] + 1
    return [labels == number for number in order]


def against(reference: Pixels, found: Agreement) -> float:
    """The share of what both show in which they contradict one another: detail of either that the other has not, or,
    where neither has any, another brightness than the change of tones gives it.

    What is broad proves nothing when it agrees, but a sign that two skies share leaves the skies apart.
    """
    seen, ground = found.seen, reference.astype(np.float32)
    whole = _blocks(seen.astype(np.float32)) > 0.95
    if not whole.any():
        return 0.0
    compared = whole & ~np.isnan(found.alike)
    agrees = compared & (np.nan_to_num(found.alike) >= AGREES)
    one, other = (_deviations(_without_slopes(plane, seen)) for plane in (ground, found.warped))
    few = int(agrees.sum()) < LEAST_TONED
    gain = 1.0 if few else max(0.3, float(np.median(other[agrees] / np.maximum(one[agrees], 0.5))))
    before, now = _blocks(ground), _blocks(found.warped)
    toned = whole if few else agrees
    slope, shift = _tones(before[toned], now[toned])
    plain = whole & ~compared
    differs = (compared & ~agrees) | (plain & (other > 2 * DETAIL * gain))
    differs |= plain & (abs(now - shift - slope * before) > LEVELS)
    return float(differs.sum()) / float(whole.sum())


def _tones(before: Plane, now: Plane) -> tuple[float, float]:
    """The line that most levels follow from the one picture to the other."""
    slope, shift = 1.0, float(np.median(now - before))
    for kept in (1.0, 0.8):
        away = abs(now - shift - slope * before)
        near = away <= np.quantile(away, kept)
        if float(before[near].std()) < 3:
            break
        slope = float(np.clip(np.polyfit(before[near], now[near], 1)[0], 0.3, 2))
        shift = float(np.median(now - slope * before))
    return slope, shift


def _compare(reference: Pixels, query: Pixels, matrix: Matrix, held: npt.NDArray[np.bool_] | None) -> Agreement:
    laid = lay_over(reference, query, matrix)
    if laid is None:
        return NOTHING
    ground, warped, seen = laid
    if held is not None:
        seen = seen & held
    one, other = _without_slopes(ground, seen), _without_slopes(warped, seen)
    alike, detailed = _correlations(one, other, seen)
    count = int(detailed.sum())
    if not count:
        return NOTHING
    agreeing = alike[detailed][alike[detailed] >= AGREES]
    share = len(agreeing) / count
    closeness = float(np.median(agreeing)) if len(agreeing) else 0.0
    rich = detailed & (_both_ways(one) >= BOTH_WAYS)
    corners = int((alike[rich] >= AGREES).sum())
    cornered = corners / max(1, int(rich.sum()))
    elsewhere = max(_shifted_share(one, other, seen, shift) for shift in SHIFTS)
    alike = np.where(detailed, alike, np.nan)
    return Agreement(share, elsewhere, count, corners, cornered, closeness, alike, alike, warped, seen, matrix)


def lay_over(reference: Pixels, query: Pixels, matrix: Matrix) -> tuple[Plane, Plane, npt.NDArray[np.bool_]] | None:
    """The reference, the query over it, and where there is any; both as sharp as the less sharp of the two."""
    height, width = reference.shape[:2]
    tall, wide = query.shape[:2]
    shares = geometry.moved(matrix, geometry.UNIT)
    if not np.isfinite(shares).all():
        return None
    scale = float(np.sqrt(geometry.area(shares) * tall * wide / (height * width)))
    if scale < 0.1:
        return None
    if scale > 1.25:
        size = (max(8, round(wide / scale)), max(8, round(tall / scale)))
        query = np.asarray(cv2.resize(query, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        tall, wide = query.shape[:2]
    pixels = geometry.centred(wide, tall) @ matrix @ geometry.inverse(geometry.centred(width, height))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(query.astype(np.float32), pixels, (width, height), flags=flags)
    inside = cv2.warpPerspective(np.ones((tall, wide), np.float32), pixels, (width, height), flags=flags)
    ground = reference.astype(np.float32)
    if scale < 0.8:
        ground = cv2.GaussianBlur(ground, (0, 0), 0.5 / scale)
    soft = cv2.GaussianBlur(np.stack([ground, warped], axis=-1), (0, 0), 0.8)
    return soft[..., 0], soft[..., 1], inside > 0.99


def _without_slopes(plane: Plane, seen: npt.NDArray[np.bool_]) -> Plane:
    """The plane less what is broad: slopes of light agree by chance. What is not seen is not mixed in."""
    weight = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), BLOCK * 0.6)
    broad = cv2.GaussianBlur(plane * seen, (0, 0), BLOCK * 0.6) / np.maximum(weight, 1e-3)
    return np.asarray((plane - broad) * seen, dtype=np.float32)


def _blocks(plane: Plane) -> Plane:
    """The mean of each block."""
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    if not rows or not columns:
        return np.zeros((rows, columns), np.float32)
    # A tenth of the time of NumPy's mean: of each comparison there are some fifty.
    means = cv2.resize(plane[: rows * BLOCK, : columns * BLOCK], (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(means, dtype=np.float32)


def _deviations(plane: Plane) -> Plane:
    """The standard deviation of each block."""
    return np.asarray(np.sqrt(np.maximum(_blocks(plane * plane) - _blocks(plane) ** 2, 0)), np.float32)


def _correlations(one: Plane, other: Plane, seen: npt.NDArray[np.bool_]) -> tuple[Plane, npt.NDArray[np.bool_]]:
    """The correlation in each block, and which blocks have detail in the reference and are wholly seen."""
    whole = _blocks(seen.astype(np.float32)) > 0.95
    mean_one, mean_other = _blocks(one), _blocks(other)
    power_one = np.maximum(_blocks(one * one) - mean_one**2, 0)
    power_other = np.maximum(_blocks(other * other) - mean_other**2, 0)
    product = _blocks(one * other) - mean_one * mean_other
    alike = product / np.sqrt(np.maximum(power_one * power_other, 0.05))
    return alike, whole & (power_one >= DETAIL**2)


def _both_ways(plane: Plane) -> Plane:
    """Of each block, the mean square of the gradient in the direction in which it is least."""
    across, down = (cv2.Sobel(plane, cv2.CV_32F, *order, scale=0.125) for order in ((1, 0), (0, 1)))
    xx, yy, xy = _blocks(across * across), _blocks(down * down), _blocks(across * down)
    return np.asarray((xx + yy) / 2 - np.sqrt(((xx - yy) / 2) ** 2 + xy**2), dtype=np.float32)


def _shifted_share(one: Plane, other: Plane, seen: npt.NDArray[np.bool_], shift: tuple[int, int]) -> float:
    """The share of blocks that agree when the query is moved by so many pixels."""
    across, down = shift
    if abs(across) >= one.shape[1] // 2 or abs(down) >= one.shape[0] // 2:
        return 0.0
    moved = np.roll(other, (down, across), axis=(0, 1))
    both = seen & np.roll(seen, (down, across), axis=(0, 1))
    alike, detailed = _correlations(one, moved, both)
    count = int(detailed.sum())
    return float((alike[detailed] >= AGREES).sum()) / count if count else 0.0


def _finer(reference: Pixels, query: Pixels, first: Agreement) -> Matrix | None:
    """The fit moved so that the pixels agree best; None where no better one is found."""
    height, width = reference.shape[:2]
    whole = first.blocks >= MANY
    start = np.eye(3, dtype=np.float32) if whole else np.eye(3, dtype=np.float32)[:2]
    kind = cv2.MOTION_HOMOGRAPHY if whole else cv2.MOTION_AFFINE
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-4)
    try:
        _, small = cv2.findTransformECC(
            reference.astype(np.float32),
            first.warped,
            start,
            kind,
            stop,
            first.seen.astype(np.uint8),
            3,
        )
    except cv2.error:  # it does not converge: the two are not alike
        return None
    pixels = small.astype(np.float64) if whole else np.vstack([small.astype(np.float64), [0, 0, 1.0]])
    shares = geometry.inverse(geometry.centred(width, height)) @ pixels @ geometry.centred(width, height)
    finer = first.matrix @ shares
    finer = finer / finer[2, 2]
    return finer if geometry.is_sane(finer) else None
