"""What was done to the original, told from how it lies in the copy and where their pixels differ."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies import geometry
from orbweaver.detect.copies.geometry import Matrix
from orbweaver.detect.copies.picture import Picture, Pixels
from orbweaver.detect.copies.proving import AGREES, BLOCK, Agreement

EDITS = (
    "resaved",
    "recoloured",
    "crop",
    "overlay",
    "text",
    "emoji",
    "box",
    "border",
    "caption",
    "turned",
    "mirrored",
    "page",
    "screen",
    "collage",
    "pasted",
)
"""All names."""
SEEN = 0.955
"""Share of the reference that is seen at least, if it is not cropped."""
FILLED = 0.965
"""Share of the query that it fills at least, if there is nothing about it."""
UPRIGHT = 2.5
"""Degrees up to which it is not turned."""
EVEN = 7
"""Grey levels about the commonest of a ground of one colour, as saved."""
THROUGH_ALL = 0.68
"""Correlation from which the original shines through all spots together. Measured: 0.68-0.99 of half-transparent signs,
-0.7 to 0.6 of text, three of eighteen more: thin strokes are mixed with what they lie on."""
CAMERA = 0.4
"""Grey levels by which a frame of one colour varies where a camera has taken it. Measured: 0.65 to 0.92, else 0.0."""
LEAST_CELLS = 3
ONE_SIZE = 0.08
"""Share of its width and height by which cells of one size differ at most."""
NEAR_SEAM, FAR_FROM_SEAM = 0.02, 0.12
"""Shares of the width beside a side: where a seam is looked for, and what it is compared with."""
LEAST_SEAM = 0.08
"""Share of the height that it goes on for at least."""
LEAST_REST, LEAST_REST_RECOLOURED = 11.0, 26.0
"""Grey levels from which a pixel is another; more where colours are changed, as bright and dark ones are cut off."""


_Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares."""


def edits_of(matrix: Matrix, found: Agreement, reference: Pixels, query: Picture) -> tuple[str, ...]:
    """The names of the edits, at least one; ``reference`` is its small picture in colour."""
    names: list[str] = []
    mirrored = is_mirrored(matrix)
    if mirrored:
        names.append("mirrored")
    perspective = _depth(matrix) > 0.05
    if _turn(matrix, mirrored, query, reference) > UPRIGHT and not perspective:
        names.append("turned")
    names += _about(matrix, query, perspective=perspective, turned="turned" in names)
    if geometry.area(geometry.shown_part(matrix)) < SEEN and "screen" not in names:
        names.append("crop")
    if "screen" not in names:  # a camera changes all colours and adds its noise
        names += _over(found, reference, query)
    return tuple(names) or ("resaved",)


def is_mirrored(matrix: Matrix) -> bool:
    """Whether the reference is seen from behind."""
    return bool(np.linalg.det(matrix) < 0)


def _depth(matrix: Matrix) -> float:
    """How much nearer one corner is than another, 0 for an affine map."""
    depths = np.c_[geometry.UNIT, np.ones(4)] @ matrix[2]
    return float(depths.max() / depths.min() - 1)


def _turn(matrix: Matrix, mirrored: bool, query: Picture, reference: Pixels) -> float:
    """Degrees by which the upper edge is turned, 0 to 180; of a mirrored picture, turned back first."""
    corners = geometry.moved(matrix, geometry.UNIT) * [query.width, query.height]
    along = corners[1] - corners[0]
    if mirrored:
        along = -along
    return float(abs(np.degrees(np.arctan2(along[1], along[0]))))


def _about(matrix: Matrix, query: Picture, *, perspective: bool, turned: bool) -> list[str]:
    """What is about the original: a border, a caption, a page, a collage, another picture, a screen's frame."""
    quad = geometry.clipped(geometry.moved(matrix, geometry.UNIT))
    filled = geometry.area(quad)
    if filled >= FILLED:
        return []
    height, width = query.grey.shape
    inside = np.zeros((height, width), np.uint8)
    cv2.fillPoly(inside, [np.round(quad * [width, height]).astype(np.int32)], 1)
    margin = max(3, round(0.012 * max(width, height)))
    inside = cv2.dilate(inside, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
    outside = inside == 0
    if outside.mean() < 0.01:
        return []
    levels = query.grey[outside]
    ground = float(np.median(levels))
    apart = abs(levels.astype(np.float32) - ground)
    plain, even = float((apart < 18).mean()), float((apart < EVEN).mean())
    if perspective or (plain > 0.97 and float(apart.mean()) > CAMERA):
        return ["screen"]
    if plain > 0.97:
        return [] if turned else ["border"]
    return [_surroundings(quad, filled, even, turned=turned, grid=_is_grid(query, quad))]


def _surroundings(quad: npt.NDArray[np.float64], filled: float, plain: float, *, turned: bool, grid: bool) -> str:
    """What is about the original, where it is more than one colour; ``plain`` is the share of its commonest: a page's
    ground is of one colour, a sky is not."""
    left, top = quad.min(axis=0)
    right, bottom = quad.max(axis=0)
    across = int(left > 0.03) + int(right < 0.97)
    down = int(top > 0.03) + int(bottom < 0.97)
    beside = across == 0 or (down <= 1 and across <= 1)
    if plain > 0.35 and filled > 0.55 and beside and not turned:
        return "caption"
    if plain > 0.5:
        return "page" if filled < 0.75 else "caption"
    return "collage" if grid else "pasted"


def _is_grid(query: Picture, quad: npt.NDArray[np.float64]) -> bool:
    """Whether seams or bands part the query as a collage is parted: cells of one size beside the original, or seams
    that go on beyond it. What is pasted on a picture parts it, too."""
    boxes = [(piece.left, piece.top, piece.right, piece.bottom) for piece in query.pieces]
    cells = [box for box in boxes if 0.03 < (box[2] - box[0]) * (box[3] - box[1]) < 0.7]
    if len(cells) < LEAST_CELLS:
        return False
    own = (*quad.min(axis=0), *quad.max(axis=0))
    others = [cell for cell in cells if _shared(cell, own) < 0.1]
    pairs = ((one, other) for at, one in enumerate(others) for other in others[:at])
    return any(_shared(*pair) < 0.1 and _are_alike(*pair) for pair in pairs) or _seams_go_on(quad, query)


def _shared(one: _Box, other: _Box) -> float:
    """The share of a box that lies in another."""
    wide = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    tall = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    return wide * tall / ((one[2] - one[0]) * (one[3] - one[1]))


def _are_alike(one: _Box, other: _Box) -> bool:
    """Whether two boxes are of one size."""
    wide, tall = other[2] - other[0], other[3] - other[1]
    return abs(one[2] - one[0] - wide) < ONE_SIZE * wide and abs(one[3] - one[1] - tall) < ONE_SIZE * tall


def _seams_go_on(quad: npt.NDArray[np.float64], query: Picture) -> bool:
    """Whether the line of one of its sides goes on beyond its corners, as the seams of a collage do. What is pasted has
    the same picture on either side of that line."""
    left, top = quad.min(axis=0)
    right, bottom = quad.max(axis=0)
    grey = query.grey
    return any(_has_seam(grey, side, (top, bottom)) for side in (left, right)) or any(
        _has_seam(grey.T, side, (left, right)) for side in (top, bottom)
    )


def _has_seam(grey: npt.NDArray[np.uint8], side: float, span: tuple[float, float]) -> bool:
    """Whether a seam lies at the column ``side``, in the rows before or after ``span`` (shares of width and height): a
    step in most rows, where what a picture shows has one in a few."""
    height, width = grey.shape
    column, near, far = round(side * width), max(3, round(NEAR_SEAM * width)), round(FAR_FROM_SEAM * width)
    if not near < column < width - near:
        return False
    first = max(0, column - far)
    for rows in (slice(0, round((span[0] - 0.02) * height)), slice(round((span[1] + 0.02) * height), height)):
        strip = grey[rows, first : column + far].astype(np.int16)
        if strip.shape[0] < LEAST_SEAM * height:
            continue
        steps = np.median(abs(strip[:, 2:] - strip[:, :-2]), axis=0)
        at = column - first - 1
        if steps[max(0, at - near) : at + near + 1].max() > 2.5 * np.median(steps) + 4:
            return True
    return False


def _over(found: Agreement, reference: Pixels, query: Picture) -> list[str]:
    """What lies over the original: text, emoji, a box, a half-transparent sign; and other colours."""
    if not found.seen.any():
        return []
    ground = cv2.cvtColor(reference, cv2.COLOR_RGB2GRAY).astype(np.float32)
    agreeing = _agreeing(found)
    tints = _tints(found, reference, query)
    gain, shift = _tones(ground[agreeing], found.warped[agreeing])
    middle = float(np.median(ground[agreeing])) if agreeing.any() else 0.0
    rest = found.warped - (middle + shift + gain * (ground - middle))
    recoloured = abs(shift) > 6 or not 0.7 <= gain <= 1.12 or _tinted(*tints, agreeing)
    names = _covering(_spots(rest, found, ground, LEAST_REST_RECOLOURED if recoloured else LEAST_REST), found, ground)
    return [*names, "recoloured"] if recoloured else names


def _agreeing(found: Agreement) -> npt.NDArray[np.bool_]:
    """The pixels of blocks that agree: nothing lies over them."""
    blocks = np.repeat(np.repeat(np.nan_to_num(found.alike) >= AGREES, BLOCK, axis=0), BLOCK, axis=1)
    mask = np.zeros(found.seen.shape, np.bool_)
    mask[: blocks.shape[0], : blocks.shape[1]] = blocks
    return mask & found.seen


def _tones(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Gain of the levels, and by how many grey levels the middle is moved."""
    if len(one) < 30 or float(one.std()) < 2:
        return 1.0, 0.0
    gain = float(np.polyfit(one, other, 1)[0])
    return gain, float(np.median(other - one))


def _covering(spots: npt.NDArray[np.uint8], found: Agreement, ground: npt.NDArray[np.float32]) -> list[str]:
    """A name for the spots where something else is seen, that of most of them."""
    count, labels, figures, _ = cv2.connectedComponentsWithStats(spots)
    total = float(found.seen.sum())
    shares: dict[str, float] = {}
    small = np.zeros(spots.shape, np.bool_)
    for label in range(1, count):
        share = figures[label, cv2.CC_STAT_AREA] / total
        if share <= 0.006:
            small |= labels == label
            continue
        name = _spot(labels == label, figures[label], found.warped, ground)
        shares[name] = shares.get(name, 0.0) + share
    if small.sum() / total > 0.0025:
        shares["text"] = shares.get("text", 0.0) + float(small.sum()) / total
    covered = sum(shares.values())
    names = [name for name in sorted(shares, key=lambda name: -shares[name]) if shares[name] > 0.4 * covered][:1]
    if names == ["text"] and _shines_through(spots > 0, found.warped, ground, THROUGH_ALL):
        return ["overlay"]
    return names


def _spots(
    rest: npt.NDArray[np.float32], found: Agreement, ground: npt.NDArray[np.float32], least: float
) -> npt.NDArray[np.uint8]:
    """uint8[height, width]: 1 where the query is too far from the reference to be the same. Beside hard edges, a
    fraction of a pixel makes a large difference; the outermost pixels are mixed with what is about the picture."""
    across, down = cv2.Sobel(ground, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(ground, cv2.CV_32F, 0, 1, scale=0.125)
    steep = cv2.dilate(np.hypot(across, down), np.ones((3, 3), np.uint8))
    noise = float(np.median(abs(rest[found.seen])))
    framed = np.zeros(found.seen.shape, np.uint8)
    framed[3:-3, 3:-3] = found.seen[3:-3, 3:-3]
    inner = cv2.erode(framed, np.ones((5, 5), np.uint8)) > 0
    spots = ((abs(rest) > 1.2 * steep + max(least, 3.5 * noise)) & inner).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(spots, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))


def _shines_through(
    spot: npt.NDArray[np.bool_], warped: npt.NDArray[np.float32], ground: npt.NDArray[np.float32], least: float = 0.45
) -> bool:
    """Whether the original is still seen in a spot, as under a half-transparent sign."""
    one, other = ground[spot], warped[spot]
    if len(one) < 12 or float(one.std()) < 3 or float(other.std()) < 2:
        return False
    return bool(np.corrcoef(one, other)[0, 1] > least)


def _spot(
    spot: npt.NDArray[np.bool_],
    figures: npt.NDArray[np.int32],
    warped: npt.NDArray[np.float32],
    ground: npt.NDArray[np.float32],
) -> str:
    """What one large spot is: a box fills its rectangle in one colour, an emoji its ellipse, text does neither."""
    _, _, wide, tall, size = (int(value) for value in figures[:5])
    extent = size / (wide * tall)
    levels = warped[spot]
    flat = float((abs(levels - np.median(levels)) < 14).mean())
    if extent > 0.7 and flat > 0.8:
        return "box"
    if flat < 0.8 and _shines_through(spot, warped, ground):
        return "overlay"
    if extent > 0.5 and 0.6 < wide / tall < 1.7:
        return "emoji" if flat < 0.93 or size < 0.04 * spot.size else "box"
    return "text"


def _tints(
    found: Agreement, reference: Pixels, query: Picture
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """float32[height, width, 2]: the tints (Cr and Cb less 128) of the reference, and of what is seen in its place."""
    height, width = found.warped.shape
    pixels = (
        geometry.centred(query.width, query.height) @ found.matrix @ geometry.inverse(geometry.centred(width, height))
    )
    seen = cv2.warpPerspective(query.colour, pixels, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    one, other = (
        cv2.cvtColor(each, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(np.float32) - 128 for each in (reference, seen)
    )
    return one, other


def _tinted(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32], agreeing: npt.NDArray[np.bool_]) -> bool:
    """Whether the colours differ where the pictures agree."""
    if int(agreeing.sum()) < 30:
        return False
    one, other = one[agreeing], other[agreeing]
    shift = float(abs(np.median(other - one, axis=0)).max())
    before, now = float(np.median(np.hypot(*one.T))), float(np.median(np.hypot(*other.T)))
    return shift > 4 or (max(before, now) > 8 and not 0.72 < (now + 1) / (before + 1) < 1.4)
